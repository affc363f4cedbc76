"""Download one blob from a registry into a store: streamed, hashed, resumed after an interruption."""

from __future__ import annotations

from recast.errors import NetworkError
from recast.images import ImageStore
from recast.images.manifest import Descriptor
from recast.registry.flow import Flow
from recast.registry.http.session import Ask, Session
from recast.registry.partial import Partial, claimed
from recast.remote.answers import Transient
from recast.remote.exchange import attempts
from recast.remote.hosts import shown

__all__ = ["download_blob"]

_REAL_PROGRESS = 1 << 20
"""Bytes; a connection that breaks after at least this many is retried without counting the attempt."""


def download_blob(session: Session, store: ImageStore, blob: Descriptor, flow: Flow) -> None:
    """Download a blob into the store; only complete, verified bytes get its name.

    Raises ImageCorrupt, NotFound, PermissionDenied, NetworkError or ImageError (disk).
    """
    with claimed(store, blob, flow.stop) as partial:
        if partial is None:
            flow.spare(blob.size)
            return
        resumed = partial.take_over()
        flow.moved(resumed)
        _fill(session, partial, blob, flow)
        if resumed and not partial.is_sound:
            # The bytes from an earlier attempt may be wrong.
            flow.moved(-partial.size)
            partial.restart()
            _fill(session, partial, blob, flow)
        partial.finish(store, f"{session.target.name}@{blob.digest}")


def _fill(session: Session, partial: Partial, blob: Descriptor, flow: Flow) -> None:
    while partial.size < blob.size:
        before = partial.size
        try:
            for attempt in attempts():
                with attempt:
                    _once(session, partial, blob, flow)
        except Transient:
            if partial.size - before < _REAL_PROGRESS:
                raise


def _once(session: Session, partial: Partial, blob: Descriptor, flow: Flow) -> None:
    """Request the missing bytes and store what arrives."""
    headers = {"Range": f"bytes={partial.size}-"} if partial.size else {}
    ask = Ask("GET", f"{session.repository}/blobs/{blob.digest}", headers=headers, wanted=(200, 206))
    with session.open(ask) as (response, url):
        if partial.size and not _goes_on(response.status_code, response.headers.get("content-range", ""), partial.size):
            flow.moved(-partial.size)
            partial.restart()
        _check_length(response.headers.get("content-length", ""), blob, partial.size, url)
        for piece in session.received(response, blob.size - partial.size, url):
            partial.write(piece)
            flow.moved(len(piece))
        if partial.size < blob.size:
            raise Transient(
                "A blob ends too early",
                where=shown(url),
                why=f"{partial.size} of {blob.size} bytes came.",
                next_step="Try again: what came is kept.",
            )


def _goes_on(status: int, content_range: str, size: int) -> bool:
    return status == 206 and content_range.startswith(f"bytes {size}-")


def _check_length(length: str, blob: Descriptor, had: int, url: str) -> None:
    if length.isdecimal() and int(length) != blob.size - had:
        raise NetworkError(
            "A blob has another size than its manifest says",
            where=shown(url),
            why=f"{int(length) + had} bytes are announced, the manifest says {blob.size}.",
            next_step="The image was not published completely, or the registry is faulty: ask who published it.",
            code="registry.size",
        )
