"""The events of a request as its readers see them: insiders all of them, others what became public by itself."""

from __future__ import annotations

from recast.desk.may import may
from recast.desk.model import Actor, Event, Request
from recast.desk.objects import Given, Run
from recast.json_types import JsonDict

__all__ = ["event_document"]

_PUBLIC: dict[str, tuple[str, ...]] = {
    "submitted": (),
    "accepted": ("reason",),
    "declined": ("reason",),
    "withdrawn": ("reason",),
    "expired": ("reason",),
    "reopened": (),
    "archived": ("analysis", "version", "digest"),
    "claimed": ("reason",),
    "unclaimed": ("reason",),
    "rerun-asked": ("points", "version", "digest"),
    "run-started": ("run", "points"),
    "run-ended": ("run", "points"),
    "point-answered": ("point",),
    "point-failed": ("point",),
    "completed": (),
    "reviewed": ("answers",),
    "released": ("statements",),
    "version-warned": ("digest", "caveat"),
}
"""The kinds that every reader sees, each with the data that are shown."""

_INSIDE: dict[str, tuple[str, ...]] = {
    "drafted": (),
    "amended": (),
    "reminded": (),
    "run-asked": ("points",),
    "cancel-asked": ("reason",),
    "run-ended": ("run", "points", "reason"),
    "rejected": ("answers", "reason"),
    "audience-changed": ("audience", "reason"),
}


def event_document(request: Request, event: Event, actor: Actor, policy: str = "on-acceptance") -> JsonDict | None:
    """Return what a reader of a request is shown of one of its events, None if nothing; `request` is as it is now."""
    keys = _PUBLIC.get(event.kind)
    if may(actor, "read-history", request, policy).yes:
        keys = _INSIDE.get(event.kind, keys)
    if event.kind == "commented":
        return _comment(request, event, actor)
    if keys is None:
        return None
    data = {key: event.data[key] for key in keys if key in event.data}
    if event.kind == "run-ended" and not may(actor, "read-log", Run(request), policy).yes:
        data.pop("reason", None)  # it holds the last lines of a log
    return _shown(event, data | _answer(request, event, actor, policy))


def _shown(event: Event, data: JsonDict) -> JsonDict:
    return {"number": event.number, "kind": event.kind, "by": event.actor, "at": event.at, "data": data}


def _comment(request: Request, event: Event, actor: Actor) -> JsonDict | None:
    comment = next((it for it in request.comments if it.id == event.data["id"]), None)
    shown = comment is not None and (comment.open or may(actor, "read-history", request).yes)
    return _shown(event, {"id": event.data["id"], "text": event.data["text"]}) if shown else None


def _answer(request: Request, event: Event, actor: Actor, policy: str) -> JsonDict:
    """Return the answer that an event gave, with its results only for those who may read them now."""
    if "answer" not in event.data:
        return {}
    found = event.data["answer"]
    point = next((it for it in request.points if it.id == event.data["point"]), None)
    answer = next((it for it in (point.answers if point else ()) if it.id == found["id"]), None)
    shown = answer is not None and may(actor, "read-results", Given(request, answer), policy).yes
    told = ("id", "authority", "run", "results", "reason") if shown else ("id", "authority", "run")
    return {"answer": {key: found[key] for key in told}}
