"""Lists of requests, page by page: what was wanted, and only what somebody may find."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, func, select

from recast.desk.model import Actor, Listed, Point
from recast.desk.record import of_brief, point_of
from recast.errors import InputError
from recast.ledger import tables
from recast.ledger.turn import waits_for
from recast.ledger.visible import visible

__all__ = ["MOST_ITEMS", "Page", "Wanted", "due_requests", "page_of", "resting_on", "some_points"]

MOST_ITEMS = 200
_requests, _points = tables.requests, tables.points
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What requests must be like; empty fields do not matter. `digest` is that of the version that they rest on.

    `turn`: it is the turn of who asks. `unarchived`: they ask for a search that nobody has archived.
    """

    state: str = ""
    analysis: str = ""
    collaboration: str = ""
    owner: str = ""
    audience: str = ""
    digest: str = ""
    turn: bool = False
    unarchived: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items of a list, the cursor of the next page (empty at the end), and how many there are in all."""

    items: tuple[Item, ...]
    next: str
    total: int


def page_of(connection: Connection, wanted: Wanted, actor: Actor, cursor: str, limit: int) -> Page[Listed]:
    """Return one page of the requests that somebody may find, the newest first; raise InputError for a bad cursor.

    A cursor is the id of a request that was shown: it tells nothing about those in between that were not.
    """
    limit = max(1, min(limit, MOST_ITEMS))
    conditions = [visible(actor), *_wanted(wanted), *([waits_for(actor)] if wanted.turn else [])]
    query = select(_requests.c.id, _requests.c.brief).where(*conditions)
    rows = connection.execute(_after(connection, query, cursor, actor).limit(limit + 1)).all()
    total = connection.scalar(select(func.count()).select_from(_requests).where(*conditions)) or 0
    following = rows[limit - 1].id if len(rows) > limit else ""
    return Page(tuple(of_brief(json.loads(row.brief)) for row in rows[:limit]), following, total)


def some_points(
    connection: Connection, requests: Sequence[str], most: int, most_letters: int
) -> list[tuple[str, Point]]:
    """Return points of some requests, those of the newest first: so many at most, and none that is longer than that."""
    query = (
        select(_points.c.request, _points.c.body)
        .join(_requests, _requests.c.id == _points.c.request)
        .where(_points.c.request.in_(requests), func.length(_points.c.body) <= most_letters)
        .order_by(_requests.c.place.desc(), _points.c.position)
        .limit(most)
    )
    return [(row.request, point_of(json.loads(row.body))) for row in connection.execute(query)]


def due_requests(connection: Connection, now: str) -> list[str]:
    """Return the submitted requests whose time for a reminder, or for their end, has come."""
    where = (_requests.c.state == "submitted", _requests.c.due != "", _requests.c.due <= now)
    return list(connection.scalars(select(_requests.c.id).where(*where).order_by(_requests.c.due)))


def _wanted(wanted: Wanted) -> list[ColumnElement[bool]]:
    names = ("state", "analysis", "collaboration", "owner", "audience")
    found = [_requests.c[name] == value for name in names if (value := getattr(wanted, name))]
    found += [_requests.c.analysis == ""] if wanted.unarchived else []
    return [*found, _requests.c.id.in_(resting_on(wanted.digest))] if wanted.digest else found


def resting_on(digest: str) -> Select[tuple[str]]:
    """Return the query for the requests that rest on a version, or one of whose answers does."""
    return select(tables.rests.c.request).where(tables.rests.c.digest == digest)


def _after(
    connection: Connection, query: Select[tuple[str, str]], cursor: str, actor: Actor
) -> Select[tuple[str, str]]:
    query = query.order_by(_requests.c.place.desc())
    if not cursor:
        return query
    known = select(_requests.c.place).where(_requests.c.id == cursor, visible(actor))
    place = connection.scalar(known)
    if place is None:
        raise InputError(
            "There is no page with this cursor",
            where="cursor",
            why="It was not given out here, or what it names is gone.",
            next_step="begin again without a cursor",
            code="desk.cursor",
        )
    return query.where(_requests.c.place < place)
