"""Atom feeds (RFC 4287): the newest first, with names that stay the same wherever the feed is read."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from recast._version import __version__
from recast.service.feeds.xml import add, document, element

__all__ = ["MEDIA_TYPE", "MOST_ENTRIES", "NEVER", "Entry", "Feed", "name_of", "written"]

MEDIA_TYPE = "application/atom+xml; charset=utf-8"
MOST_ENTRIES = 50
NEVER = "1970-01-01T00:00:00Z"
"""When something happened that nobody has stated a time of: readers of feeds need one."""

_ATOM = "http://www.w3.org/2005/Atom"
_NAMES = uuid.UUID("5d0a1a4e-6c0b-5c0e-9a53-0e7d3b0c6f19")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened; `name` is what it is, and never changes. Texts are harmless already (`xml.words`)."""

    name: str
    title: str
    address: str
    updated: str
    summary: str
    author: str
    published: str = ""
    kinds: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed: what it is about, its own address, that of the page with the same, and its entries."""

    name: str
    title: str
    address: str
    page: str
    entries: Sequence[Entry]


def name_of(*what: str) -> str:
    """Return the name of something, the same on every machine: `urn:uuid:…`."""
    return uuid.uuid5(_NAMES, "\n".join(what)).urn


def written(feed: Feed) -> bytes:
    """Return a feed as XML."""
    root = element("feed", xmlns=_ATOM)
    add(root, "id", feed.name)
    add(root, "title", feed.title)
    add(root, "updated", max((it.updated for it in feed.entries), default=NEVER))
    add(root, "link", rel="self", type="application/atom+xml", href=feed.address)
    add(root, "link", rel="alternate", type="text/html", href=feed.page)
    add(add(root, "author"), "name", "RECAST catalogue")
    add(root, "generator", "RECAST", version=__version__)
    for it in feed.entries[:MOST_ENTRIES]:
        entry = add(root, "entry")
        add(entry, "id", it.name)
        add(entry, "title", it.title)
        add(entry, "updated", it.updated)
        if it.published:
            add(entry, "published", it.published)
        add(entry, "link", rel="alternate", type="text/html", href=it.address)
        add(add(entry, "author"), "name", it.author)
        for kind in it.kinds:
            add(entry, "category", term=kind)
        add(entry, "summary", it.summary)
    return document(root)
