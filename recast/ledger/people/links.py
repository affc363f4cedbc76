"""Links for referees: who has one reads one request, without an account; 128 bits, expiring, revocable."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, insert, select, update

from recast.desk.model import Actor
from recast.errors import NotFound, UsageError
from recast.ledger.people.audit import note
from recast.ledger.people.secret_texts import digest_of, is_of_kind, new_id, new_secret
from recast.ledger.people.tables import LINKS, USERS
from recast.moments import plus, seconds_between
from recast.terminal_safe import one_line

__all__ = ["Link", "link_left_s", "links_of", "make_link", "read_link", "revoke_link"]

LONGEST_LIFE_S = 366 * 86400


@dataclass(frozen=True, slots=True)
class Link:
    """What is known of a link; its secret is known to whoever it was given to."""

    id: str
    request: str
    made_by: str
    note: str
    created: str
    expires: str
    revoked: str = ""


def make_link(
    connection: Connection, request: str, made_by: str, purpose: str, life_s: float, now: str
) -> tuple[str, Link]:
    """Make a link to a request; return its secret, to be shown once, and what is kept of it.

    Whether `made_by` may is the caller's question to `desk.may`. Raises UsageError.
    """
    if not 60 <= life_s <= LONGEST_LIFE_S:
        raise UsageError("A link cannot live that long, or that short", where=f"{life_s:g} s")
    secret = new_secret("link")
    link = Link(new_id("l"), request, made_by, one_line(purpose.strip(), 150), now, plus(now, life_s))
    row = {name: getattr(link, name) for name in ("id", "request", "made_by", "note", "created", "expires")}
    connection.execute(insert(LINKS).values(row | {"digest": digest_of(secret)}))
    note(connection, made_by, "link-made", link.id, now, request=request)
    return secret, link


def read_link(connection: Connection, secret: str, now: str) -> Actor:
    """Return who holds a link: nobody, who may read one request. Raises NotFound for whatever does not open one.

    A wrong, an expired and a revoked link are the same to a stranger, and so is one of somebody who is blocked now.
    """
    row = (
        connection.execute(select(LINKS).where(LINKS.c.digest == digest_of(secret))).first()
        if is_of_kind(secret, "link")
        else None
    )
    ended = row is None or row._mapping["revoked"] or row._mapping["expires"] <= now
    if row is None or ended or _is_blocked(connection, row._mapping["made_by"]):
        raise NotFound(
            "This link does not lead anywhere",
            why="It has expired, was revoked, or is incomplete.",
            next_step="ask whoever gave it to you for a new one",
        )
    return Actor(scopes=frozenset({"read"}), link=row._mapping["request"])


def _is_blocked(connection: Connection, user: str) -> bool:
    return bool(connection.scalar(select(USERS.c.blocked).where(USERS.c.id == user)))


def link_left_s(connection: Connection, secret: str, now: str) -> int:
    """Return for how many seconds a link that leads somewhere still does."""
    ends = connection.scalar(select(LINKS.c.expires).where(LINKS.c.digest == digest_of(secret))) or now
    return int(max(0.0, seconds_between(now, ends)))


def links_of(connection: Connection, request: str, now: str) -> list[Link]:
    """Return the links to a request that still work, newest first."""
    works = (LINKS.c.request == request) & LINKS.c.revoked.is_(None) & (LINKS.c.expires > now)
    rows = connection.execute(select(LINKS).where(works).order_by(LINKS.c.created.desc(), LINKS.c.id))
    return [_link(row._mapping) for row in rows]


def revoke_link(connection: Connection, request: str, link: str, by: str, now: str) -> None:
    """Revoke a link to a request; raise NotFound if it is not one of this request's."""
    ours = (LINKS.c.id == link) & (LINKS.c.request == request)
    if connection.execute(select(LINKS.c.id).where(ours)).first() is None:
        raise NotFound("There is no such link", where=link[:40])
    connection.execute(update(LINKS).where(ours, LINKS.c.revoked.is_(None)).values(revoked=now))
    note(connection, by, "link-revoked", link, now, request=request)


def _link(row: RowMapping) -> Link:
    names = ("id", "request", "made_by", "note", "created", "expires", "revoked")
    return Link(**{name: row[name] or "" for name in names})
