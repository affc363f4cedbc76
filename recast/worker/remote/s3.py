"""An object store by what the driver has signed for this job: a URL for each input, one form for all outputs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Optional

from recast.worker.failure import Failure
from recast.worker.json_types import JsonObject
from recast.worker.remote.fetch import fetch
from recast.worker.remote.web import Proof, ask, persistent

__all__ = ["S3Store"]

_CHUNK_BYTES = 1 << 20


class S3Store:
    """The store as a node sees it. `passes` holds `get` (digest -> URL) and `post` (`url`, `folder`, `fields`)."""

    def __init__(self, passes: JsonObject) -> None:
        self._get: Mapping[str, str] = passes["get"]
        self._post: JsonObject = passes["post"]

    def get(self, place: str, digest: str, size: int, target: str) -> None:
        """Bring a file to `target`, hashed."""
        if digest not in self._get:
            raise Failure("staging", f"this job was given no pass for {digest}")
        fetch(self._get[digest], target, digest, size, Proof(), "staging")

    def put(self, path: str, place: str, size: int, *, again: bool = False) -> None:
        """Bring a file there. One that is there is written over with the same bytes: a pass to look would name it."""
        fields = {**self._post["fields"], "key": self._post["folder"] + place}
        persistent(lambda: _send(self._post["url"], fields, path, size), "staging")

    def size(self, place: str) -> Optional[int]:
        """Return None: a node has no pass to look."""
        return None


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


def _part(boundary: str, name: str) -> str:
    return f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'


def _body(head: bytes, path: str, tail: bytes) -> Iterator[bytes]:
    yield head
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk
    yield tail
