"""Requests and events as rows, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, bindparam, delete, insert, literal_column, select, union_all, update

from recast.desk.model import Event, Request
from recast.desk.record import as_brief, as_record, of_record
from recast.ledger import tables

__all__ = ["add_events", "events_of", "fill_briefs", "head", "load", "lock", "next_place", "store"]

_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode
_events, _requests, _points = tables.events, tables.requests, tables.points
_parties, _rests = tables.parties, tables.rests


def add_events(connection: Connection, events: Sequence[Event]) -> None:
    """Append to the audit trail; a number that is taken raises IntegrityError."""
    rows = [
        {
            "request": it.request,
            "number": it.number,
            "kind": it.kind,
            "actor": it.actor,
            "at": it.at,
            "data": _encode(dict(it.data)),
        }
        for it in events
    ]
    connection.execute(insert(_events), rows)


def events_of(connection: Connection, request: str, after: int = 0, most: int | None = None) -> list[Event]:
    """Return the events of a request after a number, in order."""
    query = select(_events).where(_events.c.request == request, _events.c.number > after).order_by(_events.c.number)
    rows = connection.execute(query.limit(most))
    return [Event(row.request, row.number, row.kind, row.actor, row.at, json.loads(row.data)) for row in rows]


def lock(connection: Connection, request: str) -> None:
    """Let other writers of a request wait until this transaction ends; in SQLite they do so anyway."""
    connection.scalar(select(_requests.c.id).where(_requests.c.id == request).with_for_update())


def load(connection: Connection, request: str) -> Request | None:
    """Return a request, None if there is none; `lock` it first if it is to be changed.

    It is read by one statement, so that its points are those of the same moment in every kind of transaction.
    """
    own = select(literal_column("-1").label("position"), _requests.c.body).where(_requests.c.id == request)
    points = select(_points.c.position, _points.c.body).where(_points.c.request == request)
    rows = connection.execute(union_all(own, points).order_by("position")).all()
    if not rows:
        return None
    record, *found = (json.loads(row.body) for row in rows)
    return of_record({**record, "points": found})


def head(connection: Connection, request: str) -> Request | None:
    """Return a request without its points, None if there is none: quick, however many there are."""
    body = connection.scalar(select(_requests.c.body).where(_requests.c.id == request))
    return None if body is None else of_record(json.loads(body))


def store(connection: Connection, before: Request | None, after: Request, place: int | None) -> None:
    """Write the state of a request; of its points only those that are other objects than before."""
    columns = {
        "version": after.version,
        "state": after.state,
        "audience": after.audience,
        "owner": after.owner,
        "analysis": after.analysis,
        "collaboration": after.collaboration,
        "due": min(filter(None, (after.reminds, after.expires)), default=""),
        "body": _encode(as_record(replace(after, points=()))),
        "brief": _encode(as_brief(after)),
    }
    if before is None:
        connection.execute(insert(_requests).values(id=after.id, place=place, **columns))
    else:
        connection.execute(update(_requests).where(_requests.c.id == after.id).values(**columns))
    _store_points(connection, before, after)
    _store_parties(connection, after.id, _parties_of(before), _parties_of(after))
    _store_rests(connection, after.id, _rests_on(before), _rests_on(after))


def fill_briefs(connection: Connection) -> None:
    """Write what lists show of requests that an older program has written."""
    for name in connection.scalars(select(_requests.c.id).where(_requests.c.brief == "")).all():
        request = load(connection, name)
        assert request is not None
        brief = _encode(as_brief(request))
        connection.execute(update(_requests).where(_requests.c.id == name).values(brief=brief))


def _parties_of(request: Request | None) -> set[tuple[str, str]]:
    """Return who is what in a request, besides its owner."""
    if request is None:
        return set()
    claimant = {(request.claimed_by, "claimant")} if request.claimed_by else set()
    readers = {(person, "reader") for person in request.readers}
    return {(person, "subscriber") for person in request.subscribers} | readers | claimant


def next_place(connection: Connection) -> int:
    """Return the place of a new request: after all others."""
    last = connection.scalar(select(_requests.c.place).order_by(_requests.c.place.desc()).limit(1))
    return (last or 0) + 1


def _store_points(connection: Connection, before: Request | None, after: Request) -> None:
    old, new = before.points if before is not None else (), after.points
    changed = [at for at, point in enumerate(new) if at >= len(old) or old[at] is not point]
    gone = [*(at for at in changed if at < len(old)), *range(len(new), len(old))]
    if gone:
        where = (_points.c.request == after.id, _points.c.position == bindparam("at"))
        connection.execute(delete(_points).where(*where), [{"at": at} for at in gone])
    if changed:
        records = as_record(replace(after, points=tuple(new[at] for at in changed)))["points"]
        rows = [{"position": at, "body": _encode(record)} for at, record in zip(changed, records, strict=True)]
        connection.execute(insert(_points), [{"request": after.id, **row} for row in rows])


def _store_parties(
    connection: Connection, request: str, before: set[tuple[str, str]], after: set[tuple[str, str]]
) -> None:
    for person, role in sorted(before - after):
        where = (_parties.c.request == request, _parties.c.person == person, _parties.c.role == role)
        connection.execute(delete(_parties).where(*where))
    rows = [{"request": request, "person": person, "role": role} for person, role in sorted(after - before)]
    if rows:
        connection.execute(insert(_parties), rows)


def _rests_on(request: Request | None) -> set[str]:
    """Return the digests of the versions that a request and its answers rest on."""
    if request is None:
        return set()
    answers = (answer.digest for point in request.points for answer in point.answers)
    return {digest for digest in (request.digest, *answers) if digest}


def _store_rests(connection: Connection, request: str, before: set[str], after: set[str]) -> None:
    for digest in sorted(before - after):
        connection.execute(delete(_rests).where(_rests.c.request == request, _rests.c.digest == digest))
    if rows := [{"request": request, "digest": digest} for digest in sorted(after - before)]:
        connection.execute(insert(_rests), rows)
