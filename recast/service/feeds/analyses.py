"""The feeds of the catalogue: of a search, and of one analysis with its versions and released answers. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from recast.json_types import JsonObject, JsonValue
from recast.service.feeds.atom import MOST_ENTRIES, NEVER, Entry, Feed, name_of
from recast.service.feeds.xml import words
from recast.service.pages.links import page_of_version, query
from recast.service.pages.shape import items_of, text
from recast.service.pages.words import VERSION_STATES

__all__ = ["feed_of_analysis", "feed_of_search"]

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z")


def feed_of_search(base: str, state: Mapping[str, str], items: Sequence[JsonObject]) -> Feed:
    """Return the feed of a search, `state` being its query: of all analyses if that is empty."""
    asked = ", ".join(value for value in state.values() if value)
    title = f"Preserved searches: {asked}" if asked else "Preserved searches"
    entries = [_of_item(base, it) for it in items]
    addresses = (query(f"{base}/analyses.atom", state), query(f"{base}/analyses", state))
    return Feed(name_of("search", query("", state)), words(title, 200), *addresses, entries)


def feed_of_analysis(base: str, record: JsonObject, requests: Sequence[JsonObject]) -> Feed:
    """Return the feed of an analysis: its versions, and the public requests whose answers are released."""
    name = text(record.get("analysis"))
    page = f"{base}/analyses/{quote(name)}"
    entries = [*_of_versions(f"{base}/analyses", name, record), *(_of_request(base, it) for it in requests)]
    entries.sort(key=lambda it: it.updated, reverse=True)
    title = words(f"{name}: {text(record.get('title'))}", 300)
    return Feed(name_of("analysis", name), title, f"{page}/feed.atom", page, entries[:MOST_ENTRIES])


def _of_item(base: str, item: JsonObject) -> Entry:
    name, number, status = (text(item.get(key), 100) for key in ("analysis", "version", "status"))
    return Entry(
        name_of("line", name),
        words(item.get("title"), 400) or words(name),
        f"{base}/analyses/{quote(name)}",
        _moment(item.get("changed")),
        words(f"{name} {number}. {VERSION_STATES.get(status, status)}"),
        _author(item),
    )


def _of_versions(analyses: str, name: str, record: JsonObject) -> Iterator[Entry]:
    for it in items_of(record.get("versions"))[:MOST_ENTRIES]:
        number, status, digest = (text(it.get(key), 100) for key in ("version", "status", "digest"))
        yield Entry(
            name_of("version", name, number, digest),
            words(f"{name} {number}" + (f" is {status}" if status != "published" else "")),
            page_of_version(analyses, name, number),
            _moment(it.get("status_at") or it.get("published_at")),
            words(f"{VERSION_STATES.get(status, status)} Digest: {digest}"),
            _author(record),
            "" if (published := _moment(it.get("published_at"))) == NEVER else published,
            ("version",),
        )


def _of_request(base: str, row: JsonObject) -> Entry:
    name, title = text(row.get("id"), 60), text(row.get("title"))
    points = row.get("points")
    answered = points.get("answered") if isinstance(points, Mapping) else None
    return Entry(
        name_of("request", name),
        words(f"Answers: {title}", 400),
        f"{base}/requests/{quote(name)}",
        _moment(row.get("changed")),
        words(f"Answers for {text(answered) or 'some'} points of a model were reviewed and released."),
        "RECAST",
        kinds=("answers",),
    )


def _author(found: JsonObject) -> str:
    collaboration = words(found.get("collaboration"), 100)
    return f"{collaboration} Collaboration" if collaboration else "RECAST catalogue"


def _moment(value: JsonValue) -> str:
    """Return a time as a feed may have it."""
    return value if isinstance(value, str) and _MOMENT.fullmatch(value) else NEVER
