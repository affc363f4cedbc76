"""Extract the blobs of an OCI layout in a tar file at a URL while it is streamed, hashing each."""

from __future__ import annotations

import hashlib
import http.client
import os
import re
from typing import Optional

from recast.layers.faults import LayerFault
from recast.layers.tarstream import Entry, entries, read_exactly
from recast.worker.failure import Failure
from recast.worker.remote.web import Passing, Proof, ask, named, persistent, read_token

__all__ = ["extract_blobs"]

_CHUNK_BYTES = 1 << 20
_BLOB = re.compile(r"(?:\./)?blobs/sha256/([0-9a-f]{64})")
_MOST_MEMBERS = 10_000
_MOST_BYTES = 64 << 30


def extract_blobs(url: str, token_file: str, folder: str) -> None:
    """Write each blob of the archive to `folder/<hex>`; one that does not match its name is left out.

    Raises Failure (`infrastructure`, `authentication`), OSError.
    """
    proof = Proof(read_token(token_file))

    def once() -> None:
        with ask("GET", url, proof, {"Accept-Encoding": "identity"}) as answer:
            _extract(_Body(answer, url), folder)

    try:
        persistent(once, "infrastructure")
    except LayerFault as problem:
        raise Failure("infrastructure", f"{named(url)} is not a sound tar: {problem.why}") from None
    except Failure as failure:
        kind = "infrastructure" if failure.kind == "staging" else failure.kind
        raise Failure(kind, failure.message) from None


def _extract(body: _Body, folder: str) -> None:
    for count, entry in enumerate(entries(body)):
        if count >= _MOST_MEMBERS:
            raise Failure("infrastructure", f"the archive has more than {_MOST_MEMBERS} members")
        match: Optional[re.Match[str]] = _BLOB.fullmatch(entry.name)
        if match is not None and entry.kind == "0":
            _keep(body, entry, f"{folder}/{match.group(1)}")
        else:
            _copy(body, entry.size, None)


def _keep(body: _Body, entry: Entry, target: str) -> None:
    with open(target + ".new", "wb") as file:
        found = _copy(body, entry.size, file.fileno())
    if target.endswith("/" + found):
        os.rename(target + ".new", target)
    else:
        os.unlink(target + ".new")


def _copy(body: _Body, size: int, fd: Optional[int]) -> str:
    hasher = hashlib.sha256()
    while size > 0:
        chunk = read_exactly(body, min(size, _CHUNK_BYTES))
        size -= len(chunk)
        hasher.update(chunk)
        view = memoryview(chunk)
        while fd is not None and view:
            view = view[os.write(fd, view) :]
    return hasher.hexdigest()


class _Body:
    """The body of an answer; a connection that breaks is told from an archive that ends too early."""

    def __init__(self, answer: http.client.HTTPResponse, url: str) -> None:
        self._answer = answer
        self._url = named(url)
        self._passed = 0

    def read(self, size: int, /) -> bytes:
        try:
            data = self._answer.read(size)
        except (OSError, http.client.HTTPException) as problem:
            raise Passing(f"{self._url} broke off: {problem}") from None
        self._passed += len(data)
        if self._passed > _MOST_BYTES:
            raise Failure("infrastructure", f"{self._url} is larger than {_MOST_BYTES} bytes")
        return data
