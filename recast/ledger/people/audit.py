"""The audit trail of people: who gave, made or ended what."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from recast.json_types import JsonObject
from recast.ledger.people.tables import PEOPLE_AUDIT

__all__ = ["deeds_about", "note"]


def note(connection: Connection, actor: str, deed: str, about: str, now: str, **data: object) -> None:
    """Note a deed in the transaction that does it. `actor` is a user's id, or `service`; `data` holds no secret."""
    row = {"at": now, "actor": actor or "service", "deed": deed, "about": about, "data": data}
    connection.execute(insert(PEOPLE_AUDIT).values(row))


def deeds_about(connection: Connection, about: str) -> list[JsonObject]:
    """Return the deeds about a user, token or link, oldest first."""
    rows = connection.execute(select(PEOPLE_AUDIT).where(PEOPLE_AUDIT.c.about == about).order_by(PEOPLE_AUDIT.c.number))
    return [dict(row._mapping) for row in rows]
