"""From draft to acceptance, and the ways out: what the events of a request's life change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from recast.desk.applying.runs import with_points
from recast.desk.model import Event, Point, Request
from recast.json_types import JsonObject

__all__ = ["LIFE", "drafted"]


def drafted(event: Event) -> Request:
    """Return the request that an event of kind `drafted` makes."""
    empty = Request(event.request, 0, "draft", event.actor, "", created=event.at)
    return _amended(empty, event)


def _amended(request: Request, event: Event) -> Request:
    data = event.data
    return replace(
        request,
        analysis=data["analysis"],
        analysis_version=data["version"],
        digest="",  # what the version means is pinned again when it is accepted
        wanted=data["wanted"],
        collaboration=data["collaboration"],
        title=data["title"],
        audience=data["audience"],
        model=data["model"],
        reason=data["reason"],
        axes=tuple(data["axes"]),
        points=tuple(map(_point, data["points"])) if "points" in data else request.points,
    )


def _point(found: JsonObject) -> Point:
    return Point(found["id"], found["coordinates"], found["inputs"])


def _submitted(request: Request, event: Event) -> Request:
    data = event.data
    times = {"expires": data["expires"], "reminds": data["reminds"]}
    return replace(request, analysis_version=data["version"], digest=data["digest"], state_reason="", **times)


def _accepted(request: Request, event: Event) -> Request:
    pinned = {"analysis_version": event.data["version"], "digest": event.data["digest"]}
    ended = _ended(request, event)
    return replace(ended, accepted_by=event.actor, **pinned)


def _ended(request: Request, event: Event) -> Request:
    return replace(request, state_reason=event.data["reason"], expires="", reminds="", run_wanted=False)


def _withdrawn(request: Request, event: Event) -> Request:
    busy = request.run_wanted or any(point.state == "running" for point in request.points)
    return replace(_ended(request, event), cancel_wanted=busy)


def _reopened(request: Request, event: Event) -> Request:
    left = with_points(request, event.data.get("detached", ()), lambda it: replace(it, state="open", reason="", run=""))
    return _ended(left, event)


def _reminded(request: Request, event: Event) -> Request:
    return replace(request, reminds=event.data["reminds"])


def _archived(request: Request, event: Event) -> Request:
    data = event.data
    pinned = {"analysis_version": data["version"], "digest": data["digest"]}
    return replace(request, analysis=data["analysis"], collaboration=data["collaboration"], **pinned)


LIFE: dict[str, Callable[[Request, Event], Request]] = {
    "amended": _amended,
    "submitted": _submitted,
    "accepted": _accepted,
    "declined": _ended,
    "withdrawn": _withdrawn,
    "expired": _ended,
    "reopened": _reopened,
    "reminded": _reminded,
    "archived": _archived,
}
