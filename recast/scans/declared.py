"""How a version is scanned: as declared (`scan` in its catalogue entry), or by default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from recast.catalogue import PublishedVersion
from recast.charts.contour import Step
from recast.errors import InputError
from recast.json_types import JsonDict, JsonObject, JsonValue
from recast.scans.points import Point, parse_points

__all__ = ["Declared", "as_declared", "declared_plot", "declared_scan", "plot_of"]

_OF_PLOTS = ("axes", "other_axes", "slices", "step", "labels", "published")
"""What a declaration says of plots; the rest says how to run."""


@dataclass(frozen=True, slots=True)
class Declared:
    """`over` is the input that takes a list of points, None if the workflow is run once per point.

    `value` is the column of the points that is used as the list. `inputs` are defaults for the other inputs. `planes`
    are the axes, one or two keys of the limits' points, and those for other kinds of points; `slices` are keys with the
    same value for all points of one plot, `step` is the distance of neighbours along an axis, `labels` are texts for
    axes. `columns` are those that fill an input which is a list. `published` is (result, curve) of the published
    contour in the first plane.
    """

    over: str | None = None
    takes: str | None = None
    value: str = "name"
    points: tuple[Point, ...] = ()
    inputs: JsonObject = field(default_factory=dict)
    planes: tuple[tuple[str, ...], ...] = ()
    slices: tuple[str, ...] = ()
    step: Mapping[str, float] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    published: tuple[str, str] | None = None

    @property
    def axes(self) -> tuple[str, ...]:
        """The first of the declared planes, empty if there is none."""
        return self.planes[0] if self.planes else ()

    def steps(self, axes: Sequence[str]) -> Step:
        """Return the declared distances of neighbours along two axes, None if not declared."""
        x, y = (self.step.get(axis) for axis in axes)
        return x, y

    def list_value(self, point: Point) -> JsonValue:
        """Return the list item for a point; raise InputError if it has no such column."""
        if self.value not in point:
            raise InputError(
                f"The points have no column {self.value!r}",
                why=f"They have: {', '.join(point)}. That column provides the items of the input {self.over!r}.",
                next_step=f"add the column {self.value!r}",
            )
        return point[self.value]


def declared_scan(version: PublishedVersion, columns: Sequence[str]) -> Declared:
    """Return how a version is scanned over points with these columns; without a declaration it is run once per point.

    If columns are other inputs than the list, a point is more than an item of that list: then the workflow is also run
    once per point.
    """
    found = version.config.get("scan")
    if not found:
        return Declared()
    declared = _declared(version, found)
    inputs = version.input_schema.get("properties", {})
    of_lists = {part for parts in declared.columns.values() for part in parts}
    own = (declared.value, declared.takes)
    others = [name for name in columns if name not in own and (name.partition("[")[0] in inputs or name in of_lists)]
    if not declared.over or not (others or f"{declared.over}[0]" in columns):
        return declared
    return replace(declared, over=None, columns={declared.over: (declared.value,), **declared.columns})


def plot_of(version: PublishedVersion) -> JsonDict:
    """Return what a version's declaration says of plots, for `declared_plot`; empty if it declares no scan."""
    found: JsonObject = version.config.get("scan") or {}
    return {key: found[key] for key in _OF_PLOTS if found.get(key)}


def declared_plot(found: JsonObject) -> Declared:
    """Return how points of a version are drawn, as `plot_of` has it; nothing is known of how they are run."""
    curve = found.get("published")
    first = [tuple(found["axes"])] if found.get("axes") else []
    return Declared(
        planes=(*first, *(tuple(axes) for axes in found.get("other_axes", ()))),
        slices=tuple(found.get("slices", ())),
        step=found.get("step", {}),
        labels=found.get("labels", {}),
        published=(curve["result"], curve["curve"]) if curve else None,
    )


def as_declared(points: Sequence[Point], declared: Declared) -> list[Point]:
    """Return the points with the column for a version's list renamed, if it has the name of the list itself."""
    name, value = declared.takes, declared.value
    if name is None or not points or name not in points[0] or value in points[0]:
        return list(points)
    return [{value if key == name else key: item for key, item in point.items()} for point in points]


def _declared(version: PublishedVersion, found: JsonObject) -> Declared:
    path = found.get("points")
    points: list[Point] = []
    if path:
        text = version.read(path).decode("utf-8-sig")
        points = parse_points(text, f"{version.reference} {path}", is_table=path.endswith((".csv", ".tsv")))
    return replace(
        declared_plot(found),
        over=found.get("over"),
        takes=found.get("over"),
        value=found.get("value", "name"),
        points=tuple(points),
        inputs=found.get("inputs", {}),
        columns=found.get("columns", {}),
    )
