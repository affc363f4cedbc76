"""The step cache: which files the step with a key produced.

A hit is valid only if all its files are unchanged: same size, times and inode, or else the same content. It also stores
stamps of files that got links after their steps were recorded.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recast.database import is_damage, open_database
from recast.errors import StoreError
from recast.jobs import Artifact
from recast.store.artifacts import ArtifactStore
from recast.store.stamps import Stamp, same_but_links, stamp

__all__ = ["CachedStep", "StepCache"]

SCHEMA_VERSION = 1

_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
_TABLE = (
    "CREATE TABLE IF NOT EXISTS steps "
    "(key TEXT PRIMARY KEY, version INTEGER NOT NULL, source TEXT NOT NULL, body TEXT NOT NULL)"
)
_SEEN = (
    "CREATE TABLE IF NOT EXISTS seen (digest TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, "
    "ctime_ns INTEGER NOT NULL, inode INTEGER NOT NULL) WITHOUT ROWID"
)

MOST_VARIABLES = 500
"""Keys per query; SQLite's limit on variables was 999 for a long time."""


@dataclass(frozen=True, slots=True)
class CachedStep:
    """The outputs of a step with this key, and the run that produced them.

    Files have paths relative to the step's directory; `document` is its parsed YAML result, if it has one.
    """

    key: str
    outputs: tuple[Artifact, ...]
    document: Any
    source: str


class StepCache:
    """The cache of one artifact store.

    `room` sets the steps of one circle of people apart: what is added in a room is found there alone, while steps of
    the room without a name are found everywhere. So nobody learns from a hit, or from how soon an answer is there,
    what others have asked in private.
    """

    def __init__(self, store: ArtifactStore, room: str = "") -> None:
        self._store, self._prefix = store, f"{room} " if room else ""
        path = store.root / "cache.sqlite"
        try:
            store.root.mkdir(parents=True, exist_ok=True)
            # Losing the last entries in a power cut only means that a few steps run again.
            self._database = open_database(path, [_TABLE], SCHEMA_VERSION, synchronous="NORMAL", timeout_s=30)
            self._database.execute(_SEEN)  # older caches lack it
        except (sqlite3.Error, OSError) as problem:
            raise _failed(path, problem) from problem
        store.known.recall = self._recall

    def look_up(self, keys: Sequence[str]) -> dict[str, CachedStep]:
        """Return the valid entries for the keys: those of this room first, then those for everybody."""
        found = self._found(keys, self._prefix)
        if self._prefix:
            found |= self._found([key for key in keys if key not in found], "")
        return found

    def _found(self, keys: Sequence[str], prefix: str) -> dict[str, CachedStep]:
        found: dict[str, CachedStep] = {}
        for start in range(0, len(keys), MOST_VARIABLES):
            some = [prefix + key for key in keys[start : start + MOST_VARIABLES]]
            query = f"SELECT key, source, body FROM steps WHERE version = ? AND key IN ({','.join('?' * len(some))})"  # noqa: S608
            try:
                rows = self._database.execute(query, (SCHEMA_VERSION, *some)).fetchall()
            except sqlite3.Error as problem:
                raise _failed(self._store.root, problem) from problem
            for key, source, text in rows:
                entry = self._read(key[len(prefix) :], source, text)
                if entry is not None:
                    found[entry.key] = entry
        return found

    def add(self, steps: Iterable[CachedStep]) -> None:
        """Add steps; the newest one with a key replaces older ones."""
        rows = [(self._prefix + step.key, SCHEMA_VERSION, step.source, self._body(step)) for step in steps]
        if not rows:
            return
        try:
            with self._database:
                self._database.execute("BEGIN IMMEDIATE")
                self._database.executemany("INSERT OR REPLACE INTO steps VALUES (?, ?, ?, ?)", rows)
        except sqlite3.Error as problem:
            raise _failed(self._store.root, problem) from problem

    def close(self) -> None:
        """Close the cache, after writing the stamps of files to which jobs got links."""
        with suppress(sqlite3.Error):  # files without a stored stamp are hashed the next time
            self._note_lent()
        self._store.known.recall = lambda _: None
        self._database.close()

    def _note_lent(self) -> None:
        rows = []
        for digest, known in self._store.known.lent():
            status = self._store.stat(digest)
            if status is not None and same_but_links(known, stamp(status)):
                rows.append((digest, *stamp(status)))
        if rows:
            with self._database:
                self._database.execute("BEGIN IMMEDIATE")
                self._database.executemany("INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?)", rows)

    def _recall(self, digest: str) -> Stamp | None:
        query = "SELECT size, mtime_ns, ctime_ns, inode FROM seen WHERE digest = ?"
        found: Stamp | None = self._database.execute(query, (digest,)).fetchone()
        return found

    def _body(self, step: CachedStep) -> str:
        times = [self._times(artifact) for artifact in step.outputs]
        outputs = [artifact.as_json() for artifact in step.outputs]
        return _encode({"outputs": outputs, "times": times, "document": step.document})

    def _times(self, artifact: Artifact) -> list[int]:
        """Return mtime, ctime and inode of a file; an empty list for one that has to be hashed."""
        status = self._store.stat(artifact.digest)
        if status is None or not self._store.known.vouches(artifact.digest, status):
            return []
        return list(stamp(status)[1:])

    def _read(self, key: str, source: str, text: str) -> CachedStep | None:
        try:
            body = json.loads(text, parse_constant=_refuse)
            outputs = tuple(map(Artifact.from_json, body["outputs"]))
            pairs, document = list(zip(outputs, body["times"], strict=True)), body["document"]
        except (ValueError, TypeError, KeyError, RecursionError):
            return None  # damaged, or from a version that wrote NaN: the step runs again
        return CachedStep(key, outputs, document, source) if all(self._unchanged(*pair) for pair in pairs) else None

    def _unchanged(self, artifact: Artifact, told: object) -> bool:
        status = self._store.stat(artifact.digest)
        if status is not None and isinstance(told, list) and stamp(status) == (artifact.size, *told):
            self._store.known.note(artifact.digest, status)
            return True
        return self._store.sound(artifact.digest, artifact.size)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _failed(path: Path, problem: Exception) -> StoreError:
    writable = os.access(path if path.is_dir() else path.parent, os.W_OK)
    return StoreError(
        "The step cache cannot be used",
        where=str(path),
        why=str(problem) if writable else f"The folder is read-only ({problem}).",
        next_step="move the file away: only the knowledge of finished steps is lost"
        if is_damage(problem)
        else "make the folder writable and free some space, or run with --no-cache",
    )
