"""How a version says that it is scanned (`scan` in its catalogue entry), or how it is scanned if it says nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from recast.catalogue import PublishedVersion
from recast.errors import InputError
from recast.scans.points import Point, parse_points

__all__ = ["Declared", "declared_scan"]


@dataclass(frozen=True, slots=True)
class Declared:
    """`over` is the input that takes a list of points, None if the workflow is run once a point.

    `value` is the column of the points that goes into the list. `inputs` are what a scan starts from, `axes` one or
    two keys of the limits' points. `published` is (result, curve) of the paper's own line, if the version has it.
    """

    over: str | None = None
    value: str = "name"
    points: tuple[Point, ...] = ()
    inputs: Mapping[str, Any] = field(default_factory=dict)
    axes: tuple[str, ...] = ()
    published: tuple[str, str] | None = None

    def list_value(self, point: Point) -> Any:
        """Return what stands for a point in the list; raise InputError if it has no such column."""
        if self.value not in point:
            raise InputError(
                f"The points have no column {self.value!r}",
                why=f"They have: {', '.join(point)}. That column is what goes into the input {self.over!r}.",
                next_step=f"add the column {self.value!r}",
            )
        return point[self.value]


def declared_scan(version: PublishedVersion, columns: Sequence[str]) -> Declared:
    """Return how a version is scanned; one that says nothing is run once a point, its first columns are the axes."""
    found = version.config.get("scan")
    if not found:
        return Declared(axes=tuple(columns[:2]))
    path, curve = found.get("points"), found.get("published")
    points: list[Point] = []
    if path:
        text = version.read(path).decode("utf-8-sig")
        points = parse_points(text, f"{version.reference} {path}", is_table=path.endswith((".csv", ".tsv")))
    return Declared(
        found.get("over"),
        found.get("value", "name"),
        tuple(points),
        found.get("inputs", {}),
        tuple(found["axes"]),
        (curve["result"], curve["curve"]) if curve else None,
    )
