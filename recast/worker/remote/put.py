"""PUT of a file whose digest is its name: not again if it is there, and looked at afterwards."""

from __future__ import annotations

from typing import Optional

from recast.worker.failure import Failure
from recast.worker.remote.web import Answered, Passing, Proof, ask, named, persistent

__all__ = ["put", "size_at"]

_MISSING = (404, 410)
_NO_FOLDER = (404, 409)


def put(path: str, base: str, place: str, size: int, proof: Proof, *, again: bool = False) -> None:
    """Bring a file of `size` bytes to `<base>/<place>`, unless one of that size is there; with `again`, in any case.

    Folders are made where the server (WebDAV) wants them. Raises Failure: `staging`, `authentication`.
    """

    def once() -> None:
        if not again and size_at(f"{base}/{place}", proof) == size:
            return
        try:
            _send(path, f"{base}/{place}", size, proof)
        except Answered as problem:
            if problem.code not in _NO_FOLDER:
                raise
            _make_folders(base, place, proof)
            _send(path, f"{base}/{place}", size, proof)
        found = size_at(f"{base}/{place}", proof)
        if found != size:
            raise Passing(f"{named(base)}/{place} has {found} bytes after {size} were sent")

    persistent(once, "staging")


def size_at(url: str, proof: Proof) -> Optional[int]:
    """Return how many bytes a server has under a URL, None if nothing is there. Raises Passing, Failure."""
    try:
        with ask("HEAD", url, proof, {"Accept-Encoding": "identity"}) as answer:
            length = answer.headers.get("Content-Length") or ""
    except Answered as problem:
        if problem.code in _MISSING:
            return None
        raise
    if not length.isdigit():
        raise Failure("staging", f"{named(url)} does not say how long it is")
    return int(length)


def _send(path: str, url: str, size: int, proof: Proof) -> None:
    with open(path, "rb") as file:
        headers = {"Content-Length": str(size), "Content-Type": "application/octet-stream"}
        ask("PUT", url, proof, headers, file).close()


def _make_folders(base: str, place: str, proof: Proof) -> None:
    parts = place.split("/")[:-1]
    for count in range(1, len(parts) + 1):
        try:
            ask("MKCOL", f"{base}/{'/'.join(parts[:count])}", proof).close()
        except Answered as problem:
            if problem.code not in (405, 301, 409):  # it is there
                raise
