"""One change of a request as one transaction: audit trail, state, mail, work, and what a key was answered."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from recast.desk.act import apply, decide, fold
from recast.desk.facts import Facts
from recast.desk.model import Actor, Event, Request
from recast.desk.refusals import MovedOn
from recast.desk.work import work_of
from recast.errors import NotFound
from recast.json_types import JsonObject
from recast.ledger import tables
from recast.ledger.changes import tell
from recast.ledger.once import Once, note, recall
from recast.ledger.people.quotas import DEFAULTS, Quantity
from recast.ledger.runs import wish_cancel
from recast.ledger.spending import Spending
from recast.ledger.stored import add_events, events_of, load, next_place, store
from recast.ledger.telling import tell_people
from recast.ledger.work import Lease, add_work, check_fence, drop_waiting

__all__ = ["Act", "carry_out", "new_id", "no_request"]

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_LETTERS = 26


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody wants to do to a request (None: to make one), and what must still be true for it; `quotas` are the
    site's for everybody.
    """

    request: str | None
    action: str
    actor: Actor
    data: JsonObject
    facts: Facts
    if_match: int | None = None
    once: Once | None = None
    lease: Lease | None = None
    quotas: Mapping[Quantity, float] = field(default_factory=lambda: DEFAULTS)


def carry_out(connection: Connection, act: Act, now_s: float, now: str) -> Request:
    """Decide, and write all that follows; return the request afterwards. Raises what `desk.act.decide` raises."""
    if act.once and (said := recall(connection, act.actor.user, act.once, now_s)) is not None:
        return fold(events_of(connection, said["request"], most=said["version"]))
    if act.lease is not None:
        check_fence(connection, act.lease)
    before = None if act.request is None else _loaded(connection, act.request)
    facts = act.facts if before is not None else replace(act.facts, id=act.facts.id or new_id("q"))
    spending = Spending(act.actor, act.action, now, act.quotas)
    facts = spending.facts(connection, before, facts)
    events = decide(before, act.action, act.actor, now, act.data, facts)
    # Only now: whoever may not know of the request must not learn its version.
    _check_version(before, act.if_match)
    spending.check(connection, before, events)
    after = _write(connection, before, events) if events else before
    assert after is not None, "an action without a request makes one"
    spending.count(connection, after, events, facts)
    if act.once:
        note(connection, act.actor.user, act.once, now_s, {"request": after.id, "version": after.version})
    return after


def _loaded(connection: Connection, name: str) -> Request:
    request = load(connection, name, to_change=True)
    if request is None:
        raise no_request(name)
    return request


def _check_version(request: Request | None, if_match: int | None) -> None:
    if request is not None and if_match not in (None, request.version):
        raise MovedOn(
            f"Request {request.id} has changed meanwhile",
            where=f'If-Match: "{if_match}"',
            why=f"It is at version {request.version}.",
            next_step="look at it again, then decide again",
            code="desk.changed",
        )


def _write(connection: Connection, before: Request | None, events: Sequence[Event]) -> Request:
    add_events(connection, events)
    after = before
    for event in events:
        after = apply(after, event)
        _follow(connection, after, event)
    assert after is not None
    tell(connection, "request", [after.id])
    store(connection, before, after, next_place(connection) if before is None else None)
    return after


def _follow(connection: Connection, request: Request, event: Event) -> None:
    """Write what an event entails: mail, work, wishes."""
    tell_people(connection, request, event)
    kind = work_of(request, event)
    if kind:
        add_work(connection, kind, event)
    if kind == "cancel":
        drop_waiting(connection, request.id, "run")
        wish_cancel(connection, tables.runs.c.request == request.id, event.actor)


def new_id(prefix: str) -> str:
    """Return a prefix and 130 random bits: whoever knows the name of an unlisted request may read it."""
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(_LETTERS))


def no_request(request: str) -> NotFound:
    """Return the error for a request that is not there, or that somebody may not know of."""
    return NotFound(f"There is no request {request}", next_step="recast request ls")
