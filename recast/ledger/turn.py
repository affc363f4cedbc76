"""Which requests wait for somebody, as a condition in SQL.

The rule is that of the desk (`recast.desk.turn`, and `transitions` for who may do a step); here stands only how it is
found in the tables.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, false, or_, select

from recast.desk.model import Actor
from recast.desk.transitions import ACTIONS
from recast.desk.turn import NEXT_STEPS, WAITED_FOR
from recast.ledger import tables

__all__ = ["waits_for"]

_requests, _parties, _work, _runs = tables.requests, tables.parties, tables.work, tables.runs


def waits_for(actor: Actor) -> ColumnElement[bool]:
    """Return the condition that a request waits for somebody's next step; whether they find it is asked besides."""
    if not actor.user:
        return false()
    steps = (it for it in NEXT_STEPS if actor.scopes is None or ACTIONS[it].scope in actor.scopes)
    return or_(false(), *(_step(it, actor) for it in steps))


def _step(action: str, actor: Actor) -> ColumnElement[bool]:
    row = ACTIONS[action]
    who = or_(false(), *(_party(it, actor) for it in sorted(row.who & WAITED_FOR)))
    others = [_requests.c.owner != actor.user] if row.not_own else []
    return and_(_requests.c.state == NEXT_STEPS[action], who, *others, *_besides(action))


def _party(party: str, actor: Actor) -> ColumnElement[bool]:
    if party == "owner":
        return _requests.c.owner == actor.user
    if party == "contact":
        return _requests.c.analysis.in_(sorted(actor.contact_of))
    named = select(_parties.c.request).where(_parties.c.person == actor.user, _parties.c.role == party)
    return _requests.c.id.in_(named)


def _besides(action: str) -> list[ColumnElement[bool]]:
    """Return what a step needs besides the state."""
    if action == "archive":
        return [_requests.c.analysis == ""]
    if action == "run":
        asked = select(_work.c.id).where(_work.c.request == _requests.c.id, _work.c.kind == "run")
        begun = select(_runs.c.id).where(_runs.c.request == _requests.c.id)
        return [~exists(asked), ~exists(begun)]
    return []
