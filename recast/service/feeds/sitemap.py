"""What search engines are told: which pages there are (sitemaps.org), and what is not for them (robots.txt). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from recast.json_types import JsonObject
from recast.service.feeds.xml import add, document, element
from recast.service.pages.shape import text

__all__ = ["MOST_ADDRESSES", "robots", "sitemap"]

MOST_ADDRESSES = 50_000
"""What the protocol allows in one file."""

_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NOT_FOR_ROBOTS = ("/api/", "/login", "/links/", "/analyses?", "/requests?")
_FIRST = ("/", "/analyses", "/requests", "/docs")


def sitemap(base: str, items: Iterable[JsonObject]) -> bytes:
    """Return the sitemap: the first pages, and the page of each analysis with the day of its last change."""
    root = element("urlset", xmlns=_SITEMAP)
    for path in _FIRST:
        add(add(root, "url"), "loc", f"{base}{path}")
    for it in list(items)[: MOST_ADDRESSES - len(_FIRST)]:
        url = add(root, "url")
        add(url, "loc", f"{base}/analyses/{quote(text(it.get('analysis')))}")
        if day := text(it.get("changed"), 40)[:10]:
            add(url, "lastmod", day)
    return document(root)


def robots(base: str, prefix: str) -> str:
    """Return robots.txt: searches without an end, and what is not a page, are not for robots."""
    hidden = "".join(f"Disallow: {prefix}{path}\n" for path in _NOT_FOR_ROBOTS)
    return f"User-agent: *\n{hidden}\nSitemap: {base}/sitemap.xml\n"
