"""Incomplete downloads: separate from the blobs, kept for the next attempt, each with a single writer."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from recast.digests import from_hash
from recast.errors import ImageCorrupt, Interrupted
from recast.images import ImageStore
from recast.images.disk import writing
from recast.images.layout import CHUNK_BYTES
from recast.images.manifest import Descriptor
from recast.images.reference import digest_hex

__all__ = ["Partial", "claimed", "sweep"]

_FOLDER = "partial"
_OLDEST_S = 7 * 86400.0
_LOOK_AGAIN_S = 0.1


class Partial:
    """The first `size` bytes of a blob, already hashed, in a separate locked file."""

    def __init__(self, path: Path, descriptor: int, blob: Descriptor) -> None:
        self._path, self._file, self._blob = path, descriptor, blob
        self._hash = hashlib.sha256()
        self.size = 0

    def take_over(self) -> int:
        """Hash the bytes from an earlier attempt; return their number."""
        if os.fstat(self._file).st_size > self._blob.size:
            self.restart()
        os.lseek(self._file, 0, os.SEEK_SET)
        while chunk := os.read(self._file, CHUNK_BYTES):
            self._hash.update(chunk)
            self.size += len(chunk)
        return self.size

    def restart(self) -> None:
        """Discard all bytes."""
        with writing(self._path):
            os.ftruncate(self._file, 0)
        os.lseek(self._file, 0, os.SEEK_SET)
        self._hash, self.size = hashlib.sha256(), 0

    def write(self, piece: bytes) -> None:
        """Add bytes; raise ImageError if they cannot be written."""
        view = memoryview(piece)
        with writing(self._path):
            while view:
                view = view[os.write(self._file, view) :]
        self._hash.update(piece)
        self.size += len(piece)

    @property
    def is_sound(self) -> bool:
        """Whether the blob is complete and matches its digest."""
        return self.size == self._blob.size and from_hash(self._hash) == self._blob.digest

    def finish(self, store: ImageStore, where: str) -> None:
        """Turn it into a blob; raise ImageCorrupt, and delete it, if it does not match its digest.

        Its content is synced when this returns, its name when the folder is synced.
        """
        if not self.is_sound:
            self._path.unlink(missing_ok=True)
            raise ImageCorrupt(
                f"The blob {self._blob.digest} arrived damaged",
                where=where,
                why=f"The {self.size} received bytes hash to sha256:{self._hash.hexdigest()}.",
                next_step="Try again; if this persists, the registry has a damaged blob or is faulty.",
            )
        final = store.blob_path(self._blob.digest)
        with writing(final):
            os.fchmod(self._file, 0o644)
            os.fsync(self._file)
            self._path.rename(final)


@contextlib.contextmanager
def claimed(store: ImageStore, blob: Descriptor, stop: threading.Event) -> Iterator[Partial | None]:
    """Hold the exclusive right to download a blob; yield None if another process downloaded it in the meantime.

    Raise Interrupted if `stop` is set meanwhile.
    """
    path = store.root / _FOLDER / digest_hex(blob.digest)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    waited = False
    while (descriptor := _locked(path)) is None:
        waited = True
        if stop.wait(_LOOK_AGAIN_S):
            raise Interrupted("Interrupted while another process downloads the same image")
    try:
        if waited and store.has_blob(blob.digest):
            path.unlink(missing_ok=True)
            yield None
        else:
            yield Partial(path, descriptor, blob)
    finally:
        os.close(descriptor)


def sweep(store: ImageStore, older_than_s: float = _OLDEST_S) -> int:
    """Remove partial downloads that are older and not being written; return how many."""
    count = 0
    for path in (store.root / _FOLDER).glob("*"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime < older_than_s:
                continue
            descriptor = _locked(path)
            if descriptor is not None:
                path.unlink(missing_ok=True)
                os.close(descriptor)
                count += 1
    return count


def _locked(path: Path) -> int | None:
    """Open and lock the file with this name; None if another process holds it."""
    with writing(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), path.stat()):
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return None
