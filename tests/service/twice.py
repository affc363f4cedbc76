"""The same service twice, without and with requests that a stranger may not know of; what is seen must be the same."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx2
import pytest

from recast.desk.model import Request
from tests.service.running import Running, running
from tests.service.staged import ASKED, ROAD, Staged

__all__ = ["KNOWN", "Crawl", "plain", "seen_twice"]

Crawl = Callable[[Running, Sequence[Request]], dict[str, bytes]]
"""What a stranger sees of a service with some public requests: the bytes of each answer, by its path."""

KNOWN = "atlas-susy-2019-09"
"""A search that is known and not archived: a request in the state `wanted` asks for it."""

_TAG = re.compile(rb'\\"[0-9a-f]{32}\\"')
"""A tag that is one of content, in which the port may be."""
_STATEMENT = re.compile(
    rb'"statements?":("sha256:[0-9a-f]+"|[{][^}]*[}])|statement with the digest <code class="digest">sha256:[0-9a-f]+'
)


def seen_twice(
    folder: Path, monkeypatch: pytest.MonkeyPatch, crawl: Crawl, public: Sequence[str], hidden: int
) -> dict[str, bytes]:
    """Return what a stranger sees of requests in some states, after asserting that it is the same byte for byte with as
    many others among them as `hidden` says, private and unlisted ones by turns, half of them older.
    """
    without, among = (_seen(folder / str(count), monkeypatch, crawl, public, count) for count in (0, hidden))
    assert without.keys() == among.keys()
    assert {path for path in without if without[path] != among[path]} == set()
    return without


def _seen(
    folder: Path, monkeypatch: pytest.MonkeyPatch, crawl: Crawl, states: Sequence[str], count: int
) -> dict[str, bytes]:
    folder.mkdir()
    with running(folder) as service, monkeypatch.context() as patch:
        staged = Staged(service)
        hidden = _hidden_requests(staged, count // 2)
        patch.setattr("secrets.choice", random.Random(18).choice)  # the ids from here on are the same in both
        public = [_request(staged, state, "public") for state in states]
        hidden += _hidden_requests(staged, count - len(hidden))
        assert all(it.points[0].coordinates == public[0].points[0].coordinates for it in hidden), "they share points"
        found = crawl(service, public)
        assert not [it for it in hidden if it.id.encode() in b"".join(found.values())]
    return found


def _hidden_requests(staged: Staged, count: int) -> list[Request]:
    audiences, states = ("private", "unlisted"), (*ROAD, "wanted")
    return [_request(staged, states[number % len(states)], audiences[number % 2]) for number in range(count)]


def _request(staged: Staged, state: str, audience: str) -> Request:
    if state != "wanted":
        return staged.request(state, audience)
    points = ASKED["points"]
    made = staged.act(None, "draft", staged.alice, wanted=KNOWN, title="Please", audience=audience, points=points)
    return staged.act(made.id, "submit", staged.alice)


def plain(service: Running, answer: httpx2.Response) -> bytes:
    """Return an answer without the time of day and the port, and with people by their names: their ids are random."""
    content = answer.content.replace(service.url.encode(), b"http://here")
    headers = {**answer.headers, "etag": answer.headers.get("etag", "").partition("-")[0]}  # the rest is of the content
    headers["content-length"] = str(len(content))
    names = ("content-type", "etag", "content-length", "cache-control", "location")
    content = _TAG.sub(b"tag", json.dumps([headers.get(name) for name in names]).encode()) + content
    for name, user in service.people.items():
        content = content.replace(user.encode(), name.encode())
    return _STATEMENT.sub(b'"statement"', content)  # its digest covers the ids of people
