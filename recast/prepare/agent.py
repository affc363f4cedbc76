"""Who asks for a run: what users state about themselves, recorded in the run's request and published with it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from recast.errors import UsageError

__all__ = ["this_agent"]

_ORCID = re.compile(r"(?:https://orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dX])")


def this_agent(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return `name`, `orcid`, `affiliation` and `affiliation_url`, each if it is set: `RECAST_USER_NAME` and so on.

    Nothing is guessed: a login name means nothing to others. Raises UsageError for an ORCID that cannot be one.
    """
    env = os.environ if environ is None else environ
    names = ("name", "orcid", "affiliation", "affiliation_url")
    agent = {
        name: env[f"RECAST_USER_{name.upper()}"].strip() for name in names if env.get(f"RECAST_USER_{name.upper()}")
    }
    if "orcid" in agent:
        agent["orcid"] = _checked(agent["orcid"])
    return agent


def _checked(text: str) -> str:
    """Return an ORCID as its URL; its last character is a checksum (ISO 7064, MOD 11-2)."""
    found = _ORCID.fullmatch(text)
    total = 0
    for digit in found[1].replace("-", "")[:-1] if found else "":
        total = (total + int(digit)) * 2
    remainder = (12 - total % 11) % 11
    if found is None or found[1][-1] != ("X" if remainder == 10 else str(remainder)):
        raise UsageError(
            "RECAST_USER_ORCID is not an ORCID iD",
            where=f"{text:.60}",
            why="It has 16 digits in four groups; the last one is a checksum over the others.",
            next_step="export RECAST_USER_ORCID=0000-0002-1825-0097   (with your own number), or unset it",
        )
    return f"https://orcid.org/{found[1]}"
