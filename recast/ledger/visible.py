"""Which requests somebody finds in lists and counts, as a condition in SQL.

The rule is that of the desk (`recast.desk.parties.readers`), asked for each audience; here stands only how a party is
found in the tables.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, false, or_, select, true

from recast.desk.model import AUDIENCES, Actor, Request
from recast.desk.parties import readers
from recast.ledger import tables

__all__ = ["visible"]

_requests, _parties = tables.requests, tables.parties
_NAMED = ("reader", "claimant", "subscriber")
"""Parties that are rows of the table `parties`."""


def visible(actor: Actor) -> ColumnElement[bool]:
    """Return the condition that somebody finds a request."""
    if actor.scopes is not None and "read" not in actor.scopes:
        actor = Actor(link=actor.link)
    draft = _requests.c.state == "draft"
    cases = [and_(draft, _one_of(_finders("draft", AUDIENCES[0]), actor))]
    for audience in AUDIENCES:
        found = _one_of(_finders("submitted", audience), actor)
        cases.append(and_(~draft, _requests.c.audience == audience, found))
    return or_(*cases)


def _finders(state: str, audience: str) -> frozenset[str]:
    return readers(Request(id="", version=1, state=state, owner="", audience=audience), listed=True)


def _one_of(wanted: frozenset[str], actor: Actor) -> ColumnElement[bool]:
    """Return the condition that an actor is one of some parties."""
    if wanted & _anywhere(actor):
        return true()
    if not actor.user:
        return _requests.c.id == actor.link if "link" in wanted and actor.link else false()
    parts = [part for party, part in _in_request(actor).items() if party in wanted]
    if named := sorted(wanted.intersection(_NAMED)):
        mine = select(_parties.c.request).where(_parties.c.person == actor.user, _parties.c.role.in_(named))
        parts.append(_requests.c.id.in_(mine))
    return or_(false(), *parts)


def _anywhere(actor: Actor) -> set[str]:
    """Return what somebody is in every request."""
    roles = {"user", *actor.roles} if actor.user else set()
    return {"anyone", *roles, *({"machine"} if actor.machine else ())}


def _in_request(actor: Actor) -> dict[str, ColumnElement[bool]]:
    """Return, for each party, the condition that a user is it in a request."""
    return {
        "owner": _requests.c.owner == actor.user,
        "contact": _requests.c.analysis.in_(sorted(actor.contact_of)),
        "coordinator": _requests.c.collaboration.in_(sorted(actor.coordinator_of)),
        "link": _requests.c.id == actor.link if actor.link else false(),
    }
