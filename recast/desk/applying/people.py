"""Those around a request: discussion, subscriptions, invitations, claims, and who may read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from recast.desk.model import Comment, Event, Request

__all__ = ["PEOPLE"]


def _commented(request: Request, event: Event) -> Request:
    comment = Comment(event.data["id"], event.actor, event.at, event.data["text"], open=request.audience != "private")
    return replace(request, comments=(*request.comments, comment))


def _subscribed(request: Request, event: Event) -> Request:
    return replace(request, subscribers=request.subscribers | {event.actor})


def _unsubscribed(request: Request, event: Event) -> Request:
    return replace(request, subscribers=request.subscribers - {event.actor})


def _invited(request: Request, event: Event) -> Request:
    return replace(request, readers=request.readers | {event.data["user"]})


def _uninvited(request: Request, event: Event) -> Request:
    user = event.data["user"]
    told = request.subscribers - {user} if request.audience == "private" else request.subscribers
    return replace(request, readers=request.readers - {user}, subscribers=told)


def _audience_changed(request: Request, event: Event) -> Request:
    """Whoever may not read it any more is told nothing any more; contacts are told by their role."""
    changed = replace(request, audience=event.data["audience"])
    if event.data.get("restricted"):
        changed = replace(changed, restricted=True, state_reason=event.data["reason"])
    if event.data.get("unclaimed"):
        changed = replace(changed, claimed_by="")
    if changed.audience != "private":
        return changed
    return replace(changed, subscribers=request.subscribers & (request.readers | {request.owner}))


def _claimed(request: Request, event: Event) -> Request:
    return replace(request, claimed_by=event.actor)


def _unclaimed(request: Request, _event: Event) -> Request:
    return replace(request, claimed_by="")


PEOPLE: dict[str, Callable[[Request, Event], Request]] = {
    "commented": _commented,
    "subscribed": _subscribed,
    "unsubscribed": _unsubscribed,
    "invited": _invited,
    "uninvited": _uninvited,
    "audience-changed": _audience_changed,
    "claimed": _claimed,
    "unclaimed": _unclaimed,
}
