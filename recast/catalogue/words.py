"""Names that a person may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["closest", "listed"]


def closest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Return the known names most like `name`, best first; all of them if they are few."""
    names = sorted(known)
    return difflib.get_close_matches(name, names, n=count, cutoff=0.0) if len(names) > count else names


def listed(name: str, known: Iterable[str], count: int = 3, none: str = "none") -> str:
    """Return the known names most like `name` in a line that says how many more there are; `none` if there are none."""
    names = list(known)
    shown = closest(name, names, count)
    more = len(names) - len(shown)
    return (", ".join(shown) + (f" and {more} more" if more else "")) or none
