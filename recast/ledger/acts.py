"""One change of a request as one transaction: audit trail, state, mail, work, and what a key was answered."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection, select

from recast.desk.act import apply, check, decide, fold
from recast.desk.facts import OUTDATES_FACTS, Facts
from recast.desk.may import may
from recast.desk.model import Actor, Event, Request
from recast.desk.refusals import MovedOn
from recast.desk.statement import stated
from recast.desk.work import work_of
from recast.errors import NotFound
from recast.json_types import JsonDict, JsonObject
from recast.ledger import tables
from recast.ledger.changes import tell
from recast.ledger.faults import FactsOutdated
from recast.ledger.once import Once, note, recall
from recast.ledger.people.quotas import DEFAULTS, Quantity
from recast.ledger.runs import wish_cancel
from recast.ledger.spending import Spending
from recast.ledger.statements import keep_stated
from recast.ledger.stored import add_events, events_of, head, load, lock, next_place, store
from recast.ledger.telling import tell_people
from recast.ledger.work import Lease, add_work, check_fence, drop_waiting

__all__ = ["Act", "carry_out", "foresee", "new_id", "no_request"]

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


def carry_out(
    connection: Connection, act: Act, now_s: float, now: str, carried: dict[str, Request] | None = None
) -> Request:
    """Decide, and write all that follows; return the request afterwards. Raises what `desk.act.decide` raises, and
    FactsOutdated.

    `carried` are requests as they are in this transaction: what a hundred points say loads all of them once.
    """
    carried = {} if carried is None else carried
    if act.request is not None and act.request not in carried:
        lock(connection, act.request)  # before the key is looked up: the same change may be written just now
    if act.once and (known := foresee(connection, act, now_s)) is not None:
        return known
    before = None if act.request is None else carried.pop(act.request, None) or _loaded(connection, act.request)
    if act.lease is not None:  # after the request: a cancel locks its work in this order, too
        check_fence(connection, act.lease)
    facts = act.facts if before is not None else replace(act.facts, id=act.facts.id or new_id("q"))
    _check_facts(connection, before, act.facts)
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
    carried[after.id] = after
    return after


def foresee(connection: Connection, act: Act, now_s: float) -> Request | None:
    """Return what a change was answered that comes again with its key; None if it is new. Raises what it is going to be
    refused for, as far as this can be told without the points, the data and the lock of whoever writes.

    The first question is whether the actor may know of the request: what comes after it tells that it is there.
    """
    now = None if act.request is None else _seen(connection, act.request, act.actor)
    if act.once and (said := recall(connection, act.actor.user, act.once, now_s)) is not None:
        return _answered(connection, said, act.actor)
    check(now, act.action, act.actor, act.facts.policy)
    _check_version(now, act.if_match)
    return None


def _seen(connection: Connection, name: str, actor: Actor) -> Request:
    """Return a request without its points; raise the same NotFound for what is hidden and for what is not there."""
    found = head(connection, name)
    if found is None or not may(actor, "read", found).yes:
        raise no_request(name)
    return found


def _answered(connection: Connection, said: JsonDict, actor: Actor) -> Request | None:
    """Return a request as it was when a key was noted; as it is now if the actor was more to it then."""
    now = _seen(connection, said["request"], actor)
    then = fold(events_of(connection, now.id, most=said["version"]))
    if may(actor, "read-history", then).yes and not may(actor, "read-history", now).yes:
        return load(connection, now.id)
    return then


def _loaded(connection: Connection, name: str) -> Request:
    request = load(connection, name)
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


def _check_facts(connection: Connection, request: Request | None, facts: Facts) -> None:
    """Raise FactsOutdated if the request has come to ask for something else since the facts were found."""
    if request is None or facts.seen in (0, request.version):
        return
    since = (tables.events.c.request == request.id, tables.events.c.number > facts.seen)
    if OUTDATES_FACTS.intersection(connection.scalars(select(tables.events.c.kind).where(*since))):
        raise FactsOutdated(f"Request {request.id} has changed meanwhile", next_step="look again, then decide again")


def _write(connection: Connection, before: Request | None, events: Sequence[Event]) -> Request:
    add_events(connection, events)
    after = before
    for event in events:
        after = apply(after, event)
        _follow(connection, after, event)
    assert after is not None
    tell(connection, "request", [after.id])  # one at a time from here on: two new requests get different places
    store(connection, before, after, next_place(connection) if before is None else None)
    return after


def _follow(connection: Connection, request: Request, event: Event) -> None:
    """Write what an event entails: mail, statements, work, wishes."""
    tell_people(connection, request, event)
    keep_stated(connection, stated(request, event))
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
