"""The crawl of pages: what a stranger's browser finds is the same with and without private requests, byte for byte."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import httpx2
import pytest

from recast.desk.model import Request
from tests.service.pages.filled import Browser, Filled, logged_in
from tests.service.pages.reading import HTML, Page
from tests.service.running import ANALYSIS, Running, running
from tests.service.staged import ROAD, Staged
from tests.service.twice import KNOWN, plain, seen_twice

PRIVATE = 30
_OURS = re.compile(r"/(?:$|\?|analyses|requests|login|static|turn|account|hepdata|sitemap|robots)")
_SAME_ROWS = re.compile(r"[?&](?:sort|quantity)=")
"""The same rows in another order: tests/service/answers/test_privacy.py looks at some."""


def crawl(service: Running, public: Sequence[Request]) -> dict[str, bytes]:
    """Return every page that links lead to, from the first one on, and the document beside each."""
    found: dict[str, bytes] = {}
    waiting = ["/", "/requests?mine=true", f"/requests?analysis={ANALYSIS}", "/turn", "/account"]
    waiting += ["/sitemap.xml", "/robots.txt", "/hepdata/analyses.json", f"/analyses/{ANALYSIS}/feed.atom"]
    headers = {"Accept": HTML}
    with httpx2.Client(base_url=service.url, headers=headers, timeout=60, trust_env=False) as stranger:
        while waiting:
            path = waiting.pop().partition("#")[0]
            if path in found or not _OURS.match(path) or _SAME_ROWS.search(path):
                continue
            answer = stranger.get(path)
            found[path] = str(answer.status_code).encode() + b" " + plain(service, answer)
            if answer.headers["content-type"].startswith("text/html"):
                waiting += Page(answer.text).addresses
    assert {f"/requests/{it.id}" for it in public} <= found.keys()
    return found


def test_a_stranger_sees_the_same_pages_with_and_without_private_requests(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = seen_twice(tmp_path, monkeypatch, crawl, (*ROAD[1:], *["submitted"] * 26, "wanted"), PRIVATE)
    assert len(seen) > 40
    page = seen[f"/analyses/known/{KNOWN}"]
    assert b"Please" in page and b"/requests/new" in page


def test_forms_and_pages_of_what_is_hidden_answer_as_of_what_is_not_there(tmp_path: Path, home: Path) -> None:
    with running(tmp_path) as service:
        staged = Staged(service)
        private = staged.request("submitted", "private")
        nothing = "q" + "a" * (len(private.id) - 1)
        stranger, bob = Browser(logged_in(service, "bob").client), logged_in(service, "bob")
        for browser in (stranger, bob):
            for path in ("/requests/{}/history", "/requests/{}/history.json", "/requests/{}/links"):
                both = [browser.client.get(path.format(it), headers=browser.cookie) for it in (private.id, nothing)]
                assert _same(both, (private.id, nothing)) == 404, path
            for path, fields in (
                ("/requests/{}", [("action", "accept"), ("_seen", "1")]),
                (
                    "/requests/{}",
                    [("action", "comment"), ("text", "x"), ("_seen", str(private.version)), ("_key", "k")],
                ),
                ("/requests/{}", [("action", "no-such")]),
                ("/requests/{}/links", [("note", "x")]),
                ("/requests/{}/links/l0", []),
            ):
                both = [browser.send(Filled(path.format(it), fields)) for it in (private.id, nothing)]
                assert _same(both, (private.id, nothing)) == (404 if browser is bob else 403), path
        assert service.parts.ledger.request(private.id) == private


def _same(answers: list[httpx2.Response], names: tuple[str, str]) -> int:
    """Return the one status of two answers that are the same but for the names in them."""
    texts = [it.text.replace(name, "ID") for it, name in zip(answers, names, strict=True)]
    headers = [
        {name: value for name, value in it.headers.items() if name not in ("date", "x-request-id")} for it in answers
    ]
    assert texts[0] == texts[1] and headers[0] == headers[1]
    (status,) = {it.status_code for it in answers}
    return status
