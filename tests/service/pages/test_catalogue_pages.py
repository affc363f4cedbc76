"""The first page, the search, the records: in every state that a catalogue can be in."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from tests.service.pages.reading import Page, read
from tests.service.pages.shelf import CARD, FULL, HOSTILE, SCRIPT, prose, put, record
from tests.service.running import Running, running

See = Callable[..., Page]


@pytest.fixture(scope="module", autouse=True)
def catalogue(site: Running) -> None:
    """Put in what the tests of this module look at."""
    put(site, record("atlas-full-1", "0.9.0", "deprecated"), record("atlas-full-1"))
    put(site, record("atlas-gone-1", status="withdrawn"))
    put(
        site,
        record(
            "atlas-failed-1",
            validation={
                "who": "by bob",
                "when": "2026-02-01T00:00:00Z",
                "passed": 2,
                "documented": 0,
                "failed": 1,
                "failed_items": ["squark_1600"],
            },
        ),
        card={**CARD, "policy": "closed"},
    )
    put(
        site,
        record("cms-bare-1", metadata={}, validation=None, inputs={}, examples={}, results=(), images=(), signature={}),
        card={},
    )
    hostile = dict.fromkeys(("who", "when", "failed_items", "passed"), SCRIPT)
    put(
        site,
        record(
            "cms-hostile-1",
            metadata=HOSTILE,
            validation={**hostile, "failed": 1, "failed_items": [SCRIPT]},
            inputs={
                "properties": {
                    SCRIPT: {
                        "description": SCRIPT,
                        "default": SCRIPT,
                        "examples": [SCRIPT],
                        "enum": [SCRIPT],
                        "x-recast": {"unit": SCRIPT},
                    }
                }
            },
            examples={SCRIPT: {"description": SCRIPT, "inputs": {SCRIPT: SCRIPT}}},
            results=({"name": SCRIPT, "type": SCRIPT, "title": SCRIPT},),
            images=({"image": SCRIPT, "digest": SCRIPT, "built": SCRIPT},),
            signature={"state": "unknown", "signer": SCRIPT},
        ),
        card={
            "policy": SCRIPT,
            "contacts": [{"name": SCRIPT}, SCRIPT],
            "final_states": [SCRIPT],
            "note": SCRIPT,
            "quota_core_hours": SCRIPT,
        },
    )
    wrong: dict[str, Any] = {key: [{"a": [1]}, None, 5, 10**400] for key in FULL}
    put(
        site,
        record(
            "cms-wrong-1",
            metadata={**wrong, "collaboration": "CMS"},
            inputs={"properties": []},
            examples={"x": []},
            signature={"state": []},
            validation={"passed": "x"},
            images=({},),
            results=({},),
        ),
        card={"contacts": 5, "policy": [], "final_states": {}},
    )
    put(
        site,
        record(
            "cms-long-1",
            metadata={
                **FULL,
                "title": f"A very long title {prose(5000)}",
                "abstract": prose(1_000_000),
                "validity": [prose(5000) for _ in range(500)],
            },
            inputs={"properties": {f"input{n}": {"type": "number", "description": prose(900)} for n in range(1500)}},
            examples={f"e{n}": {"inputs": {"a": prose(9000)}} for n in range(300)},
        ),
    )
    recursive = {
        "$defs": {"a": {"properties": {"a": {"$ref": "#/$defs/a"}, "b": {"$ref": "#/$defs/a"}}}},
        "$ref": "#/$defs/a",
    }
    put(site, record("cms-round-1", inputs=recursive))


def test_an_empty_catalogue_says_so(tmp_path: Any, home: Any) -> None:
    with running(tmp_path) as service:
        for path, words in (("/", "Nothing is published here yet"), ("/analyses", "Nothing is published here yet")):
            page = read(httpx2.get(service.url + path, trust_env=False, timeout=60))
            assert words in page.words
        assert "There is no such request" in read(httpx2.get(f"{service.url}/requests", trust_env=False)).words


def test_the_first_page_leads_on(see: See) -> None:
    page = see("/")
    assert page.links["8 searches"] == "/analyses" and page.links["0 requests"] == "/requests"
    assert page.links["ATLAS"] == "/analyses?collaboration=ATLAS"
    assert page.one("form").attributes == {"class": "search", "role": "search", "method": "get", "action": "/analyses"}


def test_a_search_is_its_address(see: See) -> None:
    page = see("/analyses?q=lepton&collaboration=ATLAS&policy=at-once")
    assert "4 analyses found" in page.words
    assert {it.attributes["name"]: it.attributes["value"] for it in page.all("input")} == {
        "q": "lepton", "collaboration": "ATLAS", "policy": "at-once",
    }  # fmt: skip
    assert page.links["remove Collaboration: ATLAS"] == "/analyses?q=lepton&policy=at-once"
    assert page.links["wino"] == "/analyses?q=lepton&collaboration=ATLAS&model=wino&policy=at-once"
    assert "Requests: requests run at once" in page.words and "withdrawn" in page.words


def test_every_facet_can_be_followed(see: See, browser: httpx2.Client) -> None:
    page = see("/analyses")
    facets = [it for it in page.all("a") if any("facet" in above.attributes.get("class", "") for above in it.above)]
    assert len(facets) > 10
    for link in facets:
        found = see(link.attributes["href"])
        assert "0 analyses" not in found.words, link


def test_pages_of_a_list_follow_each_other(tmp_path: Any, home: Any) -> None:
    with running(tmp_path) as service, httpx2.Client(base_url=service.url, trust_env=False, timeout=60) as browser:
        for number in range(60):
            put(service, record(f"atlas-many-{number:03}"))
        seen: list[str] = []
        path = "/analyses?collaboration=ATLAS"
        while path:
            page = read(browser.get(path))
            assert "60 analyses found" in page.words
            seen += [it.attributes["href"] for it in page.all("a") if it.inside("h2")]
            path = page.links.get("Next page", "")
            assert ("First page" in page.links) == (len(seen) > 25)
        assert seen == [f"/analyses/atlas-many-{number:03}" for number in range(60)]


def test_a_search_that_finds_nothing_says_what_to_try(see: See) -> None:
    page = see("/analyses?q=lepton+leptoquark+%22&collaboration=CMS")
    assert page.links["lepton leptoquark"] == "/analyses?q=lepton+leptoquark&collaboration=CMS"
    assert page.links["Collaboration: CMS"] == "/analyses?q=lepton+leptoquark+%22"
    assert "Ask for a search that nobody has archived" in page.words
    assert 'wanted: "lepton leptoquark \\""' in page.words


def test_a_record_shows_all_that_is_known(see: See) -> None:
    page = see("/analyses/atlas-full-1")
    for words in (
        "atlas-full-1 1.0.0 · ATLAS", "13 TeV", "139 fb⁻¹", "community: not by the collaboration",
        "Signed by anna@example.org, who is an accepted signer here.",
        "5 of 6 published numbers reproduced, 1 with a documented deviation.",
        "Validated by anna 2026-01-31 12:00 UTC",
        "number: 100 to 3000", "GeV", "needed", "The mass.", "300", "Seven points.", "limit: CLs and upper limits",
        "m from 150 to 1000 GeV", "15 s on two cores", f"sha256:{'a' * 64}", "no digest is known yet", "Jane Doe",
        "each requester may use 10 core-hours in 30 days", "Own branching ratios are welcome.",
        "recast run atlas-full-1@1.0.0 --example demo", "arXiv:1909.09226", "What changed in 1.0.0: First version.",
    ):  # fmt: skip
        assert words in page.words, words
    assert "jane@example.org" not in page.words, "an address is nobody's business"
    assert page.links["1909.09226"] == "https://arxiv.org/abs/1909.09226"
    assert page.links["1755298"] == "https://inspirehep.net/literature/1755298"
    assert page.links["ins1755298"] == "https://www.hepdata.net/record/ins1755298"
    assert page.links["10.1140/epjc/s10052-020-8050-3"] == "https://doi.org/10.1140/epjc/s10052-020-8050-3"
    assert page.links["wino"] == "/analyses?model=wino"
    assert page.links["0.9.0"] == "/analyses/atlas-full-1/versions/0.9.0"
    assert len([it for it in page.all("math") if it.inside("h1")]) == 1 and len(page.all("math")) == 6


def test_another_version_says_which_one_stands(see: See) -> None:
    page = see("/analyses/atlas-full-1/versions/0.9.0")
    assert page.links["another version stands for this analysis"] == "/analyses/atlas-full-1"
    assert "Deprecated" in page.words and "A region was misread." in page.words
    assert "another version" not in see("/analyses/atlas-full-1/versions/1.0.0").words


def test_a_version_whose_number_ends_as_a_document_does_has_a_page(site: Running, see: See) -> None:
    numbers = ("1.0.0-rc", "1.0.0-rc.json", "1.0.0")
    name = put(site, *(record("atlas-named-1", number) for number in numbers))
    address = see(f"/analyses/{name}").links["1.0.0-rc.json"]
    assert address == f"/analyses/{name}/versions/1.0.0-rc.json/"
    page = see(address)
    assert page.links["this page as JSON"] == f"/analyses/{name}/versions/1.0.0-rc.json.json"
    assert page.links["CITATION.bib"] == f"/analyses/{name}/versions/1.0.0-rc.json/CITATION.bib"
    for number in numbers[:2]:
        beside = httpx2.get(f"{site.url}/analyses/{name}/versions/{number}.json", trust_env=False)
        assert beside.json()["version"] == number
    see(f"/analyses/{name}/versions/1.0.0-none.json/", 404)


def test_a_withdrawn_version_has_a_banner_and_invites_nobody(see: See) -> None:
    page = see("/analyses/atlas-gone-1")
    (banner,) = (it for it in page.elements if it.attributes.get("role") == "note")
    assert "Withdrawn: do not rely on its answers. A region was misread." in " ".join(banner.text.split())
    assert "Ask for points of your own" not in page.words


def test_a_failed_validation_is_said_as_plainly_as_a_good_one(see: See) -> None:
    page = see("/analyses/atlas-failed-1")
    assert "2 of 3 published numbers reproduced, 1 FAILED." in page.words
    assert "Failed: squark_1600" in page.words and "takes no requests" in page.words
    assert "not validated" in see("/analyses?q=atlas-failed-1").words


def test_a_record_with_nothing_in_it_says_what_is_missing(see: See) -> None:
    page = see("/analyses/cms-bare-1")
    for words in ("It has no abstract.", "Not validated", "It takes no inputs.", "Not signed.", "nobody is named yet"):
        assert words in page.words
    assert page.one("h1").text == "cms-bare-1"


def test_what_strangers_wrote_stays_text(see: See) -> None:
    for path in ("/analyses/cms-hostile-1", "/analyses/cms-hostile-1/versions/1.0.0", "/analyses?q=alert", "/analyses"):
        page = see(path)
        assert "\u202e" not in page.source and "\u200b" not in page.source
        assert not [it for it in page.addresses if not re.match(r"https://|/|#", it)]
    page = see("/analyses/cms-hostile-1")
    assert (
        "<script>alert(1)</script>" in page.words and "{{7*7}}" in page.words and "\\u202etxt.exe\\u200b" in page.words
    )
    assert not [it for it in page.addresses if it.startswith("https://")], "no number of theirs has the form of a place"


def test_a_query_stays_text(see: See) -> None:
    page = see(f"/analyses?q={quote(SCRIPT)}&collaboration={quote(SCRIPT)}")
    assert "\u202e" not in page.source and "\u200b" not in page.source
    assert page.all("input")[0].attributes["value"].startswith("<script>alert(1)</script>\"'>")


@pytest.mark.parametrize("name", ["cms-wrong-1", "cms-round-1", "cms-long-1"])
def test_a_record_that_is_not_as_it_should_be_is_shown_all_the_same(see: See, name: str) -> None:
    page = see(f"/analyses/{name}")
    assert name in page.words
    if name == "cms-wrong-1":
        assert "The schema of its inputs cannot be read." in page.words
    if name == "cms-long-1":
        assert "more inputs: the JSON of this page has all of them" in page.words


def test_no_example_breaks_out_of_a_command(see: See) -> None:
    commands = see("/analyses/cms-hostile-1").all("pre")
    assert "--example '<script>" in commands[1].text


def test_the_document_beside_a_page_is_that_of_the_api(site: Running, browser: httpx2.Client, see: See) -> None:
    for path in (
        "/analyses", "/analyses?q=lepton&collaboration=ATLAS", "/analyses/atlas-full-1",
        "/analyses/atlas-full-1/versions/0.9.0", "/analyses/cms-hostile-1",
    ):  # fmt: skip
        page = see(path)
        (beside,) = (
            it.attributes["href"] for it in page.all("link") if it.attributes.get("type") == "application/json"
        )
        bare, _, query = beside.partition("?")
        answer = browser.get(beside)
        assert answer.headers["content-type"] == "application/json"
        assert answer.content == site.client().get(f"{bare.removesuffix('.json')}?{query}").content
        assert page.links["this page as JSON"] == beside


def test_what_is_not_there(browser: httpx2.Client) -> None:
    for path in ("/analyses/none-1", "/analyses/atlas-full-1/versions/9.9.9", f"/analyses/{SCRIPT[:30]}"):
        page = read(browser.get(path), 404)
        assert (
            page.links["search the analyses"] == "/analyses"
            and page.links["not-found"] == "/docs/reference/errors/not-found"
        )
        document = browser.get(f"{path}.json")
        assert document.status_code == 404 and document.headers["content-type"] == "application/problem+json"


def test_what_is_asked_wrongly(browser: httpx2.Client) -> None:
    for path in (
        "/analyses?cursor=nonsense",
        f"/analyses?q={'x' * 301}",
        "/requests?state=lost",
        "/requests?cursor=zzz",
    ):
        page = read(browser.get(path), 422)
        assert page.one("h1").text and page.links.keys() & {"desk.cursor", "request.invalid"}
    assert "It knows" in read(browser.post("/analyses"), 405).words
