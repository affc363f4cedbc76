"""Several requests and versions point by point: the same coordinates in one row, and what differs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from recast.json_types import JsonDict, JsonObject, JsonValue, is_finite
from recast.service.answers.chosen import authorities_of
from recast.service.answers.limits import BANDS, OBSERVED, best_of, limits_of, median
from recast.service.answers.listed import View

__all__ = ["QUANTITIES", "Side", "compared_document"]

QUANTITIES = tuple(key for pair in zip(OBSERVED, BANDS, strict=True) for key in pair)
"""What is compared: observed values, and the medians of expected ones."""

_MOST_COLUMNS = 12
_OF_RESULTS = ("xsec", "signal")
"""How keys of a limit's point begin that an analysis reports for it: they do not tell points apart."""

Place = tuple[tuple[str, JsonValue], ...]


@dataclass(frozen=True, slots=True)
class Side:
    """The document of a request, with the labels that its version has for axes."""

    request: JsonObject
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Column:
    """The answers of one authority from one version to the points of a request: the newest for each point."""

    request: JsonObject
    authority: str
    version: str
    digest: str
    answers: Mapping[str, JsonObject]


def compared_document(sides: Sequence[Side], view: View) -> JsonDict:
    """Return the answers of some requests in columns, a row for each place; each row says what differs from its first
    column that has a value. `items` are the rows of a page.
    """
    found = [column for side in sides for column in _columns(side.request)]
    columns = found[:_MOST_COLUMNS]
    names, why = _common([side.request for side in sides])
    rows = dict[Place, list[JsonDict | None]]()
    coincide = 0
    for at, column in enumerate(columns):
        for place, cell in _cells(column, names):
            row = rows.setdefault(place, [None] * len(columns))
            coincide += row[at] is not None
            row[at] = _better(row[at], cell)
    told = [_row(place, cells) for place, cells in rows.items()]
    wanted = [row for row in told if view.verdict != "turned" or row["turned"]]
    end = view.start + view.limit
    return {
        "requests": [_about(side.request) for side in sides],
        "columns": [_told(column) for column in columns],
        "more_columns": len(found) - len(columns),
        "coordinates": names,
        "why": why,
        "labels": {name: text for side in sides for name, text in side.labels.items()},
        "coincide": coincide,
        "alone": sum(sum(cell is not None for cell in row["cells"]) < 2 for row in told),
        "turned": sum(row["turned"] for row in told),
        "items": wanted[view.start : end],
        "next": str(end) if end < len(wanted) else None,
        "total": len(wanted),
    }


def _about(request: JsonObject) -> JsonDict:
    return {key: request.get(key) for key in ("id", "title", "state", "analysis", "version", "digest")}


def _told(column: _Column) -> JsonDict:
    about = {"authority": column.authority, "version": column.version, "digest": column.digest}
    return {"request": column.request["id"], "analysis": column.request["analysis"], **about}


def _columns(request: JsonObject) -> Iterator[_Column]:
    """Yield a column for each authority and version whose answers the reader sees, in the order of the answers."""
    found = dict[tuple[str, str, str], dict[str, JsonObject]]()
    for point in request["points"]:
        for answer in point["answers"]:
            if not answer["withheld"] and answer["state"] != "rejected":
                key = (answer["authority"], answer["version"], answer["digest"])
                found.setdefault(key, {})[point["id"]] = answer
    order = [it["authority"] for it in authorities_of(request)]
    for (authority, version, digest), answers in sorted(found.items(), key=lambda it: order.index(it[0][0])):
        yield _Column(request, authority, version, digest, answers)


def _common(requests: Sequence[JsonObject]) -> tuple[list[str], str]:
    """Return the coordinates by which points of all requests are told apart, or why there are none.

    They are those that the requests named; without any, what their limits say of them.
    """
    for names_of in (_asked_names, _limit_names):
        found = [names_of(request) for request in requests]
        if common := [name for name in found[0] if all(name in other for other in found[1:])]:
            return common, ""
    return [], "The points of these requests have no coordinate in common by which they could be matched."


def _asked_names(request: JsonObject) -> list[str]:
    return list(dict.fromkeys(_plain_name(name) for point in request["points"] for name in point["coordinates"]))


def _limit_names(request: JsonObject) -> list[str]:
    limits = [
        limit
        for point in request["points"]
        for answer in point["answers"]
        if (limit := best_of(limits_of(answer["results"]))) is not None
    ]
    names = dict.fromkeys(_plain_name(name) for limit in limits for name in limit["point"])
    return [name for name in names if not name.startswith(_OF_RESULTS)]


def _plain_name(name: str) -> str:
    """Return a name of a coordinate without its unit: masses are in GeV whether their names say so or not."""
    return name.removesuffix("_gev")


def _cells(column: _Column, names: Sequence[str]) -> Iterator[tuple[Place, JsonDict]]:
    """Yield the place and the cell of each answered point that has all coordinates."""
    for point in column.request["points"]:
        answer = column.answers.get(point["id"])
        if answer is None or not names:
            continue
        limit = best_of(limits_of(answer["results"]))
        own = limit["point"] if limit is not None else {}
        where = {_plain_name(name): value for name, value in {**own, **point["coordinates"]}.items()}
        if all(isinstance(where.get(name), str) or is_finite(where.get(name)) for name in names):
            yield tuple((name, _value(where[name])) for name in names), _cell(column, point, answer, limit)


def _value(value: JsonValue) -> JsonValue:
    return float(value) if is_finite(value) else value


def _cell(column: _Column, point: JsonObject, answer: JsonObject, limit: JsonDict | None) -> JsonDict:
    numbers = {key: limit[key] if key in OBSERVED else median(limit[key]) for key in QUANTITIES} if limit else {}
    return {
        "request": column.request["id"],
        "point": point["id"],
        "answer": answer["id"],
        "excluded": limit["excluded"] if limit else None,
        "reason": str(answer["reason"])[:500],
        **{key: value for key, value in numbers.items() if value is not None},
    }


def _better(one: JsonDict | None, other: JsonDict) -> JsonDict:
    """Return the cell of two points at the same place that has the better expected sensitivity, else the first."""
    if one is None:
        return other
    for key in BANDS:
        if key in one or key in other:
            return other if key in other and (key not in one or other[key] < one[key]) else one
    return one


def _row(place: Place, cells: Sequence[JsonDict | None]) -> JsonDict:
    verdicts = {cell["excluded"] for cell in cells if cell is not None and cell["excluded"] is not None}
    first = next((cell for cell in cells if cell is not None), None)
    return {
        "at": dict(place),
        "cells": list(cells),
        "differences": [_differences(first, cell) if cell is not first else None for cell in cells],
        "turned": len(verdicts) > 1,
    }


def _differences(first: JsonDict | None, cell: JsonDict | None) -> JsonDict | None:
    """Return by how much each quantity of a cell differs from that of the first: absolute, and relative to it."""
    if first is None or cell is None:
        return None
    found: JsonDict = {}
    for key in QUANTITIES:
        if key in first and key in cell:
            change = cell[key] - first[key]
            relative = change / abs(first[key]) if first[key] else None
            found[key] = {
                "absolute": change if is_finite(change) else None,
                "relative": relative if is_finite(relative) else None,
            }
    return found
