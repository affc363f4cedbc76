"""The tables of people. Times are text (`2026-01-31T12:00:00Z`), which sorts by time; secrets are SHA-256 digests."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from recast.ledger.metadata import METADATA

__all__ = [
    "CONTACTS",
    "COORDINATORS",
    "FLOWS",
    "INVITATIONS",
    "LINKS",
    "PEOPLE_AUDIT",
    "QUOTAS",
    "ROLES",
    "SESSIONS",
    "TOKENS",
    "USERS",
    "USES",
    "WATCHES",
]


def _user(name: str = "user", *, key: bool = False) -> Column[str]:
    return Column(name, String(16), ForeignKey("users.id"), nullable=False, primary_key=key, index=not key)


def _time(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, String(20), nullable=nullable)


USERS = Table(
    "users",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("email", String(254), nullable=False, default=""),
    Column("login", String(64), nullable=True, unique=True),  # of a local account
    Column("password", String(200), nullable=False, default=""),  # argon2
    Column("issuer", String(300), nullable=True),
    Column("subject", String(255), nullable=True),
    _time("created"),
    Column("blocked", String(500), nullable=False, default=""),  # why
    UniqueConstraint("issuer", "subject"),
)

ROLES = Table("roles", METADATA, _user(key=True), Column("role", String(32), primary_key=True))

CONTACTS = Table("contacts", METADATA, _user(key=True), Column("analysis", String(200), primary_key=True, index=True))

COORDINATORS = Table(
    "coordinators", METADATA, _user(key=True), Column("collaboration", String(200), primary_key=True, index=True)
)

TOKENS = Table(
    "tokens",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    _user(),
    Column("name", String(100), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("parent", String(16), nullable=True, index=True),  # the token it was made with, which it never outlives
    _time("created"),
    _time("expires"),
    _time("used", nullable=True),
    _time("revoked", nullable=True),
)

SESSIONS = Table(
    "sessions",
    METADATA,
    Column("digest", String(64), primary_key=True),
    _user(),
    _time("created"),
    _time("expires"),
    _time("used"),
)

LINKS = Table(
    "links",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("request", String(40), nullable=False, index=True),
    _user("made_by"),
    Column("note", String(200), nullable=False),
    _time("created"),
    _time("expires"),
    _time("revoked", nullable=True),
)

INVITATIONS = Table(
    "invitations",
    METADATA,
    Column("digest", String(64), primary_key=True),
    Column("role", String(32), nullable=False),  # what whoever follows it becomes, besides a user
    Column("user", String(16), ForeignKey("users.id"), nullable=True),  # whose password it sets, if it is nobody new
    _time("created"),
    _time("expires"),
)

FLOWS = Table(
    "login_flows",
    METADATA,
    Column("state", String(64), primary_key=True),  # digests of what the provider and the browser bring back
    Column("browser", String(64), nullable=False),
    Column("nonce", String(64), nullable=False),
    Column("verifier", String(128), nullable=False),
    Column("return_to", String(500), nullable=False),
    _time("expires"),
)

QUOTAS = Table("quotas", METADATA, _user(key=True), Column("what", String(32), primary_key=True), Column("most", Float))

USES = Table(
    "uses",
    METADATA,
    _user(key=True),
    Column("what", String(32), primary_key=True),
    Column("reference", String(100), primary_key=True),  # a run, an upload: counted once
    Column("amount", Float, nullable=False),
    _time("at"),
)
Index("ix_uses_user_what_at", USES.c.user, USES.c.what, USES.c.at)

WATCHES = Table("watches", METADATA, _user(key=True), Column("analysis", String(200), primary_key=True, index=True))

PEOPLE_AUDIT = Table(
    "people_audit",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    _time("at"),
    Column("actor", String(16), nullable=False),
    Column("deed", String(40), nullable=False),
    Column("about", String(200), nullable=False, index=True),
    Column("data", JSON, nullable=False),
)
"""Who gave whom what; never a secret, never changed."""
