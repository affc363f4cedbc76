"""What the service knows when something is decided: the version that is meant, its card's policy, faults and cost."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from recast.desk.deciding.runs import again
from recast.desk.document import as_document
from recast.desk.facts import Facts
from recast.desk.may import may
from recast.errors import NotFound
from recast.json_types import JsonDict
from recast.ledger import Ledger
from recast.ledger.people.quotas import Room, check_room, open_requests, reserve, reserved_for, room_of, used_on
from recast.operations.points.cost import estimated

if TYPE_CHECKING:
    from recast.desk.model import Actor, Request
    from recast.service.identity import Visitor
    from recast.service.parts import Parts

__all__ = ["Asking", "facts_for", "keep_reserved", "policy_of"]

_OPEN = ("submitted", "accepted")
_DRAFTS = 10
"""A draft costs a row, but somebody may make them by the million: this many times as many as may be open."""

_COSTLY = ("accept", "run", "rerun")
_UNKNOWN_CORE_HOURS = 0.001
"""For what nobody has run yet: it is tried as long as anything is left of a quota, and then its cost is known."""


class Asking(Protocol):
    """Who asks, of which service, and when."""

    parts: Parts

    @property
    def visitor(self) -> Visitor:
        """Who asks, and how they are known."""

    @property
    def actor(self) -> Actor:
        """Who asks, as the desk sees them."""

    @property
    def now(self) -> str:
        """The time, as documents have it."""


def policy_of(ledger: Ledger, analysis: str) -> str:
    """Return the policy for requests of an analysis' card; that of a search that nobody has archived is the default."""
    return _of_analysis(ledger, analysis, "").policy


def facts_for(asked: Asking, request: str | None, action: str, data: Mapping[str, Any]) -> Facts:
    """Return what is true now for an action on a request (None: one that is made). Raises PermissionDenied if the
    quota of open requests is used up.
    """
    ledger = asked.parts.ledger
    known = None if request is None else ledger.head(request)
    meant = _meant(known, data) if action != "rerun" or known is None else (known.analysis, "")  # what it is by now
    facts = replace(_of_analysis(ledger, *meant), name=asked.visitor.name)
    if known is None:
        _check_room(asked, ("draft",), _DRAFTS)
        return facts
    if not may(asked.actor, action, known, facts.policy).yes:
        return facts  # what takes long is not done for who may not: it would tell them that the request is there
    if action == "submit":
        _check_room(asked)
        return _checked(asked, as_document(asked.parts.recent.whole(known)), facts)
    if action == "amend" and known.state == "submitted":
        return _checked(asked, {**as_document(asked.parts.recent.whole(known)), **data}, facts)
    if action in _COSTLY and asked.actor.user == known.owner:
        whole = asked.parts.recent.whole(known)
        return _priced(asked, whole, facts, _points(whole, action, data))
    return facts


def _meant(known: Request | None, data: Mapping[str, Any]) -> tuple[str, str]:
    """Return the analysis and version that an action is about."""
    analysis, version = data.get("analysis"), data.get("version")
    if known is not None:
        analysis = analysis or known.analysis
        version = version or known.analysis_version
    return (analysis if isinstance(analysis, str) else ""), (version if isinstance(version, str) else "")


def _of_analysis(ledger: Ledger, analysis: str, version: str) -> Facts:
    """Return what the catalogue says; nothing for an analysis or version that is not there: `decide` says so."""
    if not analysis:
        return Facts(has_contact=False)
    try:
        return ledger.catalogue.facts(analysis, version)
    except NotFound:
        return Facts(has_contact=False)


def _checked(asked: Asking, document: JsonDict, facts: Facts) -> Facts:
    """Return the facts with every fault of the points; those of a search that nobody has archived cannot be checked."""
    if not document.get("analysis"):
        return facts
    said = asked.parts.check(document, asked.actor, asked.parts.ledger)
    return replace(facts, faults=tuple(_in_words(it) for it in said["faults"]))


def _in_words(fault: Mapping[str, Any]) -> str:
    where = " ".join(filter(None, (str(fault.get("point", "")), str(fault.get("where", "")))))
    return f"{where}: {fault['what']}" if where else str(fault["what"])


def _points(request: Request, action: str, data: Mapping[str, Any]) -> int:
    """Return how many points an action would run; `decide` judges what is malformed."""
    named = data.get("points") or None
    if action == "rerun":
        return len(again(request.points, named if isinstance(named, (list, tuple)) else None))
    return sum(point.state == "open" for point in request.points)


def _priced(asked: Asking, request: Request, facts: Facts, points: int) -> Facts:
    """Return the facts with what some points cost, and what is left of the quotas of who helps themselves: what is
    reserved for this very request is there for it.
    """
    ledger, actor = asked.parts.ledger, asked.actor
    digest = facts.digest or request.digest
    cost = estimated(ledger, digest, points).core_hours
    quota = float(ledger.catalogue.record(request.analysis)["card"].get("quota_core_hours") or 0) if digest else 0.0
    with ledger.reading() as connection:
        room = room_of(connection, actor.user, "core_hours", asked.now, defaults=asked.parts.settings.identity.quotas)
        reserved = reserved_for(connection, actor.user, request.id)
        there = Room("core_hours", used_on(connection, actor.user, request.analysis, asked.now), quota)
    return replace(
        facts,
        core_hours=_UNKNOWN_CORE_HOURS if cost is None else cost,
        core_hours_left=max(0.0, min(it.most - it.used for it in (room, there)) + reserved),
    )


def keep_reserved(asked: Asking, request: Request, action: str, facts: Facts) -> None:
    """Count what a request is going to cost, if who asked for it has just let it run."""
    if action in _COSTLY and asked.actor.user == request.owner and facts.core_hours is not None:
        with asked.parts.ledger.writing() as connection:
            reserve(connection, request.owner, request.id, facts.core_hours, asked.now)


def _check_room(asked: Asking, states: Collection[str] = _OPEN, times: int = 1) -> None:
    """Raise PermissionDenied if somebody has as many requests under way as they may; of drafts, so many times that."""
    user, defaults = asked.actor.user, asked.parts.settings.identity.quotas
    with asked.parts.ledger.reading() as connection:
        used = open_requests(connection, user, states)
        room = room_of(connection, user, "open_requests", asked.now, used=used, defaults=defaults)
    check_room(replace(room, most=room.most * times), 1)
