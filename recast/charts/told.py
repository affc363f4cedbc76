"""The numbers of marks, for scripts that read them out and for readers who go from mark to mark; pure."""

from __future__ import annotations

from recast.charts.model import Mark
from recast.charts.primitives import Group, PlacedPanel
from recast.charts.words import compact, safe, unmarked

__all__ = ["MOST_READ", "MOST_STOPS", "address", "points_of", "sentence"]

MOST_STOPS = 40
"""The most marks at which the keyboard stops one by one; a chart with more has its numbers in the table beside it."""

MOST_READ = 1000
"""The most marks of a series whose numbers are in the chart for scripts."""

_ADDRESSES = ("/", "./", "../", "#", "?", "https://", "http://")
_LONGEST = 400


def points_of(group: Group) -> str:
    """Return the marks of a series as `x y value...;...`, with `-` where there is no value."""
    return ";".join(
        " ".join([compact(mark.x), compact(mark.y), *("-" if it is None else compact(it) for it in mark.values)])
        for mark, _, _ in group.told
    )


def sentence(mark: Mark, group: Group, panel: PlacedPanel) -> str:
    """Return what is read out of a mark: where it is, what it is, its numbers."""
    index = int(mark.x) if mark.x >= 0.0 else -1
    if panel.categories:
        where = panel.categories[index] if index < len(panel.categories) else ""
    else:
        where = ", ".join(
            f"{unmarked(name)} = {compact(value)}" for name, value in zip(panel.names, (mark.x, mark.y), strict=True)
        )
    pairs = zip(group.names, mark.values, strict=False)
    numbers = ", ".join(f"{unmarked(name)} {compact(it)}" for name, it in pairs if it is not None)
    return safe(". ".join(it for it in (where, unmarked(group.label), mark.words, numbers) if it), _LONGEST)


def address(href: str) -> str:
    """Return an address that a page may link to, empty for any other (`javascript:`, `data:`)."""
    is_known = href.startswith(_ADDRESSES) and not href.startswith("//")
    return href if is_known and href.isprintable() and " " not in href else ""
