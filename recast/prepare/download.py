"""Download a file into the artifact store: verified while streaming, resumed after an interruption, fetched once."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from recast.digests import from_hex
from recast.errors import InputError, NetworkError, StoreError
from recast.plainfile import file_digest
from recast.remote.answers import Transient
from recast.remote.client import Client, receive
from recast.remote.exchange import attempts
from recast.remote.hosts import shown
from recast.store import ArtifactStore

if TYPE_CHECKING:
    import httpx2

__all__ = ["RemoteFile", "fetch_file"]

_RANGE = re.compile(r"bytes (\d+)-\d+/(?:\d+|\*)")
_OF_RANGES = frozenset({206, 416})


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A remote file: its URL, its sha256 (64 hexadecimal digits), and its size in bytes if that is known."""

    url: str
    sha256: str
    size: int | None = None

    @property
    def digest(self) -> str:
        """The digest of its content."""
        return from_hex(self.sha256)


def fetch_file(
    wanted: RemoteFile,
    store: ArtifactStore,
    client: Callable[[], Client],
    most_bytes: int,
    *,
    for_others: bool = False,
) -> bool:
    """Add a file to the store; return whether it was requested from a server (False: it was there).

    `for_others`: it is requested in any case, since whoever wants it has only named its checksum, and what is here may
    be somebody else's.

    `most_bytes` limits what is fetched if the size is not known. Raises InputError (`inputs.checksum`) if the checksum
    differs, NetworkError, PermissionDenied, NotFound, or StoreError. Safe with concurrent processes; what was fetched
    before a crash is not fetched again.
    """
    if not for_others and _is_there(wanted, store):
        return False
    try:
        with _partial(store, wanted, for_others=for_others) as file:
            if not for_others and _is_there(wanted, store):  # another process fetched it in the meantime
                return False
            _Transfer(wanted, file, client(), wanted.size or most_bytes).run()
            file.flush()
            os.fsync(file.fileno())
            store.take_over(Path(file.name), wanted.digest)
    except OSError as problem:
        raise StoreError.of(
            problem,
            "A fetched file cannot be stored",
            store.root,
            "Free space or fix the permissions, or choose another folder: export RECAST_HOME=DIR",
        ) from problem
    return True


def _is_there(wanted: RemoteFile, store: ArtifactStore) -> bool:
    """Return whether the store has the complete file; a damaged one is deleted."""
    path = store.path(wanted.digest)
    if not path.is_file():
        return False
    if file_digest(path) == wanted.digest:
        return True
    path.unlink(missing_ok=True)
    return False


@contextmanager
def _partial(store: ArtifactStore, wanted: RemoteFile, *, for_others: bool) -> Iterator[IO[bytes]]:
    """Yield the partial file with the bytes fetched so far, locked; for others, only those from this very URL."""
    store.scratch.mkdir(parents=True, exist_ok=True)
    source = f"-{hashlib.sha256(wanted.url.encode()).hexdigest()[:16]}" if for_others else ""
    path = store.scratch / f"{wanted.sha256}{source}.part"
    while True:
        with path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not _same(path, file):  # the previous holder of the lock has moved it to its final path
                continue
            try:
                yield file
            finally:
                file.flush()
                if _same(path, file) and not path.stat().st_size:
                    path.unlink()
            return


def _same(path: Path, file: IO[bytes]) -> bool:
    try:
        return path.stat().st_ino == os.fstat(file.fileno()).st_ino
    except FileNotFoundError:
        return False


class _Transfer:
    """The transfer of one file, with retries."""

    def __init__(self, wanted: RemoteFile, file: IO[bytes], client: Client, most_bytes: int) -> None:
        self._wanted, self._file, self._client, self._most_bytes = wanted, file, client, most_bytes
        self._hash = hashlib.sha256()
        self._resumed = False

    def run(self) -> None:
        """Fetch what is missing; if the result is wrong, fetch it once more from the beginning."""
        self._read_beginning()
        try:
            for attempt in attempts():
                with attempt:
                    self._check(self._once())
        except NetworkError as problem:
            if problem.code == "network.too-large":
                self._start_over()
            raise

    def write(self, data: bytes, /) -> None:
        """Take the next bytes."""
        self._file.write(data)
        self._hash.update(data)

    def _once(self) -> Mapping[str, str]:
        have = self._file.tell()
        asked = {"Range": f"bytes={have}-"} if have else {}
        with self._client.answered(self._wanted.url, asked, _OF_RANGES if have else frozenset()) as (url, response):
            if response.status_code in _OF_RANGES and not _goes_on(response, have):
                self._start_over()
                raise Transient("A server cannot resume an interrupted download", where=shown(url))
            if response.status_code != 206:
                self._start_over()
            self._resumed = self._file.tell() > 0
            self._check_announced(response, url)
            receive(response, self, self._most_bytes, url, self._file.tell())
            return dict(response.headers)

    def _read_beginning(self) -> None:
        self._file.seek(0)
        while piece := self._file.read(1 << 20):
            self._hash.update(piece)

    def _start_over(self) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._hash = hashlib.sha256()

    def _check_announced(self, response: httpx2.Response, url: str) -> None:
        announced = response.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) + self._file.tell() > self._most_bytes:
            raise NetworkError(
                f"A file is larger than {self._most_bytes} bytes",
                where=shown(url),
                why=f"The server announces {announced} bytes.",
                next_step="Check the size given with the URL; or download it yourself.",
                code="network.too-large",
            )

    def _check(self, headers: Mapping[str, str]) -> None:
        """Raise InputError if the checksum differs; if older bytes were reused, retry once without them."""
        if self._hash.hexdigest() == self._wanted.sha256:
            return
        found, size = self._hash.hexdigest(), self._file.tell()
        resumed = self._resumed
        self._start_over()
        if resumed:
            raise Transient("A file changed while it was being fetched", where=shown(self._wanted.url))
        raise _other_bytes(self._wanted, found, size, headers.get("content-type", ""))


def _goes_on(response: httpx2.Response, have: int) -> bool:
    """Return whether a response continues where our bytes end."""
    found = _RANGE.match(response.headers.get("content-range", ""))
    return response.status_code == 206 and found is not None and int(found[1]) == have


def _other_bytes(wanted: RemoteFile, found: str, size: int, media_type: str) -> InputError:
    why = f"Its sha256 is {found} ({size} bytes), not {wanted.sha256}."
    step = "Find out why it changed; then write the new checksum."
    if "html" in media_type:
        why += f" The server sent a web page ({media_type}), perhaps a login page."
        step = "Give the address of the file itself; or download it and give the local file."
    return InputError(
        "A remote file does not have the given checksum",
        where=shown(wanted.url),
        why=why,
        next_step=step,
        code="inputs.checksum",
    )
