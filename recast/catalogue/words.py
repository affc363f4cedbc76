"""Names that a person may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["closest"]


def closest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Return the known names most like `name`, best first; all of them if they are few."""
    names = sorted(known)
    return difflib.get_close_matches(name, names, n=count, cutoff=0.0) if len(names) > count else names
