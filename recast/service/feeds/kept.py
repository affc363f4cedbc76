"""Answers for machines: the same bytes for everybody, with a tag, so that who has them is told that nothing changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

from starlette.responses import Response

from recast.service.asked import Asked
from recast.service.http.conditions import unchanged
from recast.service.told import catalogue_mark

__all__ = ["kept", "once_a_change"]

_FRESH = "public, max-age=300"
_ASKED_AGAIN = "private, no-cache"


def kept(
    asked: Asked, content: bytes, media_type: str, headers: Mapping[str, str] | None = None, *, absolute: bool = False
) -> Response:
    """Return bytes that are the same for everybody; 304 if the reader has just these.

    With `absolute` they hold the address of the service: caches on the way keep them only if that is configured.
    """
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    shared = bool(asked.parts.settings.base_url) or not absolute
    given = {"ETag": tag, "Cache-Control": _FRESH if shared else _ASKED_AGAIN, **(headers or {})}
    if unchanged(asked.http.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=given)
    return Response(content, headers=given, media_type=media_type)


def once_a_change(asked: Asked, name: str, make: Callable[[], bytes]) -> bytes:
    """Return what `make` returns; it is made once for each change of the catalogue: it covers all analyses, and anybody
    may ask for it.
    """
    state = asked.http.app.state
    if not hasattr(state, "covering_all"):
        state.covering_all = {}
    mark = (catalogue_mark(asked), asked.base)
    known: tuple[object, bytes] | None = state.covering_all.get(name)
    if known is None or known[0] != mark:
        known = state.covering_all[name] = (mark, make())
    return known[1]
