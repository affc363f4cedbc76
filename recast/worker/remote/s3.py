"""An object store by what the driver has signed for this job: a URL for each input, one form for all outputs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Optional

from recast.worker.failure import Failure
from recast.worker.json_types import JsonObject
from recast.worker.remote.fetch import fetch, fetch_unknown
from recast.worker.remote.web import Answered, Proof, ask, persistent

__all__ = ["S3Store"]

_CHUNK_BYTES = 1 << 20
_FORBIDDEN = 403


class S3Store:
    """The store as a node sees it.

    `passes` holds `get` (digest -> URL) and `post` (`url`, `folder`, `fields`); for what has a name, `put` and `look`
    (place -> URL).
    """

    def __init__(self, passes: JsonObject) -> None:
        self._get: Mapping[str, str] = passes["get"]
        self._post: JsonObject = passes["post"]
        self._put: Mapping[str, str] = passes.get("put") or {}
        self._look: Mapping[str, str] = passes.get("look") or {}

    def get(self, place: str, digest: str, size: int, target: str) -> None:
        """Bring a file to `target`, hashed."""
        if digest not in self._get:
            raise Failure("staging", f"this job was given no pass for {digest}")
        fetch(self._get[digest], target, digest, size, Proof(), "staging")

    def put(self, path: str, place: str, size: int, *, again: bool = False) -> None:
        """Bring a file there. One that is there is written over with the same bytes: a pass to look would name it."""
        if place in self._put:
            persistent(lambda: _put(self._put[place], path, size), "staging")
            return
        fields = {**self._post["fields"], "key": self._post["folder"] + place}
        persistent(lambda: _send(self._post["url"], fields, path, size), "staging")

    def size(self, place: str) -> Optional[int]:
        """Return None: a node has no pass to look."""
        return None

    def fetch_named(self, place: str, target: str, most_bytes: int) -> bool:
        """Bring what has a name; return False if it is not there, which object stores may call forbidden."""
        if place not in self._look:
            raise Failure("staging", f"this job was given no pass to look for {place}")
        try:
            return fetch_unknown(self._look[place], target, most_bytes, Proof())
        except Answered as problem:
            if problem.code == _FORBIDDEN:
                return False
            raise


def _send(url: str, fields: Mapping[str, str], path: str, size: int) -> None:
    """Send a form with a file in it (RFC 7578); the file has to be its last field."""
    boundary = os.urandom(16).hex()
    head = "".join(f"{_part(boundary, name)}\r\n\r\n{value}\r\n" for name, value in fields.items())
    head += f'{_part(boundary, "file")}; filename="blob"\r\nContent-Type: application/octet-stream\r\n\r\n'
    tail = f"\r\n--{boundary}--\r\n"
    headers = {
        "Content-Type": f"multipart/form-data; boundary={boundary}",
        "Content-Length": str(len(head.encode()) + size + len(tail)),
    }
    ask("POST", url, Proof(), headers, _body(head.encode(), path, tail.encode())).close()


def _put(url: str, path: str, size: int) -> None:
    with open(path, "rb") as file:
        ask("PUT", url, Proof(), {"Content-Length": str(size)}, file).close()


def _part(boundary: str, name: str) -> str:
    return f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'


def _body(head: bytes, path: str, tail: bytes) -> Iterator[bytes]:
    yield head
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk
    yield tail
