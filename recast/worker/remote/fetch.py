"""GET of a file whose digest is known: goes on where an earlier try broke off, and believes nothing but the hash."""

from __future__ import annotations

import hashlib
import http.client
import os
import re
from typing import Any, Optional

from recast.worker.failure import Failure, OtherBytes
from recast.worker.remote.web import Answered, Passing, Proof, ask, named, persistent

__all__ = ["fetch", "fetch_unknown", "hash_of", "pour", "read_small"]

_CHUNK_BYTES = 1 << 20
_MISSING = (404, 410)
_RANGE = re.compile(r"bytes (\d+)-\d+/(?:\d+|\*)")


def fetch(url: str, target: str, digest: str, size: int, proof: Proof, kind: str) -> None:
    """Bring a file of `size` bytes to `target`, by way of `target.part`, which may hold the start of it already.

    Raises Failure: `authentication`, or `kind` if the server cannot be reached, has it not, or has other bytes.
    """
    part = target + ".part"

    def once() -> None:
        began_at = _receive(url, part, size, proof)
        found = hash_of(part)
        if found != digest:
            os.unlink(part)
            if began_at:
                raise Passing(f"what was left of {digest} by an earlier try does not belong to it")
            raise OtherBytes(kind, f"{named(url)} holds {found}, wanted is {digest}")
        os.rename(part, target)

    try:
        persistent(once, kind)
    except Failure as failure:
        failure.kind = kind if failure.kind == "staging" else failure.kind
        raise


def read_small(url: str, most_bytes: int, proof: Proof, accept: str, kind: str) -> bytes:
    """Return a small document; raises Failure as `fetch` does."""

    def once() -> bytes:
        with ask("GET", url, proof, {"Accept": accept}) as answer:
            return _read(answer, most_bytes + 1)

    try:
        content = persistent(once, kind)
    except Failure as failure:
        raise Failure(kind if failure.kind == "staging" else failure.kind, failure.message) from None
    if len(content) > most_bytes:
        raise Failure(kind, f"{named(url)} is larger than {most_bytes} bytes")
    return content


def fetch_unknown(url: str, target: str, most_bytes: int, proof: Proof) -> bool:
    """Bring a file whose digest nobody knows, at most so much of it; return False if it is not there.

    Raises Failure: `authentication`, or `staging` if the server cannot be reached.
    """

    def once() -> bool:
        try:
            with ask("GET", url, proof, {"Accept-Encoding": "identity"}) as answer:
                promised = answer.headers.get("Content-Length") or ""
                came = pour(answer, target, most_bytes)
        except Answered as problem:
            if problem.code in _MISSING:
                return False
            raise
        if promised.isdigit() and came < min(int(promised), most_bytes):
            raise Passing(f"{named(url)} broke off after {came} of {promised} bytes")
        return True

    return persistent(once, "staging")


def pour(source: Any, target: str, most_bytes: int) -> int:
    """Write at most `most_bytes` of an open source to `target`, which appears when they are there; return how many."""
    part, done = target + ".part", 0
    with open(part, "wb") as file:
        while done < most_bytes:
            chunk = _read(source, min(most_bytes - done, _CHUNK_BYTES))
            if not chunk:
                break
            file.write(chunk)
            done += len(chunk)
    os.rename(part, target)
    return done


def hash_of(path: str) -> str:
    """Return `sha256:<hex>` of a file."""
    hasher = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:
        while chunk := file.read(_CHUNK_BYTES):
            hasher.update(chunk)
    return f"sha256:{hasher.hexdigest()}"


def _receive(url: str, part: str, size: int, proof: Proof) -> int:
    """Append what is missing to `part`; return where it began. Raises Passing if it breaks off."""
    fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb") as file:
        there = os.fstat(fd).st_size
        if there > size:
            there = 0
        if there == size and size:
            return there
        headers = {"Range": f"bytes={there}-"} if there else {}
        with ask("GET", url, proof, {**headers, "Accept-Encoding": "identity"}) as answer:
            start = _start(answer, there)
            file.seek(start)
            file.truncate()
            _copy(answer, file, size - start, url)
    return start


def _start(answer: http.client.HTTPResponse, asked: int) -> int:
    """Return where the body begins: a server may send the whole file although a part was asked for."""
    if answer.status != 206:
        return 0
    match: Optional[re.Match[str]] = _RANGE.match(answer.headers.get("Content-Range", ""))
    if match is None or int(match.group(1)) != asked:
        raise Failure("staging", "the server sends another part of a file than was asked for")
    return asked


def _copy(answer: http.client.HTTPResponse, file: Any, left: int, url: str) -> None:
    while left > 0:
        chunk = _read(answer, min(left, _CHUNK_BYTES))
        if not chunk:
            raise Passing(f"{named(url)} broke off with {left} bytes to go")
        file.write(chunk)
        left -= len(chunk)


def _read(answer: http.client.HTTPResponse, size: int) -> bytes:
    try:
        return answer.read(size)
    except (OSError, http.client.HTTPException) as problem:
        raise Passing(f"the connection broke: {problem}") from None
