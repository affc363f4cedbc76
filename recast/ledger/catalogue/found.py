"""What a search of the catalogue has found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recast.json_types import JsonDict

__all__ = ["Found"]


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what was found, the cursor of the next (empty at the end), and counts over all that was found.

    `notes` say how the question was read; `instead` is what was looked for in its place, because it finds nothing;
    `meant` are other questions that find something.
    """

    items: tuple[JsonDict, ...]
    next: str
    total: int
    facets: Mapping[str, Sequence[tuple[str, int]]]
    notes: tuple[str, ...] = ()
    instead: str = ""
    meant: tuple[str, ...] = ()
