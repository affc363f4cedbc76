"""Files by digest at a URL: large outputs can stay where nodes have put them.

Nodes and driver use the same code for file, http, https and root. For s3, the driver uses fsspec, and nodes use
requests that the driver has signed. Other schemes are supported by fsspec, for the driver only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from recast.errors import ArtifactDamaged, CredentialsProblem, RecastError, StoreError
from recast.json_types import JsonObject
from recast.worker.failure import Failure, OtherBytes

if TYPE_CHECKING:
    from recast.store.presigned import S3Passes
    from recast.worker.remote.store import FarStore

__all__ = ["NODE_SCHEMES", "RemoteStore"]

_SPOKEN = ("file", "http", "https", "root", "roots", "xroot", "xroots")
_SIGNED = "s3"
NODE_SCHEMES = (*_SPOKEN, _SIGNED)
"""The schemes that a worker supports with only Python and xrdcp."""


class RemoteStore:
    """The store at `url`, `<url>/sha256/<2>/<62>`; `token_file` holds a bearer token, if one is needed.

    Nothing is contacted before the first call. Every method may raise StoreError or CredentialsProblem.
    """

    def __init__(self, url: str, token_file: str = "") -> None:
        self.url = url.rstrip("/")
        self.token_file = token_file
        self._opened: FarStore | None = None
        self._passes: S3Passes | None = None

    def has(self, digest: str, size: int) -> bool:
        """Return whether a file with this digest and size in bytes exists; its content is hashed when it is read."""
        with self._told(digest):
            return self._store().size(_place(digest)) == size

    def offer(self, digest: str, path: Path, *, again: bool = False) -> None:
        """Upload a file unless it exists; with `again`, an existing one may be damaged and is replaced."""
        with self._told(digest):
            self._store().put(str(path), _place(digest), path.stat().st_size, again=again)

    def fetch(self, digest: str, size: int, target: Path) -> None:
        """Fetch a file, and check its digest."""
        with self._told(digest):
            self._store().get(_place(digest), digest, size, str(target))

    def fetch_named(self, place: str, target: Path, most_bytes: int) -> bool:
        """Bring a file that has a name of its own here, at most so much of it; return False if there is none."""
        with self._told(place):
            return self._store().fetch_named(place, str(target), most_bytes)

    def for_node(self, digests: Iterable[str], names: Iterable[str] = ()) -> JsonObject:
        """Return what a worker needs, besides URL and token, to read files of these digests and to leave others.

        `names` are places that it writes once, and may look at.
        """
        if urlsplit(self.url).scheme != _SIGNED:
            return {}
        from recast.store.presigned import MOST_POSTED_BYTES, S3Passes

        self._passes = self._passes or S3Passes(self.url)
        passes = {"get": self._passes.to_get(digests), "post": self._passes.to_post(), **self._passes.to_name(names)}
        return {"passes": passes, "most_bytes": MOST_POSTED_BYTES}

    def _store(self) -> FarStore:
        if self._opened is None:
            if urlsplit(self.url).scheme in _SPOKEN:
                self._opened = _store_at(self.url, self.token_file)
            else:
                from recast.store.remote_fsspec import FsspecStore

                self._opened = FsspecStore(self.url)
        return self._opened

    @contextmanager
    def _told(self, digest: str) -> Iterator[None]:
        try:
            yield
        except Failure as failure:
            raise _error(failure, self.url, digest) from failure
        except OSError as problem:
            step = "check the store's URL and that it can be reached from here"
            raise StoreError.of(problem, f"The store at a URL failed for {digest}", self.url, step) from problem


def _place(digest: str) -> str:
    from recast.worker.remote.store import place_of

    return place_of(digest)


def _store_at(url: str, token_file: str) -> FarStore:
    from recast.worker.remote.store import store_at

    return store_at(url, token_file)


def _error(failure: Failure, url: str, digest: str) -> RecastError:
    if isinstance(failure, OtherBytes):
        return ArtifactDamaged(
            f"The store at a URL has other bytes than {digest}",
            digest,
            where=url,
            why=failure.message,
            next_step="recast resume RUN makes the file again",
        )
    if failure.kind == "authentication":
        return CredentialsProblem(
            "The store at a URL denies us access",
            where=url,
            why=failure.message,
            next_step="renew the token or proxy; a token's file is named by RECAST_STORE_TOKEN_FILE",
        )
    return StoreError(
        f"The store at a URL failed for {digest}",
        where=url,
        why=failure.message,
        next_step="try again when it is reachable: nothing is lost",
    )
