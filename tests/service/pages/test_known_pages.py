"""What is known and not archived: found by words and numbers, asked for, claimed; and gone once it is archived."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from recast.catalogue.unarchived import known_searches
from tests.service.pages.filled import logged_in
from tests.service.pages.reading import Page
from tests.service.pages.shelf import SCRIPT
from tests.service.running import Running
from tests.service.staged import Staged

ONE = "atlas-susy-2019-09"


@pytest.mark.parametrize(
    "words", ["2106.01676", "arXiv:2106.01676", "THREE leptons", ONE, "10.1140/epjc/s10052-021-09749-7"]
)
def test_it_is_found_by_words_and_numbers(see: Callable[..., Page], words: str) -> None:
    page = see(f"/analyses/known?q={words}")
    assert f"/analyses/known/{ONE}" in page.addresses
    assert len(see("/analyses/known").all("h2")) == len(known_searches())


def test_nothing_found_leads_on(see: Callable[..., Page]) -> None:
    page = see("/analyses/known?q=unicorns%26a%3Db")
    assert page.links["ask for “unicorns&a=b”, whether or not it is known"] == "/requests/new?wanted=unicorns%26a%3Db"
    assert see("/analyses?q=unicorns").links["among those that are known and not archived"].endswith("?q=unicorns")
    assert "<script>" in see(f"/analyses/known?q={SCRIPT[:40]}".replace("#", "%23")).words


def test_its_page_says_who_has_asked_and_how_to_ask(site: Running, see: Callable[..., Page]) -> None:
    path = f"/analyses/known/{ONE}"
    before = see(path)
    assert "Nobody, as far as you may know." in before.words
    assert before.links["2106.01676"] == "https://arxiv.org/abs/2106.01676"
    (wanted,) = parse_qs(urlsplit(before.links["Ask for it"]).query)["wanted"]
    assert wanted == f"{ONE} (arXiv:2106.01676)"
    staged = Staged(site)
    points = [{"coordinates": {"m": 1}}]
    asked = {}
    for title, words, audience in (
        ("By its own words", wanted, "public"), ("By number", "https://arxiv.org/abs/2106.01676v2", "public"),
        ("Another", "arXiv:2106.016761", "public"), ("Hidden", wanted, "private"), ("Unlisted", wanted, "unlisted"),
    ):  # fmt: skip
        asked[title] = staged.act(
            None, "draft", staged.alice, wanted=words, title=title, audience=audience, points=points
        )
        staged.act(asked[title].id, "submit", staged.alice)
    page = see(path)
    assert "By its own words" in page.words and "By number" in page.words
    assert not [it for it in ("Another", "Hidden", "Unlisted") if it in page.words]
    assert page.links["Claim “By number”"] == f"/requests/{asked['By number'].id}#act-claim"
    claim = logged_in(site, "bob").see(f"/requests/{asked['By number'].id}")
    assert [it for it in claim.elements if it.attributes.get("id") == "act-claim"]
    assert "Hidden" in logged_in(site, "alice").see(path).words


def test_what_is_archived_is_not_there_any_more(site: Running, see: Callable[..., Page]) -> None:
    name = [*known_searches()][-1]
    see(f"/analyses/known/{name}")
    site.publish(name)
    see(f"/analyses/known/{name}", 404)
    assert f"/analyses/known/{name}" not in see("/analyses/known").addresses
    see("/analyses/known/no-such", 404)


def test_the_documents_beside_them_are_those_of_the_api(
    site: Running, browser: httpx2.Client, see: Callable[..., Page]
) -> None:
    for path, own in (("/analyses/known?q=squarks", "/known?q=squarks"), (f"/analyses/known/{ONE}", f"/known/{ONE}")):
        beside = browser.get(see(path).links["this page as JSON"])
        assert beside.content == site.client().get(own).content and beside.json()
