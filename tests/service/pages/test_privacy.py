"""The crawl of pages: what a stranger's browser finds is the same with and without private requests, byte for byte."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import httpx2
import pytest

from recast.desk.model import Request
from tests.service.pages.conftest import HTML
from tests.service.pages.reading import Page
from tests.service.running import ANALYSIS, Running
from tests.service.staged import ROAD
from tests.service.twice import plain, seen_twice

PRIVATE = 30
_OURS = re.compile(r"/(?:$|\?|analyses|requests|login|static)")


def crawl(service: Running, public: Sequence[Request]) -> dict[str, bytes]:
    """Return every page that links lead to, from the first one on, and the document beside each."""
    found: dict[str, bytes] = {}
    waiting = ["/", "/requests?mine=true", f"/requests?analysis={ANALYSIS}"]
    headers = {"Accept": HTML}
    with httpx2.Client(base_url=service.url, headers=headers, timeout=60, trust_env=False) as stranger:
        while waiting:
            path = waiting.pop().partition("#")[0]
            if path in found or not _OURS.match(path):
                continue
            answer = stranger.get(path)
            found[path] = str(answer.status_code).encode() + b" " + _without_tag(plain(service, answer))
            if answer.headers["content-type"].startswith("text/html"):
                waiting += Page(answer.text).addresses
    assert {f"/requests/{it.id}" for it in public} <= found.keys()
    return found


def _without_tag(content: bytes) -> bytes:
    """Return an answer without the tag of a page, which covers the ids of people."""
    return re.sub(rb'"\\"[0-9a-f]{32}\\""', b'"tag"', content)


def test_a_stranger_sees_the_same_pages_with_and_without_private_requests(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = seen_twice(tmp_path, monkeypatch, crawl, (*ROAD[1:], *["submitted"] * 26), PRIVATE)
    assert len(seen) > 40
