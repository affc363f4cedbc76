"""One blob from a store into a registry: mounted if it is near, sent in one stream, gone on with where that broke."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from recast.digests import from_hash
from recast.errors import NetworkError, NotFound, RecastError
from recast.images import ImageStore
from recast.images.disk import writing
from recast.images.layout import CHUNK_BYTES, corrupt
from recast.images.manifest import Descriptor
from recast.registry.flow import Flow
from recast.registry.http.session import Answer, Ask, Session
from recast.remote.answers import Transient
from recast.remote.exchange import attempts, redirect_target
from recast.remote.guard import check_redirect

__all__ = ["has_blob", "upload_blob"]

_PUSH = "pull,push"
_TINY = 64 << 10
_SMALL = 1 << 20
"""Bytes; a blob up to this goes with one request less, and is sent anew if that breaks."""


def has_blob(session: Session, blob: Descriptor) -> bool:
    """Return whether the registry has a blob whole."""
    ask = Ask("HEAD", f"{session.repository}/blobs/{blob.digest}", _PUSH, wanted=(200, 404))
    answer = session.short(ask)
    return answer.status == 200 and answer.headers.get("content-length") in (None, str(blob.size))


def upload_blob(
    session: Session,
    store: ImageStore,
    blob: Descriptor,
    flow: Flow,
    sources: Sequence[str] = (),
    *,
    fresh: bool = False,
) -> None:
    """Bring a blob to the registry; `sources` are repositories there that may hold it already.

    `fresh` says that it is hardly there: a tiny one is then sent without asking, which takes no longer than the answer.

    Raises ImageCorrupt if the store's own bytes are damaged (the registry gets none of them), PermissionDenied,
    NetworkError, or ImageError if the registry refuses.
    """
    _check_here(store, blob)
    asks = not fresh or blob.size > _TINY
    if asks and (has_blob(session, blob) or any(_mounted(session, blob, source) for source in sources)):
        flow.spare(blob.size)
        return
    upload = _Upload(session, store, blob, flow)
    for attempt in attempts():
        with attempt:
            upload.go_on()


def _check_here(store: ImageStore, blob: Descriptor) -> None:
    path = store.blob_path(blob.digest)
    if not path.is_file():
        raise NotFound(
            f"The blob {blob.digest} is not in the image store",
            where=str(store.root),
            next_step="recast image verify",
            code="image.not-found",
        )
    if path.stat().st_size != blob.size:
        raise corrupt(blob.digest, path, f"it has {path.stat().st_size} B, its manifest says {blob.size}")


def _mounted(session: Session, blob: Descriptor, source: str) -> bool:
    """Ask the registry to take a blob over from another repository of its own."""
    ask = Ask(
        "POST",
        f"{session.repository}/blobs/uploads/?mount={blob.digest}&from={source}",
        _PUSH,
        wanted=(201, 202),
        also_from=source,
    )
    try:
        answer = session.short(ask)
    except RecastError:
        return False  # not allowed there, or not known: then it is sent
    if answer.status == 202:
        with contextlib.suppress(RecastError):
            session.once(Ask("DELETE", _location(session, answer), _PUSH, wanted=(202, 204, 404)))
    return answer.status == 201


class _Upload:
    """One upload that the registry has opened, and how many bytes it has."""

    def __init__(self, session: Session, store: ImageStore, blob: Descriptor, flow: Flow) -> None:
        self._session, self._store, self._blob, self._flow = session, store, blob, flow
        self._location = ""
        self._sent = 0

    def go_on(self) -> None:
        """Send what the registry does not have yet, and close the upload."""
        self._find_place()
        if self._blob.size > _SMALL:
            headers = {"Content-Type": "application/octet-stream"}
            if self._sent:
                headers["Content-Range"] = f"{self._sent}-{self._blob.size - 1}"
            answer = self._send("PATCH", self._location, headers, (202, 204))
            self._location = _location(self._session, answer)
            self._send_none()
        else:
            self._send("PUT", self._closing(), {"Content-Type": "application/octet-stream"}, (201, 204))

    def _find_place(self) -> None:
        """Open an upload, or ask how far the last try came."""
        known = 0
        if self._location and self._blob.size > _SMALL:
            answer = self._session.once(Ask("GET", self._location, _PUSH, wanted=(204, 200, 404)))
            if answer.status != 404:
                known = _received(answer.headers.get("range", ""), self._blob.size)
                self._location = _location(self._session, answer) if "location" in answer.headers else self._location
        if not known:
            ask = Ask("POST", f"{self._session.repository}/blobs/uploads/", _PUSH, wanted=(202,))
            self._location = _location(self._session, self._session.once(ask))
        self._flow.moved(known - self._sent)
        self._sent = known

    def _send(self, method: str, url: str, headers: dict[str, str], wanted: tuple[int, ...]) -> Answer:
        start = self._sent
        return self._told(Ask(method, url, _PUSH, headers, lambda: self._bytes(start), self._blob.size - start, wanted))

    def _send_none(self) -> None:
        self._told(Ask("PUT", self._closing(), _PUSH, wanted=(201, 204)))

    def _told(self, ask: Ask) -> Answer:
        """Return the answer to a request of this upload; one that the registry has forgotten starts anew."""
        try:
            return self._session.once(ask)
        except NotFound as problem:
            self._location = ""
            raise Transient(
                "The registry has forgotten an upload", where=problem.where, why=problem.why, next_step="Try again."
            ) from problem

    def _closing(self) -> str:
        glue = "&" if urlsplit(self._location).query else "?"
        return f"{self._location}{glue}digest={self._blob.digest}"

    def _bytes(self, start: int) -> Iterator[bytes]:
        """Yield the blob from `start`; the last piece only if all of them are what the digest says."""
        path = self._store.blob_path(self._blob.digest)
        actual, place = hashlib.sha256(), 0
        self._flow.moved(start - self._sent)
        self._sent = start
        with writing(path), path.open("rb", buffering=0) as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
            while place < self._blob.size:
                chunk = file.read(min(CHUNK_BYTES, self._blob.size - place))
                if not chunk:
                    break
                actual.update(chunk)
                place += len(chunk)
                if place == self._blob.size and from_hash(actual) != self._blob.digest:
                    raise corrupt(self._blob.digest, path, f"its bytes hash to sha256:{actual.hexdigest()}")
                if place > start:
                    new = chunk[max(0, len(chunk) - (place - start)) :]
                    yield new
                    self._sent += len(new)
                    self._flow.moved(len(new))


def _location(session: Session, answer: Answer) -> str:
    """Return where the registry wants the bytes; it may only be the registry itself, or a place by https."""
    location = answer.headers.get("location", "")
    if not location:
        raise NetworkError(
            f"The registry {session.target.host} does not say where a blob is to go",
            where=answer.url,
            why=f"It answers {answer.status} without Location.",
            code="registry.protocol",
        )
    target = redirect_target(answer.url, location)
    check_redirect(session.base, target)
    return target


def _received(text: str, size: int) -> int:
    """Return how many bytes a `Range: 0-N` says are there; 0 for anything else."""
    first, dash, last = text.removeprefix("bytes=").partition("-")
    if dash and first == "0" and last.isdecimal() and int(last) < size - 1:
        return int(last) + 1 if int(last) else 0
    return 0
