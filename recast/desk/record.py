"""A request as the ledger keeps it: everything, as JSON, and back without loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from recast.desk.model import Answer, Comment, Event, Point, Request
from recast.json_types import JsonDict, JsonObject

__all__ = ["as_record", "event_of", "event_record", "of_record"]

_PLAIN = tuple(field.name for field in fields(Request))


def as_record(request: Request) -> JsonDict:
    """Return everything about a request as JSON values; `of_record` gives the request back."""
    return {
        **{name: _value(getattr(request, name)) for name in _PLAIN if name not in ("points", "comments")},
        "points": [_point_record(point) for point in request.points],
        "comments": [_slots(comment) for comment in request.comments],
    }


def of_record(record: JsonObject) -> Request:
    """Return the request that was written by `as_record`; fields that it does not have yet get their defaults."""
    known: dict[str, Any] = {key: value for key, value in record.items() if key in _PLAIN}
    known |= {key: tuple(known[key]) for key in ("axes", "runs") if key in known}
    known |= {key: frozenset(known[key]) for key in ("subscribers", "readers") if key in known}
    known["points"] = tuple(_point_of(found) for found in record.get("points", ()))
    known["comments"] = tuple(Comment(**found) for found in record.get("comments", ()))
    return Request(**known)


def event_record(event: Event) -> JsonDict:
    """Return an event as JSON values."""
    return {**_slots(event), "data": dict(event.data)}


def event_of(record: JsonObject) -> Event:
    """Return the event that was written by `event_record`."""
    return Event(**record)


def _point_record(point: Point) -> JsonDict:
    answers = [{**_slots(answer), "results": list(answer.results)} for answer in point.answers]
    return {**_slots(point), "answers": answers}


def _point_of(record: JsonObject) -> Point:
    answers = (Answer(**{**found, "results": tuple(found["results"])}) for found in record.get("answers", ()))
    return Point(**{**record, "answers": tuple(answers)})


def _slots(thing: Answer | Point | Comment | Event) -> JsonDict:
    return {field.name: getattr(thing, field.name) for field in fields(thing)}


def _value(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value
