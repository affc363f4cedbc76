"""Whether this installation requires signatures, and with which key it signs; the only reader of the variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from recast.errors import UsageError

__all__ = ["only_signed", "signing_key"]

VARIABLE = "RECAST_SIGNATURES"
KEY_VARIABLE = "RECAST_SIGNING_KEY"


def only_signed(environ: Mapping[str, str] | None = None) -> bool:
    """Return whether only signed versions may run: `RECAST_SIGNATURES=required`; `optional` is the default."""
    said = (os.environ if environ is None else environ).get(VARIABLE, "") or "optional"
    if said not in ("optional", "required"):
        raise UsageError(
            f"{VARIABLE} is neither 'optional' nor 'required'", where=said, next_step=f"export {VARIABLE}=required"
        )
    return said == "required"


def signing_key(environ: Mapping[str, str] | None = None) -> Path | None:
    """Return the SSH key with which builds of images are signed: the file that `RECAST_SIGNING_KEY` names, if any."""
    said = (os.environ if environ is None else environ).get(KEY_VARIABLE, "")
    return Path(said).expanduser() if said else None
