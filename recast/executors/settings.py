"""What a site or a user can set for an executor: declared once, and flag, variable, file, help and docs follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Setting"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of an executor.

    `name` is snake_case; units are in it. `kind` is str, int, float or bool; `default` is None where there is none.
    A `secret` one is never written into a run, a log or a message: only its environment variable or file is read.
    """

    name: str
    help: str
    kind: type = str
    default: Any = None
    choices: tuple[str, ...] = ()
    secret: bool = False
