"""The file of a back-up: a compressed tar whose members have names of a few known forms, each with its digest.

manifest.json                     what it is, and the size and digest of every other member; the last one
tables/NAME.jsonl                 the rows of a table, one JSON object a line
uploads/HEX                       the content of an upload, named by its SHA-256
runs/RUN/FILE                     what tells a run's story: its journal, order, spec and results
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from recast.digests import from_hash
from recast.errors import StoreError
from recast.json_types import JsonDict
from recast.strictjson import parse_json

__all__ = ["MANIFEST", "Hashing", "Member", "Reader", "Writer", "damaged", "has_place"]

MANIFEST = "manifest.json"
FORMAT = "recast-backup/1"
_CHUNK = 1 << 20
_LARGEST_MANIFEST = 256 << 20
_PART = r"(?!\.{1,2}(?:/|$))[^/\x00-\x1f\x7f]{1,255}"
_KINDS = (
    r"tables/[a-z_]{1,40}\.jsonl",
    r"uploads/[0-9a-f]{64}",
    r"keys/answers_[a-z0-9_]{1,40}(\.pub)?",
    rf"runs/{_PART}(/{_PART}){{1,40}}",
)
_NAMES = re.compile("|".join(_KINDS))


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a back-up, as its manifest describes it."""

    name: str
    size: int
    digest: str


class Writer:
    """Writes members one after the other, then the manifest."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._packed = gzip.GzipFile("", "wb", compresslevel=1, fileobj=stream)
        self._tar = tarfile.open(fileobj=self._packed, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115
        self.members: list[Member] = []

    def __enter__(self) -> Self:
        """Return itself; without `end` the file has no manifest, and is worth nothing."""
        return self

    def __exit__(self, *_: object) -> None:
        # Where the disk is full, closing fails as writing did, and there is nothing to add to that.
        with suppress(OSError):
            self._tar.close()
        with suppress(OSError):
            self._packed.close()

    def add(self, name: str, file: IO[bytes], size: int) -> None:
        """Add a member of `size` bytes; raise OSError if it cannot be written, or the file has become shorter."""
        counting = Hashing(file)
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = size, 0o600
        self._tar.addfile(entry, counting)
        self.members.append(Member(name, size, from_hash(counting.digest)))

    def end(self, about: JsonDict) -> None:
        """Write the manifest with what is to be known about the back-up, and end the file; raise OSError."""
        members = {it.name: {"size": it.size, "digest": it.digest} for it in self.members}
        content = json.dumps({"format": FORMAT, **about, "members": members}, indent=1).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mode = len(content), 0o600
        self._tar.addfile(entry, io.BytesIO(content))
        self._tar.close()
        self._packed.close()


class Reader:
    """Reads a back-up, which may come from anywhere: nothing of it is believed before its digest was compared."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.about, self.members = self._manifest()

    def entries(self) -> Iterator[tuple[Member, Hashing]]:
        """Yield each member with its content, checked by the time it was read to its end; raise StoreError."""
        seen = set()
        for entry, file in self._read():
            if entry.name == MANIFEST:
                continue
            known = self.members.get(entry.name)
            if known is None or entry.size != known.size or entry.name in seen:
                raise damaged(self._path, f"{entry.name:.200} is not what the manifest says")
            seen.add(entry.name)
            checking = Hashing(file)
            yield known, checking
            checking.drain()
            if from_hash(checking.digest) != known.digest:
                raise damaged(self._path, f"{entry.name} has other content than the manifest says")
        if missing := sorted(set(self.members) - seen):
            raise damaged(self._path, f"{missing[0]} is missing")

    def _manifest(self) -> tuple[JsonDict, dict[str, Member]]:
        """Return the manifest: the last member, so all others are passed over."""
        content = b""
        for entry, file in self._read():
            if entry.name == MANIFEST:
                if entry.size > _LARGEST_MANIFEST:
                    raise damaged(self._path, "its manifest is too large")
                content = file.read()
        try:
            about = parse_json(content)
            if about["format"] != FORMAT:
                raise ValueError(f"it is in the format {about['format']!r:.40}")
            members = {name: Member(name, int(it["size"]), str(it["digest"])) for name, it in about["members"].items()}
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            raise damaged(self._path, f"it has no manifest that can be read: {problem!r:.200}") from problem
        return about, members

    def _read(self) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
        try:
            with tarfile.open(self._path, "r|gz") as tar:
                for entry in tar:
                    if not entry.isreg() or not (entry.name == MANIFEST or has_place(entry.name)):
                        raise damaged(self._path, f"{entry.name!r:.200} does not belong into a back-up")
                    file = tar.extractfile(entry)
                    assert file is not None
                    yield entry, file
        except (tarfile.TarError, EOFError, OSError) as problem:
            raise damaged(self._path, str(problem)) from problem


class Hashing:
    """A file that hashes what is read from it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.digest = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        chunk = self._file.read(size)
        self.digest.update(chunk)
        return chunk

    def readline(self) -> bytes:
        """Return the next line."""
        line = self._file.readline()
        self.digest.update(line)
        return line

    def drain(self) -> None:
        """Read what is left."""
        while self.read(_CHUNK):
            pass


def has_place(name: str) -> bool:
    """Return whether a back-up may have a member of this name."""
    return _NAMES.fullmatch(name) is not None


def damaged(path: Path, why: str) -> StoreError:
    """Return the error for a back-up that cannot be used."""
    return StoreError(
        "The back-up cannot be used",
        where=str(path),
        why=why,
        next_step="take another back-up; nothing of this one was believed",
        code="backup.damaged",
    )
