"""Feeds: what readers of Atom need, the newest first, nothing private, whatever strangers wrote."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import httpx2
import pytest

from recast.service.feeds.analyses import feed_of_analysis, feed_of_search
from recast.service.feeds.atom import MOST_ENTRIES, NEVER, name_of, written
from recast.service.feeds.xml import words
from tests.service.pages.shelf import HOSTILE, SCRIPT, put, record
from tests.service.running import ANALYSIS, Running
from tests.service.staged import Staged
from tests.waiting import until

ATOM = "{http://www.w3.org/2005/Atom}"
ENDS = f"]]>\x00\x1b[2J\x85\u2028\ufffe{SCRIPT}<![CDATA["


def entries(content: bytes) -> list[dict[str, str]]:
    """Return the entries of a feed, after everything was asked of it that readers need."""
    feed = ElementTree.fromstring(content)
    assert feed.tag == f"{ATOM}feed"
    for name in ("id", "title", "updated", "author", "link"):
        assert feed.find(f"{ATOM}{name}") is not None
    found = []
    for entry in feed.iter(f"{ATOM}entry"):
        texts = {it.tag.removeprefix(ATOM): it.text or "" for it in entry}
        assert texts["title"] and texts["id"].startswith("urn:uuid:") and texts["summary"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", texts["updated"])
        assert entry.find(f"{ATOM}author/{ATOM}name").text  # type: ignore[union-attr]
        link = entry.find(f"{ATOM}link")
        assert link is not None
        found.append({**texts, "href": link.attrib["href"]})
    assert len({it["id"] for it in found}) == len(found)
    assert [it["updated"] for it in found] == sorted((it["updated"] for it in found), reverse=True)
    return found


def test_the_feed_of_all_analyses_begins_with_what_changed_last(site: Running, browser: httpx2.Client) -> None:
    for number, day in ((1, "2026-03-01"), (2, "2026-05-01"), (3, "2026-04-01")):
        put(site, record(f"news-{number}", published_at=f"{day}T00:00:00Z", status_at=f"{day}T00:00:00Z"))
    answer = browser.get("/analyses.atom?q=news")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    found = entries(answer.content)
    assert [it["href"] for it in found] == [f"{site.url}/analyses/news-{number}" for number in (2, 3, 1)]
    put(
        site,
        record("news-1", published_at="2026-03-01T00:00:00Z", status="withdrawn", status_at="2026-06-01T00:00:00Z"),
    )
    changed = entries(browser.get("/analyses.atom?q=news").content)[0]
    assert changed["href"].endswith("/news-1") and changed["summary"].endswith("do not rely on its answers.")
    assert changed["id"] == found[2]["id"], "it is the same entry, and has changed"


def test_the_feed_of_a_search_has_its_words_and_facets(site: Running, browser: httpx2.Client) -> None:
    put(site, record("feed-cms", metadata={"title": "Photons", "collaboration": "CMS"}))
    put(site, record("feed-atlas", metadata={"title": "Photons", "collaboration": "ATLAS"}))
    until(lambda: browser.get("/analyses?q=photons&collaboration=CMS").text.count("<h2><a") == 1, "both are found")
    found = entries(browser.get("/analyses.atom?q=photons&collaboration=CMS").content)
    assert [it["href"].rpartition("/")[2] for it in found] == ["feed-cms"]
    assert browser.get("/analyses.atom?q=" + "x" * 301).status_code == 422


def test_the_feed_of_an_analysis_has_its_versions_and_released_answers(site: Running, browser: httpx2.Client) -> None:
    staged = Staged(site)
    public = staged.request("released", title="Winos, answered")
    hidden = [staged.request("released", audience, title="Nobody's business") for audience in ("private", "unlisted")]
    staged.request("submitted", title="Not answered yet")
    answer = browser.get(f"/analyses/{ANALYSIS}/feed.atom")
    found = entries(answer.content)
    assert [it["title"] for it in found] == ["Answers: Winos, answered", f"{ANALYSIS} 1.0.0"]
    assert found[0]["href"] == f"{site.url}/requests/{public.id}"
    assert not [it for it in hidden if it.id in answer.text] and "business" not in answer.text
    owner = {"Authorization": f"Bearer {site.person('alice')}"}
    assert browser.get(f"/analyses/{ANALYSIS}/feed.atom", headers=owner).content == answer.content
    assert browser.get("/analyses/nothing/feed.atom").status_code == 404


def test_a_feed_that_has_not_changed_is_not_sent_again(site: Running, browser: httpx2.Client) -> None:
    put(site, record("same-feed"))
    until(lambda: b"same-feed" in browser.get("/analyses.atom").content, "it is found")
    for path in ("/analyses.atom", "/analyses/same-feed/feed.atom", "/analyses/same-feed/badge.svg", "/sitemap.xml"):
        first = browser.get(path)
        again = browser.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert browser.get(path).content == first.content


def test_what_strangers_wrote_is_text_in_a_feed(site: Running, browser: httpx2.Client) -> None:
    put(site, record("feed-hostile", metadata=HOSTILE, status="withdrawn", reason=SCRIPT))
    until(lambda: b"<entry>" in browser.get("/analyses.atom?q=hostile").content, "it is found")
    for path in ("/analyses.atom?q=hostile", "/analyses/feed-hostile/feed.atom"):
        content = browser.get(path).content
        assert b"<script" not in content and b"\xe2\x80\xae" not in content
        assert entries(content)


def test_a_feed_holds_only_what_xml_can_hold() -> None:
    item = {"analysis": ENDS, "version": ENDS, "title": ENDS, "status": ENDS, "changed": ENDS, "collaboration": ENDS}
    versions: list[Any] = [{"version": ENDS, "status": ENDS, "digest": ENDS, "status_at": 3}, None, "x"]
    whole = {**item, "versions": versions * 100}
    row = {"id": ENDS, "title": ENDS, "changed": None, "points": {"answered": ENDS}}
    for feed in (feed_of_search("http://x", {"q": ENDS}, [item]), feed_of_analysis("http://x", whole, [row])):
        content = written(feed)
        assert len(ElementTree.fromstring(content).findall(f"{ATOM}entry")) <= MOST_ENTRIES
        assert b"<script" not in content and b"]]><" not in content


@pytest.mark.parametrize("document", [{}, {"versions": 3, "analysis": [], "title": {}}])
def test_a_document_without_anything_is_a_feed_without_entries(document: dict[str, Any]) -> None:
    assert ElementTree.fromstring(written(feed_of_analysis("", document, []))).find(f"{ATOM}updated").text == NEVER  # type: ignore[union-attr]


def test_names_do_not_depend_on_where_a_feed_is_read() -> None:
    assert name_of("analysis", "x") == name_of("analysis", "x") != name_of("analysisx")
    assert words("a\n\tb\x00\ud800", 300) == "a b\\u0000\\ud800"
