"""The released answers of an analysis as a map of points that were asked already, and the same as a table."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from recast.json_types import JsonDict, JsonObject, is_finite
from recast.results.numbers import short
from recast.service.pages.shape import compact, items_of, mapping, text

__all__ = ["PointMap", "shown_answers"]

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM, _RIGHT = 640.0, 340.0, 76.0, 12.0, 52.0, 16.0
_MOST_MARKS, _MOST_ROWS, _MOST_AXES, _TICKS = 150, 30, 12, 5
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class PointMap:
    """Answered points. `marks` are (x, y, kind), with `excluded`, `allowed` or `other` as kind; ticks (place, text)."""

    rows: tuple[JsonDict, ...] = ()
    more: int = 0
    total: int = 0
    x: str = ""
    y: str = ""
    axes: tuple[str, ...] = ()
    marks: tuple[tuple[str, str, str], ...] = ()
    x_ticks: tuple[tuple[str, str], ...] = ()
    y_ticks: tuple[tuple[str, str], ...] = ()
    words: str = ""

    @property
    def frame(self) -> dict[str, float]:
        """The sizes of the drawing in px."""
        return {"width": _WIDTH, "height": _HEIGHT, "left": _LEFT, "top": _TOP} | {
            "right": _WIDTH - _RIGHT,
            "bottom": _HEIGHT - _BOTTOM,
        }


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
    return _drawn(found, items) if x else found


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


def _drawn(found: PointMap, items: Sequence[JsonObject]) -> PointMap:
    placed = []
    for it in items:
        where = mapping(it.get("coordinates"))
        across, up = where.get(found.x), where.get(found.y) if found.y else 0.0
        if is_finite(across) and is_finite(up):
            placed.append((float(across), float(up), _kind(it)))
    placed = placed[:_MOST_MARKS]
    if not placed:
        return found
    x_scale = _Scale([it[0] for it in placed], _LEFT, _WIDTH - _RIGHT)
    y_scale = _Scale([it[1] for it in placed], _HEIGHT - _BOTTOM, _TOP)
    counts = Counter(kind for _, _, kind in placed)
    said = [f"{counts[kind]} {words}" for kind, words in _WORDS.items() if counts[kind]]
    return PointMap(
        found.rows,
        found.more,
        found.total,
        found.x,
        found.y,
        found.axes,
        tuple((f"{x_scale(a):.1f}", f"{y_scale(b):.1f}", kind) for a, b, kind in placed),
        x_scale.ticks,
        y_scale.ticks if found.y else (),
        ", ".join(said),
    )


_WORDS = {"excluded": "excluded", "allowed": "not excluded", "other": "without a limit"}


class _Scale:
    """From values to places along an axis, which has some room at both ends."""

    def __init__(self, values: Sequence[float], begin: float, end: float) -> None:
        self._magnitude = max(max(map(abs, values)), 1e-300)  # the difference itself may be beyond floats
        low, high = min(values) / self._magnitude, max(values) / self._magnitude
        room = (high - low) * 0.06 or 0.5
        self._low, self._high = low - room, high + room
        self._begin, self._end = begin, end

    def __call__(self, value: float) -> float:
        share = (value / self._magnitude - self._low) / (self._high - self._low)
        return self._begin + share * (self._end - self._begin)

    @property
    def ticks(self) -> tuple[tuple[str, str], ...]:
        """Round numbers, each with its place."""
        rough = (self._high - self._low) / _TICKS * self._magnitude
        if not (math.isfinite(rough) and rough > 1e-290):
            return ()
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(it * power for it in (1, 2, 5, 10) if it * power >= rough)
        first = math.ceil(self._low * self._magnitude / step)
        values = [(first + at) * step for at in range(_TICKS + 2)]
        inside = [it for it in values if it <= self._high * self._magnitude]
        return tuple((f"{self(it):.1f}", f"{it:.6g}") for it in inside)
