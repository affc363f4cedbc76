"""The crawl of pages: what a stranger's browser finds is the same with and without private requests, byte for byte."""

from __future__ import annotations

import re
from pathlib import Path

import httpx2
import pytest

from tests.service.pages.conftest import HTML
from tests.service.pages.reading import Page
from tests.service.running import ANALYSIS, Running, running
from tests.service.staged import ROAD, Staged
from tests.service.test_privacy import hidden_requests, plain, same_ids

PRIVATE = 30
_OURS = re.compile(r"/(?:$|\?|analyses|requests|login|static|hepdata|sitemap|robots)")


def crawl(service: Running) -> dict[str, bytes]:
    """Return every page that links lead to, from the first one on, and the document beside each."""
    found: dict[str, bytes] = {}
    waiting = ["/", "/requests?mine=true", f"/requests?analysis={ANALYSIS}"]
    waiting += ["/sitemap.xml", "/robots.txt", "/hepdata/analyses.json", f"/analyses/{ANALYSIS}/feed.atom"]
    headers = {"Accept": HTML}
    with httpx2.Client(base_url=service.url, headers=headers, timeout=60, trust_env=False) as stranger:
        while waiting:
            path = waiting.pop().partition("#")[0]
            if path in found or not _OURS.match(path):
                continue
            answer = stranger.get(path)
            found[path] = str(answer.status_code).encode() + b" " + plain(service, answer)
            if answer.headers["content-type"].startswith("text/html"):
                waiting += Page(answer.text).addresses
    return found


def test_a_stranger_sees_the_same_pages_with_and_without_private_requests(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    for folder, private in (("without", 0), ("with", PRIVATE)):
        (tmp_path / folder).mkdir()
        with running(tmp_path / folder) as service, monkeypatch.context() as patch:
            staged = Staged(service)
            hidden = hidden_requests(staged, private // 2)
            same_ids(patch)
            public = [staged.request(state) for state in (*ROAD[1:], *["submitted"] * 26)]
            hidden += hidden_requests(staged, private - len(hidden))
            seen.append(crawl(service))
            assert {f"/requests/{it.id}" for it in public} <= seen[-1].keys()
            assert not [it for it in hidden if it.id.encode() in b"".join(seen[-1].values())]
    without, among = seen
    assert without.keys() == among.keys() and len(without) > 40
    assert {path for path in without if without[path] != among[path]} == set()
