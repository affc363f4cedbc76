"""Who is told what: at once if it is their turn, otherwise in the digest of the day; never what they may not read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from recast.desk.model import Event, Request

__all__ = ["TOLD", "Notice", "above", "told"]


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell. `to` is `user:ID`, or a role that the ledger resolves: `contacts:ANALYSIS`,
    `watchers:ANALYSIS`, `coordinators:COLLABORATION`, `administrators:`, `operators:`.

    `urgency` is `now` (your turn) or `digest`; `text` is the key of what is said: the kind of the event, or
    `version-cleared` if a warning was taken back.
    """

    to: str
    urgency: str
    text: str


_JUDGES, _OWNER, _FOLLOWERS, _RUNNERS, _WATCHERS = "judges", "owner", "followers", "runners", "watchers"

TOLD: dict[str, tuple[tuple[str, str], ...]] = {
    "submitted": ((_JUDGES, "now"), (_FOLLOWERS, "digest"), (_WATCHERS, "digest")),
    "amended": ((_JUDGES, "digest"), (_FOLLOWERS, "digest")),
    "accepted": ((_OWNER, "now"), (_FOLLOWERS, "digest")),
    "declined": ((_OWNER, "now"), (_FOLLOWERS, "digest")),
    "withdrawn": ((_JUDGES, "digest"), (_FOLLOWERS, "digest")),
    "reminded": ((_JUDGES, "now"), ("escalation", "now"), (_OWNER, "digest")),
    "expired": ((_OWNER, "now"), (_JUDGES, "digest"), (_FOLLOWERS, "digest")),
    "completed": ((_JUDGES, "now"), (_OWNER, "now"), (_FOLLOWERS, "digest")),
    "run-ended": ((_RUNNERS, "digest"),),
    "point-answered": ((_JUDGES, "digest"),),
    "rejected": ((_OWNER, "digest"),),
    "released": ((_OWNER, "now"), (_FOLLOWERS, "digest"), (_WATCHERS, "digest")),
    "version-warned": ((_OWNER, "now"), (_FOLLOWERS, "now"), (_JUDGES, "digest")),
    "version-cleared": ((_OWNER, "digest"), (_FOLLOWERS, "digest"), (_JUDGES, "digest")),
    "rerun-asked": ((_OWNER, "digest"), (_FOLLOWERS, "digest")),
    "commented": ((_OWNER, "digest"), (_JUDGES, "digest"), (_FOLLOWERS, "digest")),
    "claimed": ((_OWNER, "digest"), ("escalation", "digest")),
    "unclaimed": ((_OWNER, "digest"), ("escalation", "digest")),
    "archived": ((_OWNER, "now"), (_JUDGES, "now"), (_FOLLOWERS, "digest")),
    "invited": (("invited", "now"),),
    "audience-changed": ((_OWNER, "now"),),
}
"""Events of other kinds are told to nobody. An answer of a run is not: `completed` is told once for all of them."""


def told(request: Request, event: Event) -> list[Notice]:
    """Return who is to be told of an event, given the request after it; nobody twice, and not who did it.

    The ledger resolves roles, leaves out the actor there too, and tells nobody who may not read the request.
    """
    if event.kind == "point-answered" and event.data["answer"]["run"]:
        return []
    found: dict[str, Notice] = {}
    text = "version-cleared" if event.kind == "version-warned" and not event.data["caveat"] else event.kind
    if request.state != "draft":
        for group, urgency in TOLD.get(text, ()):
            for to in _members(group, request, event):
                if to != f"user:{event.actor}":
                    found.setdefault(to, Notice(to, urgency, text))
    return list(found.values())


def above(to: str, request: Request) -> str:
    """Return who hears, in their digest, of what `to` would be told if it turns out to be nobody; empty for nobody."""
    if to.startswith("contacts:") and request.collaboration:
        return f"coordinators:{request.collaboration}"
    return "administrators:" if to.startswith(("contacts:", "coordinators:")) else ""


def _members(group: str, request: Request, event: Event) -> Iterable[str]:
    if group == _OWNER:
        return [f"user:{request.owner}"]
    if group == _FOLLOWERS:
        return [f"user:{user}" for user in sorted(request.subscribers)]
    if group == "invited":
        return [f"user:{event.data['user']}"]
    if group == _WATCHERS:
        return [f"watchers:{request.analysis}"] if request.analysis and request.audience == "public" else []
    if group == _RUNNERS:
        return ["operators:"]
    above = [f"coordinators:{request.collaboration}"] if request.collaboration else ["administrators:"]
    if group == "escalation" or not request.analysis:
        return above
    return [f"contacts:{request.analysis}", *([f"user:{request.claimed_by}"] if request.claimed_by else [])]
