"""The ledger: all that the service keeps, behind one name."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self, TypeVar

from sqlalchemy import Connection, false, update

from recast.desk.facts import Facts
from recast.desk.model import Actor, Event, Listed, Point, Request
from recast.json_types import JsonObject
from recast.ledger import tables
from recast.ledger.acts import Act, carry_out, foresee, no_request
from recast.ledger.audit import Difference, differences
from recast.ledger.catalogue.index import Index
from recast.ledger.changes import Changes
from recast.ledger.database import Database
from recast.ledger.looks import Looks
from recast.ledger.migrate import migrate
from recast.ledger.once import Once
from recast.ledger.operating.heartbeats import Heartbeats
from recast.ledger.operating.troubles import Troubles
from recast.ledger.outbox import Outbox
from recast.ledger.pages import Page, Wanted, due_requests, page_of, resting_on, some_points
from recast.ledger.people.quotas import DEFAULTS, Quantity
from recast.ledger.pictures import Snapshots
from recast.ledger.runs import Runs
from recast.ledger.statements import SignedStatements
from recast.ledger.stored import events_of, head, load
from recast.ledger.uploads import Uploads
from recast.ledger.work import Lease, Work
from recast.moments import moment
from recast.paths import places
from recast.store import ArtifactStore

__all__ = ["Ledger"]

T = TypeVar("T")


class Ledger:
    """A database of the service, SQLite or PostgreSQL. Its threads share it; a forked process opens its own.

    Opening brings the tables up to date. All methods raise LedgerUnavailable when the database cannot be used, and then
    nothing of what they do is written.
    """

    def __init__(self, url: str, now: Callable[[], float] = time.time, files: Path | None = None) -> None:
        """Open a ledger. `files` is the artifact store of its uploads, that of this installation by default."""
        self.database, self.now = Database(url), now
        migrate(self.database)
        self.catalogue, self.statements = Index(self.database), SignedStatements(self.database)
        self.uploads = Uploads(self.database, ArtifactStore(files or places().artifact_store), now)
        self.work, self.outbox = Work(self.database, now), Outbox(self.database, now)
        self.runs, self.snapshots = Runs(self.database, now), Snapshots(self.database, now)
        self.changes = Changes(self.database)
        self.troubles, self.heartbeats = Troubles(self.database, now), Heartbeats(self.database, now)
        self.looks = Looks(self.database, now)

    def __enter__(self) -> Self:
        """Return itself; it is closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self.database.close()

    @property
    def beside(self) -> Path:
        """The folder for what belongs to the service and is no row: the key that signs released answers."""
        path = self.database.path
        return path.parent if path is not None else places().state_dir / "service"

    def reading(self) -> AbstractContextManager[Connection]:
        """Return a block that reads one snapshot."""
        return self.database.reading()

    def glancing(self) -> AbstractContextManager[Connection]:
        """Return a block for a single question, which needs no transaction; see `Database`."""
        return self.database.glancing()

    def writing(self) -> AbstractContextManager[Connection]:
        """Return a block that is one transaction."""
        return self.database.writing()

    def write(self, change: Callable[[Connection], T]) -> T:
        """Make a change as one transaction, again if somebody else did the same at the same time; see `Database`."""
        return self.database.write(change)

    def together(self) -> AbstractContextManager[None]:
        """Return a block in which all that this thread does here is one transaction: it waits for the disk once."""
        return self.database.together()

    def check(self) -> None:
        """Raise LedgerUnavailable unless the ledger can be read and written now."""
        with self.writing() as connection:
            connection.execute(update(tables.marks).where(false()).values(value=""))

    # requests ------------------------------------------------------------------------------------------------------

    def act(
        self,
        request: str | None,
        action: str,
        actor: Actor,
        data: JsonObject,
        *,
        facts: Facts | None = None,
        if_match: int | None = None,
        once: Once | None = None,
        lease: Lease | None = None,
        quotas: Mapping[Quantity, float] = DEFAULTS,
    ) -> Request:
        """Do something to a request, or make one, completely or not at all; return it as it is afterwards.

        Raises NotFound, what `desk.act.decide` raises, MovedOn (`desk.changed`) if `if_match` is not its version,
        InputError (`desk.key-reused`), PermissionDenied (`permission.quota`), and LeaseLost if the work of `lease` is
        somebody else's now.
        """
        act = Act(request, action, actor, data, facts or Facts(), if_match, once, lease, quotas)

        def change(connection: Connection) -> Request:
            now_s = self.now()
            return carry_out(connection, act, now_s, moment(now_s), self.database.carried)

        return self.write(change)

    def foresee(
        self,
        request: str | None,
        action: str,
        actor: Actor,
        *,
        policy: str = "on-acceptance",
        if_match: int | None = None,
        once: Once | None = None,
    ) -> Request | None:
        """Return what an action was answered that comes again with its key, None if it is new; raise what `act` is
        going to refuse whatever the data says. Reads a few rows, and keeps nobody from writing.
        """
        act = Act(request, action, actor, {}, Facts(policy=policy), if_match, once)
        with self.reading() as connection:
            return foresee(connection, act, self.now())

    def request(self, request: str) -> Request:
        """Return a request; raise NotFound. Whether somebody may see it is asked of `desk.may`."""
        with self.glancing() as connection:
            found = load(connection, request)
        if found is None:
            raise no_request(request)
        return found

    def head(self, request: str) -> Request:
        """Return a request without its points, which is enough to ask who may see it; raise NotFound."""
        with self.glancing() as connection:
            found = head(connection, request)
        if found is None:
            raise no_request(request)
        return found

    def requests(self, wanted: Wanted, actor: Actor, cursor: str = "", limit: int = 50) -> Page[Listed]:
        """Return a page of the requests that somebody may find, the newest first; raise InputError for a bad cursor.

        They come without their points, comments and long texts: `request` has those.
        """
        with self.reading() as connection:
            return page_of(connection, wanted, actor, cursor, limit)

    def some_points(self, requests: Sequence[str], most: int, most_letters: int) -> list[tuple[str, Point]]:
        """Return points of some requests, each with its request, those of the newest first: so many at most, and none
        that is longer than so many letters.
        """
        with self.glancing() as connection:
            return some_points(connection, requests, most, most_letters)

    def events(self, request: str, after: int = 0) -> list[Event]:
        """Return the audit trail of a request after a number; empty if there is no such request."""
        with self.glancing() as connection:
            return events_of(connection, request, after)

    def due(self) -> list[str]:
        """Return the requests that time does something to: a reminder, or their end (`desk.deadlines`)."""
        with self.glancing() as connection:
            return due_requests(connection, moment(self.now()))

    def resting_on(self, digest: str) -> list[str]:
        """Return the requests that rest on a version of an analysis, or one of whose answers does."""
        with self.glancing() as connection:
            return list(connection.scalars(resting_on(digest).order_by("request")))

    def audit_holds(self) -> list[Difference]:
        """Return where the stored state is not the fold over the audit trail: nowhere, if all is well."""
        with self.reading() as connection:
            return list(differences(connection))
