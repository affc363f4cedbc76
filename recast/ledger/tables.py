"""The tables of the ledger, for SQLite and PostgreSQL alike.

Times of documents are ISO strings; those that are computed with (leases, waiting) are seconds since the epoch. Values
that only Python reads are JSON texts.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    text,
)

from recast.ledger.metadata import METADATA

__all__ = [
    "analyses",
    "changes",
    "events",
    "looks",
    "marks",
    "once",
    "outbox",
    "parties",
    "points",
    "requests",
    "reserved",
    "rests",
    "runs",
    "snapshots",
    "stated",
    "statements",
    "steps",
    "troubles",
    "uploads",
    "versions",
    "work",
]

_NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""A key that counts by itself: SQLite does so only for INTEGER."""

# The audit trail is what is; `requests`, `points` and `parties` are its fold, written in the same transaction.

events = Table(
    "events",
    METADATA,
    Column("request", String(32), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(64), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("at", String(32), nullable=False),
    Column("data", Text, nullable=False),
)

requests = Table(
    "requests",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("place", _NUMBER, nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("audience", String(16), nullable=False),
    Column("owner", String(64), nullable=False),
    Column("analysis", Text, nullable=False),
    Column("collaboration", Text, nullable=False),
    Column("due", String(32), nullable=False),
    Column("body", Text, nullable=False),
    Column("brief", Text, nullable=False, server_default=text("''")),
    Index(None, "audience", "place"),
    Index(None, "audience", "state"),
    Index(None, "owner", "place"),
    Index(None, "analysis", "place"),
    Index(None, "collaboration", "place"),
    Index(None, "state", "due"),
)
"""`place` orders requests by when they were made: lists begin with the newest, and a cursor is a place. `brief` is what
they show: `body` has every comment, and the points are many.
"""

changes = Table(
    "changes",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("id", String(80), nullable=False),
    sqlite_autoincrement=True,
)
"""Which request or run has changed, in the order of the commits: what live pages follow."""

points = Table(
    "points",
    METADATA,
    Column("request", ForeignKey("requests.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
)

parties = Table(
    "parties",
    METADATA,
    Column("request", ForeignKey("requests.id"), primary_key=True),
    Column("person", String(64), primary_key=True),
    Column("role", String(32), primary_key=True),
    Index(None, "person", "request"),
)
"""People who may read a request because of what they are in it, besides its owner."""

rests = Table(
    "rests",
    METADATA,
    Column("digest", String(80), primary_key=True),
    Column("request", ForeignKey("requests.id"), primary_key=True, index=True),
)
"""On which versions of analyses a request rests: its own, and those of its answers."""

once = Table(
    "once",
    METADATA,
    Column("actor", String(64), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("digest", String(80), nullable=False),
    Column("at", Float, nullable=False, index=True),
    Column("answer", Text, nullable=False),
)

outbox = Table(
    "outbox",
    METADATA,
    Column("id", _NUMBER, primary_key=True),
    Column("person", String(64), nullable=False),
    Column("urgency", String(8), nullable=False),
    Column("request", String(32), nullable=False),
    Column("event", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("not_before", Float, nullable=False),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("sent", Float),
    Column("at", Float, nullable=False, server_default=text("0")),  # when it was written; 0: by an older program
    Column("why", String(100), nullable=False, server_default=text("''")),  # why it was refused last
    Index(None, "sent", "not_before"),
    Index(None, "person", "at"),
)

work = Table(
    "work",
    METADATA,
    Column("id", _NUMBER, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("request", String(32), nullable=False, index=True),
    Column("event", Integer, nullable=False),
    Column("state", String(8), nullable=False),
    Column("not_before", Float, nullable=False),
    Column("owner", String(128), nullable=False, server_default=text("''")),
    Column("fence", Integer, nullable=False, server_default=text("0")),
    Column("lease_until", Float, nullable=False, server_default=text("0")),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("silent_ends", Integer, nullable=False, server_default=text("0")),
    Column("outcome", Text, nullable=False, server_default=text("''")),
    Index(None, "state", "not_before"),
)
"""`tries` counts how often work was taken, `failures` how often the machines failed it, and `silent_ends` how often
whoever had it ended without a word since the last point was told.
"""

reserved = Table(
    "reserved",
    METADATA,
    Column("request", String(32), primary_key=True),
    Column("event", Integer, primary_key=True, autoincrement=False),
    Column("user", String(64), nullable=False, index=True),
    Column("core_hours", Float, nullable=False),
)
"""What somebody's own runs are going to cost, by the event that asked for them; 0: accepted, and not asked for yet."""

runs = Table(
    "runs",
    METADATA,
    Column("id", String(80), primary_key=True),
    Column("request", String(32), nullable=False, index=True),
    Column("work", _NUMBER, nullable=False),
    Column("noted", Float, nullable=False),
    Column("folder", Text, nullable=False, server_default=text("''")),
    Column("state", String(16), nullable=False, index=True),
    Column("cancel_wished_by", String(64), nullable=False, server_default=text("''")),
    Column("looked", Float, nullable=False, server_default=text("0")),
    Column("body", Text, nullable=False),
)
"""A row exists before its run does: whoever finds a row without a folder knows that the run was never created."""

snapshots = Table(
    "snapshots",
    METADATA,
    Column("run", ForeignKey("runs.id"), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("at", Float, nullable=False),
    Column("body", Text, nullable=False),
)
"""The newest picture of each run, without its steps: small enough to be read again and again."""

steps = Table(
    "steps",
    METADATA,
    Column("run", ForeignKey("runs.id"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
    Column("id", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("counted", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("since", Float, nullable=False),
    Column("host", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("body", Text, nullable=False),
    Index(None, "run", "number"),
    Index(None, "run", "id"),
)
"""The steps of runs, in the order in which they came to be. `number` is that of the picture in which a step changed
last; the columns between it and `body` are what lists filter, sort and search by.
"""

looks = Table(
    "looks",
    METADATA,
    Column("run", String(80), primary_key=True),
    Column("step", String(300), primary_key=True),
    Column("at", Float, nullable=False, index=True),
)
"""Which logs of running jobs somebody looks at."""

troubles = Table(
    "troubles",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    Column("at", Float, nullable=False, index=True),
    Column("run", String(80), nullable=False),
    Column("step", String(300), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("failure", String(32), nullable=False),
    Column("executor", String(64), nullable=False),
    Column("host", String(255), nullable=False),
    Column("avoided", Boolean, nullable=False),
)
"""Attempts that failed in the last week."""

stated = Table(
    "stated",
    METADATA,
    Column("digest", String(80), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
"""What was stated at each release, byte for byte: whatever changes later, this is what is signed."""

statements = Table(
    "statements",
    METADATA,
    Column("digest", String(80), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
"""Signed statements of released answers, as they are given out."""

uploads = Table(
    "uploads",
    METADATA,
    Column("digest", String(80), primary_key=True),
    Column("owner", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("at", Float, nullable=False),
    Column("notes", Text, nullable=False),
    Index(None, "owner", "at"),
)

# The index of the catalogue can be made again from the catalogue at any time.

analyses = Table(
    "analyses",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    Column("analysis", Text, nullable=False, unique=True),
    Column("collaboration", Text, nullable=False),
    Column("facets", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("stamp", String(80), nullable=False),
)
"""One row for each analysis, as its newest version says; `stamp` tells whether what it was made of has changed."""

versions = Table(
    "versions",
    METADATA,
    Column("analysis", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("digest", String(80), nullable=False, index=True),
    Column("status", String(16), nullable=False),
    Column("body", Text, nullable=False),
)

marks = Table("marks", METADATA, Column("name", String(64), primary_key=True), Column("value", Text, nullable=False))
"""Single values: the generation of the index, the key of cursors."""
