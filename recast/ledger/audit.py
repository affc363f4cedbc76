"""Whether the state that is stored equals the fold over the audit trail, request by request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from sqlalchemy import Connection, select

from recast.desk.act import fold
from recast.desk.model import Request
from recast.ledger import tables
from recast.ledger.stored import events_of, load

__all__ = ["Difference", "differences"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A field in which the stored state of a request is not what its audit trail says."""

    request: str
    field: str
    stored: str
    folded: str


def differences(connection: Connection) -> Iterator[Difference]:
    """Yield all differences: fields, numbers that are missing in a trail, requests without one, trails without one."""
    stored = set(connection.scalars(select(tables.requests.c.id)))
    told = set(connection.scalars(select(tables.events.c.request).distinct()))
    for request in sorted(stored ^ told):
        yield Difference(request, "id", "here" if request in stored else "", "here" if request in told else "")
    for request in sorted(stored & told):
        yield from _of(connection, request)


def _of(connection: Connection, request: str) -> Iterator[Difference]:
    trail = events_of(connection, request)
    numbers = [event.number for event in trail]
    if numbers != list(range(1, len(trail) + 1)):
        yield Difference(request, "events", str(len(trail)), str(numbers[-1]))
    here, folded = load(connection, request), fold(trail)
    assert here is not None
    for field in fields(Request):
        ours, theirs = getattr(here, field.name), getattr(folded, field.name)
        if ours != theirs:
            yield Difference(request, field.name, repr(ours), repr(theirs))
