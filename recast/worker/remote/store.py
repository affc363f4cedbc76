"""A store of files by digest that many machines reach: `<url>/sha256/<2>/<62>`; file, http, https, root or s3.

Beside them lies what jobs leave under names of their own: `<url>/outcomes/<job id>/outcome.json` and `log`.
"""

from __future__ import annotations

import os
from typing import Optional, Protocol
from urllib.parse import unquote, urlsplit

from recast.worker.failure import Failure, OtherBytes, failure_of
from recast.worker.files.keeping import copy_checked, rename_away
from recast.worker.json_types import JsonObject
from recast.worker.remote.fetch import fetch, fetch_unknown, hash_of, pour
from recast.worker.remote.put import put, size_at
from recast.worker.remote.s3 import S3Store
from recast.worker.remote.web import Proof, persistent, read_token
from recast.worker.remote.xrootd import XrootdStore

__all__ = ["FarStore", "place_of", "store_at"]


class FarStore(Protocol):
    """Files at places `sha256/<2>/<62>` and `outcomes/<job id>/<name>`.

    Every method may raise Failure: `staging`, `authentication`, `disk`.
    """

    def get(self, place: str, digest: str, size: int, target: str) -> None:
        """Bring a file to `target`, hashed; what an earlier try left at `target.part` may be gone on with."""

    def put(self, path: str, place: str, size: int, *, again: bool = False) -> None:
        """Bring a file there, unless one of that size is there; with `again`, it takes the place of that."""

    def size(self, place: str) -> Optional[int]:
        """Return the bytes of a file, None if it is not there."""

    def fetch_named(self, place: str, target: str, most_bytes: int) -> bool:
        """Bring a file whose digest nobody knows, at most `most_bytes` of it; return False if it is not there."""


def store_at(url: str, token_file: str = "", passes: Optional[JsonObject] = None) -> FarStore:
    """Return the store at a URL; raises Failure (`staging`) for one that is not understood.

    `passes` are what the driver has signed for an object store, which a node has no key to.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        return _FileStore(unquote(parts.path).rstrip("/"))
    if parts.scheme in ("http", "https") and parts.netloc:
        return _WebStore(url.rstrip("/"), read_token(token_file))
    if parts.scheme in ("root", "roots", "xroot", "xroots") and parts.netloc:
        return XrootdStore(url)
    if parts.scheme == "s3" and passes is not None:
        return S3Store(passes)
    raise Failure("staging", f"{url!r} is not a store that a node can reach: file, http, https, root or s3")


def place_of(digest: str) -> str:
    """Return where a store keeps `sha256:<hex>`, relative to its root."""
    algorithm, _, name = digest.partition(":")
    if algorithm != "sha256" or len(name) != 64 or not set(name) <= set("0123456789abcdef"):
        raise Failure("staging", f"{digest!r} is not a sha256 digest")
    return f"sha256/{name[:2]}/{name[2:]}"


class _FileStore:
    """A folder that is mounted here: links where the disk is the same, checked copies where it is not."""

    def __init__(self, root: str) -> None:
        self._root = root

    def get(self, place: str, digest: str, size: int, target: str) -> None:
        source = f"{self._root}/{place}"
        try:
            if hash_of(source) != digest:
                raise OtherBytes("staging", f"{source} holds other bytes than {digest}")
            _link_or_copy(source, target)
        except OSError as problem:
            raise failure_of(problem, "staging") from None

    def put(self, path: str, place: str, size: int, *, again: bool = False) -> None:
        target = f"{self._root}/{place}"
        try:
            if not again and self.size(place) == size:
                return
            os.makedirs(os.path.dirname(target), exist_ok=True)
            _link_or_copy(path, target)
        except OSError as problem:
            raise failure_of(problem, "staging") from None

    def size(self, place: str) -> Optional[int]:
        try:
            return os.stat(f"{self._root}/{place}").st_size
        except FileNotFoundError:
            return None

    def fetch_named(self, place: str, target: str, most_bytes: int) -> bool:
        try:
            with open(f"{self._root}/{place}", "rb") as source:
                pour(source, target, most_bytes)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as problem:
            raise failure_of(problem, "staging") from None
        return True


class _WebStore:
    """A server that knows GET with ranges, HEAD and PUT."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._proof = Proof(token)

    def get(self, place: str, digest: str, size: int, target: str) -> None:
        fetch(f"{self._url}/{place}", target, digest, size, self._proof, "staging")

    def put(self, path: str, place: str, size: int, *, again: bool = False) -> None:
        put(path, self._url, place, size, self._proof, again=again)

    def size(self, place: str) -> Optional[int]:
        return persistent(lambda: size_at(f"{self._url}/{place}", self._proof), "staging")

    def fetch_named(self, place: str, target: str, most_bytes: int) -> bool:
        return fetch_unknown(f"{self._url}/{place}", target, most_bytes, self._proof)


def _link_or_copy(source: str, target: str) -> None:
    temporary = f"{target}.{os.urandom(6).hex()}"
    try:
        os.link(source, temporary)
    except OSError:
        copy_checked(source, temporary)
    rename_away(temporary, target)
