"""Linked data, HEPData's list, sitemap, badges, citations: what each reader of them needs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx2
import pytest
import yaml

from recast.service.feeds.badge import badge, status_line
from recast.service.feeds.hepdata import listed
from recast.service.feeds.sitemap import MOST_ADDRESSES, sitemap
from recast.service.pages.linked import data_block, linked_data
from tests.service.pages.reading import Page, read
from tests.service.pages.shelf import FULL, HOSTILE, SCRIPT, put, record
from tests.service.running import Running, running
from tests.service.test_prefix import BASE

VALIDATION = {"who": "by x", "when": "2026-01-31T12:00:00Z"}


def blocks(page: Page) -> list[dict[str, Any]]:
    """Return the blocks of linked data of a page."""
    found = [it for it in page.all("script") if it.attributes == {"type": "application/ld+json"}]
    return [json.loads(it.text) for it in found]


def test_a_record_page_has_its_linked_data_within_and_beside_it(site: Running, browser: httpx2.Client) -> None:
    put(site, record("linked-a", published_at="2026-02-03T04:05:06Z"))
    (found,) = blocks(read(browser.get("/analyses/linked-a")))
    assert found["@context"] == "https://schema.org" and found["@type"] == ["Dataset", "SoftwareSourceCode"]
    assert found["name"] == FULL["title"] and found["version"] == "1.0.0" and found["datePublished"] == "2026-02-03"
    assert found["url"] == f"{site.url}/analyses/linked-a/versions/1.0.0"
    assert browser.get(found["distribution"]["contentUrl"]).json()["digest"] == found["identifier"]
    assert "https://arxiv.org/abs/1909.09226" in found["isBasedOn"]["sameAs"]
    for path in ("/analyses/linked-a", "/analyses/linked-a/versions/1.0.0"):
        beside = browser.get(f"{path}/record.jsonld")
        assert beside.headers["content-type"] == "application/ld+json" and beside.json() == found
    assert browser.get("/analyses/linked-a/versions/9.9.9/record.jsonld").status_code == 404


def test_nothing_in_linked_data_ends_its_block(site: Running, browser: httpx2.Client) -> None:
    put(site, record("linked-hostile", metadata={**HOSTILE, "title": f"</script>{SCRIPT}<!--\u2028"}))
    page = read(browser.get("/analyses/linked-hostile"))
    (found,) = blocks(page)
    assert found["name"].startswith("</script><script>") and "isBasedOn" not in found
    assert len(page.all("script")) == 1 and page.source.count("</script>") == 1
    assert "<" not in str(data_block({"a": SCRIPT}))[len('<script type="application/ld+json">') : -len("</script>")]


@pytest.mark.parametrize("document", [{}, {"models": 3, "references": [], "title": {}, "abstract": None}])
def test_a_record_without_anything_has_linked_data(document: dict[str, Any]) -> None:
    found = linked_data(document, "")
    assert found["@context"] == "https://schema.org" and "name" not in found and "isBasedOn" not in found


def test_hepdata_reads_the_list_of_analyses(site: Running, browser: httpx2.Client) -> None:
    put(site, record("for-hepdata", status_at="2026-05-06T07:08:09Z"))
    put(site, record("for-hepdata-too"))
    put(site, record("withdrawn-one", status="withdrawn", metadata={**FULL, "references": {"inspire": 77}}))
    put(site, record("unknown-one", metadata={**FULL, "references": {"inspire": "1e5"}}))
    found = browser.get("/hepdata/analyses.json").json()
    required = {
        "schema_version", "tool", "version", "date_created", "implementations_description", "url_templates", "analyses",
    }  # fmt: skip
    assert found.keys() == required and found["schema_version"] == "1.0.0" and found["date_created"] >= "2026-05-06"
    names = [[it["name"] for it in one["implementations"]] for one in found["analyses"] if one["inspire_id"] == 1755298]
    assert names and {"for-hepdata", "for-hepdata-too"} <= set(names[0])
    assert 77 not in [it["inspire_id"] for it in found["analyses"]]
    assert all(isinstance(it["inspire_id"], int) for it in found["analyses"])
    address = found["url_templates"]["main_url"].replace("{name}", "for-hepdata")
    assert read(browser.get(address)).words.startswith("for-hepdata")


def test_the_list_for_hepdata_follows_the_catalogue(site: Running, browser: httpx2.Client) -> None:
    before = browser.get("/hepdata/analyses.json").content
    put(site, record("new-for-hepdata"))
    assert b"new-for-hepdata" in browser.get("/hepdata/analyses.json").content and b"new-for-hepdata" not in before


def test_a_catalogue_that_hepdata_cannot_name_has_no_list(tmp_path: Path, home: Path) -> None:
    with running(tmp_path) as service, service.client() as client:
        service.publish()
        assert client.get(f"{service.url}/hepdata/analyses.json").status_code == 404
    assert listed("", [{"inspire": 3.5}, {"inspire": "-1"}, {"inspire": None}, {}], "x")["analyses"] == []


def test_a_sitemap_names_every_analysis_by_the_address_that_the_outside_knows(tmp_path: Path, home: Path) -> None:
    with running(tmp_path, BASE) as service:
        service.publish()
        headers = {"Host": "recast.example.org"}
        with httpx2.Client(base_url=service.url, headers=headers, trust_env=False) as robot:
            found = ElementTree.fromstring(robot.get("/desk/sitemap.xml").content)
            rules = robot.get("/desk/robots.txt").text
            assert robot.get("/desk/sitemap.xml").headers["cache-control"].startswith("public")
    places = [it.text or "" for it in found.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert len(places) == 5 and all(it.startswith("https://recast.example.org/desk/") for it in places)
    assert rules.endswith("Sitemap: https://recast.example.org/desk/sitemap.xml\n")
    assert "Disallow: /desk/api/\n" in rules


def test_a_sitemap_has_an_end() -> None:
    assert sitemap("", [{"analysis": f"a{number}"} for number in range(MOST_ADDRESSES + 9)]).count(b"<url>") == 50_000


@pytest.mark.parametrize(
    ("status", "validation", "line"),
    [
        ("published", {"passed": 5, "documented": 1, "failed": 0}, "published, validated 5/6"),
        ("deprecated", None, "deprecated, not validated"),
        ("withdrawn", {"passed": 5, "failed": 2}, "withdrawn, 2 of 7 FAILED"),
        (SCRIPT * 9, {"passed": SCRIPT, "failed": True}, None),
    ],
)
def test_a_badge_says_in_words_what_it_shows(status: str, validation: Any, line: str | None) -> None:
    found = {"status": status, "validation": {**VALIDATION, **validation} if validation else validation}
    root = ElementTree.fromstring(badge(found))
    said = f"RECAST: {status_line(found)}"
    assert root.attrib["role"] == "img" and root.attrib["aria-label"] == said == root[0].text
    assert line is None or said == f"RECAST: {line}"
    assert float(root.attrib["width"]) < 600
    assert "style" not in badge(found).decode() and b"<script" not in badge(found)


def test_a_badge_may_be_shown_by_pages_of_others(site: Running, browser: httpx2.Client) -> None:
    put(site, record("with-badge"))
    answer = browser.get("/analyses/with-badge/badge.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert browser.get("/analyses/with-badge").headers["cross-origin-resource-policy"] == "same-origin"


def test_citations_are_files_to_download(site: Running, browser: httpx2.Client) -> None:
    put(site, record("cited-a"))
    links = read(browser.get("/analyses/cited-a")).links
    for name, kind in (("CITATION.cff", "application/yaml"), ("CITATION.bib", "application/x-bibtex")):
        answer = browser.get(links[name])
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
        assert answer.headers["content-type"].startswith(kind)
    document = yaml.safe_load(browser.get(links["CITATION.cff"]).text)
    assert document["cff-version"] == "1.2.0" and document["preferred-citation"]["doi"] == FULL["references"]["doi"]
    assert "@article{cited-a-paper," in browser.get(links["CITATION.bib"]).text


def test_citations_of_a_hostile_record_are_read_by_their_readers(site: Running, browser: httpx2.Client) -> None:
    put(site, record("cited-hostile", metadata=HOSTILE))
    links = read(browser.get("/analyses/cited-hostile")).links
    assert yaml.safe_load(browser.get(links["CITATION.cff"]).text)["type"] == "software"
    assert browser.get(links["CITATION.bib"]).status_code == 200


def test_pages_name_their_feeds(site: Running, browser: httpx2.Client) -> None:
    put(site, record("with-feed"))
    for path in ("/analyses?q=with-feed", "/analyses/with-feed", "/analyses/with-feed/versions/1.0.0"):
        found = [it.attributes for it in read(browser.get(path)).all("link") if "atom" in it.attributes.get("type", "")]
        assert len(found) == 1 and browser.get(found[0]["href"]).status_code == 200
