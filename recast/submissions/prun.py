"""What prun's options are here: a table beside this module, for users who type them and for the documentation."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from recast.errors import UsageError

__all__ = ["KINDS", "PrunOption", "meant_by_prun", "prun_options"]

Kind = Literal["option", "setting", "always", "refused", "later"]

KINDS: dict[str, str] = {
    "option": "written like this on the command line",
    "setting": "a setting of the executor `panda`: on the command line, in a variable, or in the configuration file",
    "always": "so anyway; there is nothing to say",
    "refused": "there is no such thing, for the reason given",
    "later": "needs Rucio, which comes later",
}


@dataclass(frozen=True, slots=True)
class PrunOption:
    """One long option of prun; `here` is what to write, or why there is nothing."""

    name: str
    kind: Kind
    here: str


@cache
def prun_options() -> tuple[PrunOption, ...]:
    """Return all options of prun (panda-client 2.2.0), in the order of the table."""
    table = tomllib.loads(Path(__file__).with_name("prun.toml").read_text(encoding="utf-8"))
    return tuple(PrunOption(name, kind, here) for name, (kind, here) in table["options"].items())


def meant_by_prun(name: str) -> UsageError | None:
    """Return the error for somebody who types an option of prun, None if it is none."""
    found = next((option for option in prun_options() if option.name == name), None)
    if found is None:
        return None
    return UsageError(
        f"{name} is prun's",
        where="command line",
        why=f"Here: {KINDS[found.kind]}." if found.kind in ("option", "setting") else f"{found.here}.".capitalize(),
        next_step=found.here if found.kind in ("option", "setting") else "leave it out; docs/reference/prun.md",
    )
