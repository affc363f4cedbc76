"""Announce changes: a quantity that moved on purpose is named in the lock, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from recast.ci.reference.model import Accepted, Reference
from recast.errors import NotFound, UsageError
from recast.json_types import JsonObject
from recast.suggest import listed

__all__ = ["announce"]

_LONGEST_WHY = 2000


def announce(
    reference: Reference, comparison: JsonObject, patterns: Sequence[str], why: str, by: str
) -> tuple[Reference, list[Accepted]]:
    """Return the reference with the changes of a comparison announced, and what was announced.

    `comparison` is a `comparison.json`; of the quantities that match a pattern, those that moved, appeared or vanished
    are announced. Raises UsageError for an empty reason, NotFound for a pattern without such a quantity.
    """
    why = " ".join(why.split())
    if not 0 < len(why) <= _LONGEST_WHY:
        raise UsageError("Say why the change is expected", where="--why", next_step="--why 'new cross sections'")
    listed_rows = [*comparison.get("quantities", []), *comparison.get("histograms", [])]
    rows = {str(row["pointer"]): row for row in listed_rows if row.get("verdict") in _DECIDING}
    chosen: dict[str, JsonObject] = {}
    for pattern in patterns:
        found = {pointer: row for pointer, row in rows.items() if _matches(pointer, pattern)}
        if not found:
            raise _nothing(pattern, rows)
        chosen |= found
    now = datetime.now(UTC).isoformat(timespec="seconds")
    accepted = [Accepted(pointer, why, by, now, _number(row.get("delta"))) for pointer, row in chosen.items()]
    kept = [item for item in reference.accepted if item.quantity not in chosen]
    return replace(reference, accepted=(*kept, *accepted)), accepted


_DECIDING = ("moved", "announced", "undecided", "new", "gone")


def _matches(pointer: str, pattern: str) -> bool:
    """Return whether a pattern names a pointer, or names it without the name of its run."""
    return fnmatchcase(pointer, pattern) or fnmatchcase(pointer.partition("/")[2], pattern)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _nothing(pattern: str, rows: JsonObject) -> NotFound:
    return NotFound(
        f"No quantity that moved matches {pattern!r:.100}",
        why=f"Moved are: {listed(pattern, rows, 5)}" if rows else "Nothing moved in the last comparison.",
        next_step="recast ci run   (compares again; recast-ci/summary.md lists what moved)",
    )
