"""All tags of a repository, page by page."""

from __future__ import annotations

import re
from typing import Any

from recast.errors import NetworkError
from recast.registry.documents import LARGEST_DOCUMENT
from recast.registry.http.session import Ask, Session
from recast.remote.exchange import redirect_target
from recast.remote.hosts import origin_of
from recast.strictjson import parse_json

__all__ = ["all_tags", "read_json"]

_MOST_TAGS = 100_000
_MOST_PAGES = 1000
_NEXT = re.compile(r"<([^>]*)>\s*;\s*rel=\"?next\"?")


def all_tags(session: Session) -> list[str]:
    """Return the tags, sorted; raise NotFound for a repository that is not there, NetworkError for nonsense."""
    url, found, pages = f"{session.repository}/tags/list?n=1000", set[str](), 0
    while url:
        pages += 1
        answer = session.short(Ask("GET", url), LARGEST_DOCUMENT)
        found |= set(_tags(read_json(answer.content, answer.url), answer.url))
        following = _NEXT.search(answer.headers.get("link", ""))
        before, url = answer.url, _beside(answer.url, following[1]) if following else ""
        if len(found) > _MOST_TAGS or pages > _MOST_PAGES or url == before:
            raise NetworkError("A registry's list of tags has no end", where=answer.url)
    return sorted(found)


def read_json(content: bytes, where: str) -> Any:
    """Return what a registry answers as JSON; raise NetworkError if it is none."""
    try:
        return parse_json(content)
    except (ValueError, RecursionError) as problem:
        raise NetworkError(
            "A registry's answer is not JSON", where=where, why=str(problem), code="registry.json"
        ) from problem


def _tags(document: Any, where: str) -> list[str]:
    items = document.get("tags") if isinstance(document, dict) else None
    if items is not None and not (isinstance(items, list) and all(isinstance(item, str) for item in items)):
        raise NetworkError("A registry's answer makes no sense", where=where, why="`tags` is not a list of names.")
    return items or []


def _beside(url: str, following: str) -> str:
    target = redirect_target(url, following)
    if origin_of(target) != origin_of(url):
        raise NetworkError("A list of tags goes on at another server", where=url, why=f"at {target:.200}")
    return target
