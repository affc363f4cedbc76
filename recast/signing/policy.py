"""Whether this installation requires signatures; the only reader of the environment variable for it."""

from __future__ import annotations

import os
from collections.abc import Mapping

from recast.errors import UsageError

__all__ = ["only_signed"]

VARIABLE = "RECAST_SIGNATURES"


def only_signed(environ: Mapping[str, str] | None = None) -> bool:
    """Return whether only signed versions may run: `RECAST_SIGNATURES=required`; `optional` is the default."""
    said = (os.environ if environ is None else environ).get(VARIABLE, "") or "optional"
    if said not in ("optional", "required"):
        raise UsageError(
            f"{VARIABLE} is neither 'optional' nor 'required'", where=said, next_step=f"export {VARIABLE}=required"
        )
    return said == "required"
