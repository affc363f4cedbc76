"""The released answers of an analysis as a map of points that were asked already, and the same as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from markupsafe import Markup

from recast.charts import Figure, Spot, limits_of, plane_of
from recast.json_types import JsonDict, JsonObject, is_finite
from recast.results.numbers import short
from recast.service.pages.charted import charted
from recast.service.pages.shape import compact, items_of, mapping, text

__all__ = ["PointMap", "shown_answers"]

_MOST_MARKS, _MOST_ROWS, _MOST_AXES = 150, 30, 12
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class PointMap:
    """Answered points: rows of a table, and a chart of the first `drawn` of them by the axes `x` and `y`."""

    rows: tuple[JsonDict, ...] = ()
    more: int = 0
    total: int = 0
    x: str = ""
    y: str = ""
    axes: tuple[str, ...] = ()
    chart: Markup | None = None
    drawn: int = 0


def shown_answers(document: JsonObject, base: str, x: str = "", y: str = "") -> PointMap:
    """Return the map of the answers in a document, by two of their coordinates; `x` and `y` are those asked for."""
    items = items_of(document.get("items"))
    axes = _axes(items)
    if not items:
        return PointMap()
    rows = tuple(_row(it, base) for it in items[:_MOST_ROWS])
    x = x if x in axes else next(iter(axes), "")
    y = y if y in axes and y != x else next((it for it in axes if it != x), "")
    found = PointMap(rows, len(items) - len(rows), len(items), x, y, tuple(axes))
    return _drawn(found, items, base) if x else found


def _axes(items: Sequence[JsonObject]) -> list[str]:
    """Return the names of numbers among the coordinates: the most frequent first, then in the order of the points."""
    counts = Counter(
        name
        for it in items
        for name, value in mapping(it.get("coordinates")).items()
        if is_finite(value) and len(name) <= _LONGEST_NAME
    )
    return [name for name, _ in counts.most_common(_MOST_AXES)]


def _row(answer: JsonObject, base: str) -> JsonDict:
    request = text(answer.get("request"), 60)
    coordinates = mapping(answer.get("coordinates"))
    observed, expected = answer.get("cls_obs"), answer.get("cls_exp")
    middle = expected[2] if isinstance(expected, (list, tuple)) and len(expected) == 5 else None
    return {
        "coordinates": ", ".join(f"{text(k, 40)} = {compact(v, 40)}" for k, v in list(coordinates.items())[:8]),
        "kind": _kind(answer),
        "words": {"excluded": "excluded", "allowed": "not excluded"}.get(_kind(answer), "no limit"),
        "observed": short(observed) if is_finite(observed) else "",
        "expected": short(middle) if is_finite(middle) else "",
        "authority": text(answer.get("authority"), 40),
        "version": text(answer.get("version"), 80),
        "caveat": text(answer.get("caveat"), 300),
        "request": request,
        "address": f"{base}/requests/{quote(request)}/points/{quote(text(answer.get('point'), 20))}",
    }


def _kind(answer: JsonObject) -> str:
    said = answer.get("excluded")
    return "excluded" if said is True else "allowed" if said is False else "other"


def _drawn(found: PointMap, items: Sequence[JsonObject], base: str) -> PointMap:
    names = [found.x, found.y] if found.y else [found.x]
    placed = [it for it in items if all(is_finite(mapping(it.get("coordinates")).get(name)) for name in names)]
    if not placed:
        return found
    figure = _figure([_spot(it, base) for it in placed[:_MOST_MARKS]], found)
    return replace(found, chart=charted(figure, "answered-points"), drawn=len(placed[:_MOST_MARKS]))


def _figure(spots: Sequence[Spot], found: PointMap) -> Figure:
    """Return the chart of points, without lines: they may be of several versions and authorities."""
    if not found.y:
        return limits_of(spots, found.x, title=f"Answered points by {found.x}")
    return plane_of(spots, (found.x, found.y), with_lines=False, title=f"Answered points by {found.x} and {found.y}")


def _spot(answer: JsonObject, base: str) -> Spot:
    row = _row(answer, base)
    limit = {key: answer.get(key) for key in ("cls_obs", "cls_exp", "excluded")}
    return Spot(mapping(answer.get("coordinates")), limit, words=row["authority"], href=row["address"])
