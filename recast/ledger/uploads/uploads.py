"""Uploads: received within limits, judged by content in a separate process, kept in the artifact store."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Row, delete, func, insert, select

from recast.digests import from_hash
from recast.errors import InputError, NotFound, PermissionDenied, StoreError
from recast.json_types import JsonDict
from recast.ledger import tables
from recast.ledger.database import Database
from recast.ledger.people.quotas import (
    DEFAULTS,
    Quantity,
    Room,
    check_room,
    note_use,
    room_of,
    used_for,
)
from recast.ledger.people.users import lock_user
from recast.ledger.uploads.judge import Judged, judge
from recast.moments import moment
from recast.store import ArtifactStore
from recast.worker.files.durable import sync_paths

__all__ = ["Incoming", "Limits", "Upload", "Uploads"]

_JUDGES = 2
_uploads = tables.uploads


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest upload, how many somebody may have, and how many may arrive at the same time."""

    most_bytes: int = 500_000_000
    most_files: int = 1000
    most_at_once: int = 8


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that somebody handed in: its digest, what it is, and what there is to say about it."""

    digest: str
    owner: str
    kind: str
    size: int
    at: float
    notes: tuple[str, ...]

    def as_json(self) -> JsonDict:
        """Return the document that its owner gets."""
        return {"upload": self.digest, "kind": self.kind, "size": self.size, "notes": list(self.notes)}


class Uploads:
    """The uploads of a service: rows in its database, files in its artifact store.

    `limits` and `quotas` may be set to what a site says.
    """

    def __init__(
        self,
        database: Database,
        store: ArtifactStore,
        now: Callable[[], float] = time.time,
        limits: Limits | None = None,
    ) -> None:
        self._database, self.store, self._now = database, store, now
        self.limits = limits or Limits()
        self.quotas: Mapping[Quantity, float] = DEFAULTS
        self._arriving = threading.BoundedSemaphore(self.limits.most_at_once)
        self._judging = threading.BoundedSemaphore(_JUDGES)

    def begin(self, owner: str, announced: int = 0) -> Incoming:
        """Begin to receive a file, of which a length may be announced; raise InputError, PermissionDenied, StoreError.

        Close it, or use it in a `with`: what was not finished is removed.
        """
        with self._database.reading() as connection:
            room = self._room(connection, owner)
        check_room(room, float(announced))
        if announced > self.limits.most_bytes:
            raise self._too_large()
        if not self._arriving.acquire(blocking=False):
            raise StoreError(
                "Too many uploads arrive at once", next_step="try again in a minute", code="upload.too-many"
            )
        return Incoming(self, owner, room)

    def get(self, owner: str, digest: str) -> Upload:
        """Return an upload of somebody; raise NotFound, also for one of somebody else."""
        with self._database.glancing() as connection:
            where = (_uploads.c.digest == digest, _uploads.c.owner == owner)
            row = connection.execute(select(_uploads).where(*where)).one_or_none()
        if row is None:
            raise NotFound(f"You have no upload {digest:.80}", next_step="upload the file first: POST /api/v1/uploads")
        return _upload(row)

    def path(self, owner: str, digest: str) -> Path:
        """Return the path of somebody's upload, whose content was checked; raise NotFound or ArtifactDamaged."""
        return self.store.local(self.get(owner, digest).digest)

    def of(self, owner: str) -> list[Upload]:
        """Return the uploads of somebody, the newest first."""
        with self._database.glancing() as connection:
            query = select(_uploads).where(_uploads.c.owner == owner).order_by(_uploads.c.at.desc(), _uploads.c.digest)
            return [_upload(row) for row in connection.execute(query)]

    def remove(self, owner: str, digest: str) -> None:
        """Let an upload be nobody's any more; raise NotFound. Its bytes stay for the runs that have used them."""
        self.get(owner, digest)
        with self._database.writing() as connection:
            connection.execute(delete(_uploads).where(_uploads.c.digest == digest, _uploads.c.owner == owner))

    @contextmanager
    def glimpse(self, content: bytes) -> Iterator[tuple[Path, Judged]]:
        """Give a few bytes as a file that was judged, as an upload is, and is gone at the end of the block; raise
        InputError (`upload.unknown-kind`) or StoreError. It is nobody's.
        """
        path = self.store.scratch / f"glimpse-{os.urandom(8).hex()}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            with self._judging:
                found = judge(path, len(content))
            yield path, found
        except OSError as problem:
            raise _no_room(problem, path.parent) from problem
        finally:
            path.unlink(missing_ok=True)

    def _keep(self, owner: str, temporary: Path, digest: str, size: int) -> Upload:
        """Judge a file that has arrived, and keep it; the same bytes twice are one upload.

        Whether there is room for it is judged in the transaction that notes it, and only then it moves into the store:
        what is refused is nowhere.
        """
        with self._judging:
            found = judge(temporary, size)
        upload = Upload(digest, owner, found.kind, size, self._now(), found.notes)
        sync_paths([str(temporary)])
        self.store.sound(digest)  # a file that is there already is read here, and not while others wait

        def change(connection: Connection) -> None:
            lock_user(connection, owner)
            check_room(self._room(connection, owner, digest), float(size))
            connection.execute(delete(_uploads).where(_uploads.c.digest == digest, _uploads.c.owner == owner))
            note_use(connection, owner, "upload_bytes", float(size), digest, moment(upload.at))
            connection.execute(insert(_uploads).values(**_row(upload)))
            if temporary.exists():  # not if this is done again after a clash
                self.store.take_over(temporary, digest)

        self._database.write(change)
        return upload

    def _room(self, connection: Connection, owner: str, digest: str = "") -> Room:
        """Return the bytes that may still come; raise PermissionDenied if there are too many files already.

        An upload of the same bytes as before is no other one. As long as its digest is unknown, any of theirs may come
        again, so that the largest of them has room.
        """
        others = (_uploads.c.owner == owner, _uploads.c.digest != digest)
        query = select(func.count(), func.max(_uploads.c.size)).where(*others)
        known, largest = connection.execute(query).one()
        if known >= self.limits.most_files:
            raise PermissionDenied(
                "You have too many uploads",
                why=f"You have {known}; {self.limits.most_files} are allowed.",
                next_step="remove some: DELETE /api/v1/uploads/DIGEST",
                code="permission.quota",
            )
        now = moment(self._now())
        room = room_of(connection, owner, "upload_bytes", now, defaults=self.quotas)
        again = used_for(connection, owner, "upload_bytes", digest, now) if digest else float(largest or 0)
        return replace(room, used=max(0.0, room.used - again))

    def _too_large(self) -> InputError:
        return InputError(
            "The file is too large",
            why=f"At most {self.limits.most_bytes} bytes are taken.",
            next_step="compress it with gzip, or hand in fewer events",
            code="upload.too-large",
        )


class Incoming:
    """A file that arrives: `write` its bytes, then `finish` it. It belongs to one thread at a time."""

    def __init__(self, uploads: Uploads, owner: str, room: Room) -> None:
        self._uploads, self._owner, self._room = uploads, owner, room
        self._digest, self._size, self._closed = hashlib.sha256(), 0, False
        folder = uploads.store.scratch
        self._path = folder / f"upload-{os.urandom(8).hex()}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("xb")
        except OSError as problem:
            uploads._arriving.release()
            raise _no_room(problem, folder) from problem

    def __enter__(self) -> Self:
        """Return itself; what was not finished is removed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, chunk: bytes) -> None:
        """Take the next bytes; raise InputError or PermissionDenied if there are too many, StoreError if the disk does
        not take them.
        """
        self._size += len(chunk)
        if self._size > self._uploads.limits.most_bytes:
            raise self._uploads._too_large()
        check_room(self._room, float(self._size))
        self._digest.update(chunk)
        try:
            self._file.write(chunk)
        except OSError as problem:
            raise _no_room(problem, self._path.parent) from problem

    def finish(self) -> Upload:
        """Judge and keep the file; raise InputError (`upload.unknown-kind`) if it is nothing that can be used."""
        try:
            self._file.close()
            return self._uploads._keep(self._owner, self._path, from_hash(self._digest), self._size)
        except OSError as problem:
            raise _no_room(problem, self._path.parent) from problem
        finally:
            self.close()

    def close(self) -> None:
        """Remove what has arrived, unless it was kept."""
        if self._closed:
            return
        self._closed = True
        self._file.close()
        self._path.unlink(missing_ok=True)
        self._uploads._arriving.release()


def _no_room(problem: OSError, folder: Path) -> StoreError:
    return StoreError.of(problem, "The upload cannot be stored", folder, "free some space there, then send it again")


def _row(upload: Upload) -> dict[str, Any]:
    names = ("digest", "owner", "kind", "size", "at")
    return {**{name: getattr(upload, name) for name in names}, "notes": json.dumps(upload.notes)}


def _upload(row: Row[Any]) -> Upload:
    return Upload(row.digest, row.owner, row.kind, row.size, row.at, tuple(json.loads(row.notes)))
