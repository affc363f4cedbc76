"""A search says how it was read, what it looked for instead, and what may have been meant; nothing breaks it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx2
import pytest

from recast.ledger.catalogue.records import FACETS as KEPT
from recast.service.api.analyses import chosen_facets
from recast.service.pages.words import FACETS
from tests.service.pages.reading import Page, read
from tests.service.pages.shelf import SCRIPT, put, record
from tests.service.running import Running

See = Callable[..., Page]
REFERENCES = {"arxiv": "1909.09226", "doi": "10.1140/epjc/s10052-020-8050-3", "inspire": 1755298}


@pytest.fixture(scope="module", autouse=True)
def catalogue(site: Running) -> None:
    """Put in what is searched."""
    about = {"collaboration": "ATLAS", "sqrts_tev": 13, "luminosity_inv_fb": 139, "references": REFERENCES}
    put(
        site,
        record(
            "atlas-susy-2019-08", metadata={**about, "title": r"Higgsinos $\tilde{\chi}_1^0$ and gluinos, step by step"}
        ),
    )
    put(
        site,
        record(
            "cms-exo-20-004", metadata={"title": "Stop squarks and gluons", "collaboration": "CMS"}, validation=None
        ),
    )


def test_a_search_says_what_it_looked_for(see: See) -> None:
    page = see("/analyses?q=collaboration:ATLAS+higsino")
    assert "Nothing is found for collaboration:ATLAS higsino: these have collaboration:ATLAS higgsino." in page.words
    assert "1 analysis found" in page.words
    assert page.all("input")[0].attributes["value"] == "collaboration:ATLAS higsino"


def test_a_search_says_what_may_have_been_meant(see: See, site: Running) -> None:
    page = see("/analyses?q=stap")
    assert "these have step" in page.words and page.links["stop"] == "/analyses?q=stop"
    document = site.client().get("/analyses", params={"q": "stap"}).json()
    assert (document["instead"], document["meant"], document["notes"]) == ("step", ["stop"], [])
    assert site.client().get("/analyses", params={"q": "step"}).json()["meant"] == []


def test_a_search_says_how_it_was_read(see: See, site: Running) -> None:
    page = see("/analyses?q=colour:squarks")
    assert "There is no field colour: it was looked for as a word." in page.words
    assert site.client().get("/analyses", params={"q": "gluinos"}).json()["instead"] is None


@pytest.mark.parametrize(
    "words",
    ["https://arxiv.org/abs/1909.09226v2", "ins1755298", "ATLAS-SUSY-2019-08", r"\chi gluinos", "χ", "title:higgsinos",
     "lumi:139", "10.1140/epjc/s10052-020-8050-3", '"and gluinos"', "validated:yes"],
)  # fmt: skip
def test_one_search_is_found_in_many_ways(site: Running, words: str) -> None:
    found = site.client().get("/analyses", params={"q": words}).json()
    assert [it["analysis"] for it in found["items"]] == ["atlas-susy-2019-08"]


def test_facets_for_what_is_known_of_a_search(see: See) -> None:
    page = see("/analyses")
    assert page.links["139"] == "/analyses?luminosity_inv_fb=139"
    assert page.links["not validated"] == "/analyses?validated=no"
    assert "Validation: not validated" in see("/analyses?validated=no").words


HOSTILE = ['"' * 300, "a " * 150, "' & | ! <-> :* ( ) { } ^ - + ~ \\", '" OR words:* NEAR(a b) --',
           "\u202e\u200b" * 100,
           "a:b:c:d " * 30, "💥" * 70, "\ufdfa" * 100, "e\u0301" * 150, "10.1/" * 60, "a-1" * 90, "é" * 300, SCRIPT,
           "%", "_", "*", "'; DROP TABLE searched; --", "SELECT", "\\" * 300, "zzzzzzzz " * 30, "超" * 300]  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_no_question_breaks_a_search(browser: httpx2.Client, words: str) -> None:
    read(browser.get("/analyses", params={"q": words}))


def test_facets_are_the_same_everywhere() -> None:
    asked = asyncio.run(chosen_facets())
    assert list(asked) == list(FACETS) and set(asked) == set(KEPT)


def test_a_question_of_ten_kilobytes_is_refused(browser: httpx2.Client) -> None:
    read(browser.get("/analyses", params={"q": "a\x00b"}), 400)
    for words in ("x" * 10_000, "word " * 1000):
        read(browser.get("/analyses", params={"q": words}), 422)
