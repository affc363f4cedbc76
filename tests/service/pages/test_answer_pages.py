"""The pages of answers: what a physicist reads there, without scripts, and what strangers may have written."""

from __future__ import annotations

import re
from typing import Any

import pytest

from recast.desk.model import Request
from recast.service.pages.assets import asset_path
from tests.service.answers.plane import LIMITS, YIELDS, asked_point, plane, published
from tests.service.pages.filled import Browser, logged_in
from tests.service.pages.reading import Page, read
from tests.service.running import Running
from tests.service.staged import MACHINE, Staged

HOSTILE = "<script>alert(1)</script>‮\u200b\x1b[31m{{7*7}}"


@pytest.fixture(scope="module")
def staged(site: Running) -> Staged:
    return published(site)


@pytest.fixture(scope="module")
def released(staged: Staged) -> Request:
    return plane(staged, "released")


def rows(page: Page) -> list[str]:
    return [it.text.split()[0] for it in page.all("tr") if it.inside("tbody")]


def test_a_plane_has_its_contour_and_its_points(see: Any, released: Request) -> None:
    page = see(f"/requests/{released.id}/answers")
    chart = next(it for it in page.all("svg") if "chart" in it.attributes.get("class", ""))
    assert chart.attributes["role"] in ("img", "group", "figure", "graphics-document")
    for words in ("Automatic: a machine ran", "18 excluded, 12 not excluded", "published limits at these points"):
        assert words in page.words, words
    assert "nuisances and auxiliary data at the fit to data" in page.words
    assert len(rows(page)) == 30
    assert f"/requests/{released.id}/points/p1" in page.addresses
    assert f"/requests/{released.id}/answers/a1" in page.addresses  # every number opens to its evidence
    for name in ("chart.svg", "chart.png", "chart.pdf", "answers.csv", "answers.json", "hepdata.zip"):
        assert any(f"/downloads/{name}" in it for it in page.addresses), name
    assert asset_path("charts.js") in page.source


def test_it_is_linked_from_the_request(see: Any, released: Request) -> None:
    page = see(f"/requests/{released.id}")
    assert {f"/requests/{released.id}/answers", f"/requests/{released.id}/points/p1"} <= set(page.addresses)


def test_the_table_sorts_filters_and_turns_by_links(see: Any, released: Request) -> None:
    path = f"/requests/{released.id}/answers"
    page = see(path)
    sorts = next(it for it in page.addresses if "sort=cls_obs" in it)
    first = see(sorts.partition("#")[0])
    assert rows(first)[0] == "p1" and rows(first)[-1] in ("p29", "p30")
    assert [it.attributes["aria-sort"] for it in first.all("th") if "aria-sort" in it.attributes] == ["ascending"]
    turned = next(it for it in first.addresses if "sort=-cls_obs" in it)
    assert rows(see(turned.partition("#")[0]))[0] in ("p29", "p30")
    assert len(rows(see(f"{path}?verdict=allowed"))) == 12
    assert rows(see(f"{path}?q=m_chargino_gev=700+150")) == ["p15"]
    part = see(f"{path}?limit=7&sort=cls_obs&cursor=28")
    assert len(rows(part)) == 2 and any("First page" in it.text for it in part.all("a"))


def test_axes_are_chosen_by_a_form_and_limits_are_drawn_against_one(see: Any, released: Request) -> None:
    page = see(f"/requests/{released.id}/answers?x=m_neutralino_gev&y=m_chargino_gev")
    assert [it.attributes["value"] for it in page.all("option") if "selected" in it.attributes] == [
        "m_neutralino_gev",
        "m_chargino_gev",
    ]
    line = see(f"/requests/{released.id}/answers?x=xsec_fb&quantity=xsec")
    assert "Upper limit on σ" in line.words and "quantity=mu" in " ".join(line.addresses)
    usual = see(f"/requests/{released.id}/answers?x=xsec_fb")
    assert "CLs" in [it.text for it in usual.all("b")] and "quantity=cls" not in " ".join(usual.addresses)
    assert "18 excluded" in see(f"/requests/{released.id}/answers?x=nothing&y=x").words  # the declared plane


def test_a_point_says_its_verdict_and_how_to_read_it(see: Any, released: Request) -> None:
    page = see(f"/requests/{released.id}/points/p1")
    assert LIMITS[0]["verdict"] in page.words
    for words in ("Upper limit on the cross section at 95% CL [fb]", "9.897", "+2σ", "0.832", "Published", "12.3"):
        assert words in page.words, words
    for words in ("at the fit to data", "accepted by the owners", "SRHMEM_mct2[0]", "Observed events"):
        assert words in page.words, words
    assert len(page.all("svg")) == 2
    assert f"/api/v1/requests/{released.id}/answers/a1/charts/yields-1.svg" in page.addresses
    assert page.addresses.count(f"/requests/{released.id}/answers/a1") > 15
    assert see(f"/requests/{released.id}/points/p9").all("svg")
    see(f"/requests/{released.id}/points/p31", 404)


def test_regions_stand_side_by_side_and_the_choice_is_explained(site: Running, staged: Staged) -> None:
    def region(name: str, scale: float) -> dict[str, Any]:
        limit = {**LIMITS[5], "point": {"region": name, "m": 1}}
        return {**limit, "cls_exp": [it * scale for it in LIMITS[5]["cls_exp"]]}

    request = staged.request("accepted", points=[{"coordinates": {"m": 1}}])
    staged.act(request.id, "run", staged.carol)
    staged.act(request.id, "start-run", MACHINE, run="r-regions", points=["p1"])
    results = [region("SR-A", 1.0), region("SR-B", 0.1)]
    steps = [{"name": "all", "events": 10.0, "error": 1.0, "raw": 100}, {"name": "jets", "events": 0.0, "error": None}]
    cutflow = {"type": "cutflow", "name": "cuts", "region": "SR-A", "steps": steps}
    efficiency = {
        "type": "efficiency",
        "name": "ae",
        "point": {},
        "regions": [{"region": "SR-A", "efficiency": 0.2, "error": 0.01}],
    }
    table = {
        "type": "table",
        "name": "t",
        "title": "A table",
        "columns": [{"name": "a", "unit": "GeV"}],
        "rows": [[1.5]],
    }
    results += [cutflow, efficiency, table, {"type": "plot", "name": "bins", "title": "Bins", "file": "bins.png"}]
    staged.act(request.id, "answer-point", MACHINE, run="r-regions", point="p1", results=results)
    page = logged_in(site, "carol").see(f"/requests/{request.id}/points/p1")
    assert "It is that of SR-B, the most sensitive of 2 by expectation" in page.words
    assert "the smallest median expected CLs. Observed values are not used" in page.words
    for words in ("SR-A: CLs at μ = 1", "Cutflow", "0.200", "A table", "a [GeV]", "1.500", "Bins"):
        assert words in page.words, words


def test_before_the_release_a_stranger_sees_that_there_are_answers_and_no_more(
    site: Running, see: Any, staged: Staged
) -> None:
    request = plane(staged, limits=LIMITS[:9], left=1)
    page = see(f"/requests/{request.id}/answers")
    assert page.words.count("answered, not released yet") >= 8 and "excluded" not in page.words.replace(
        "unexcluded", ""
    )
    assert "its results are not released yet" in see(f"/requests/{request.id}/points/p1").words
    assert "None of them has an answer that you may read" in see(f"/requests/compare?with={request.id}").words
    inside = logged_in(site, "carol").see(f"/requests/{request.id}/answers")
    assert "excluded (8)" in inside.words or "excluded (7)" in inside.words
    assert "proposed" in inside.words


def test_it_follows_while_answers_come_in_and_is_the_same_when_loaded_again(
    see: Any, staged: Staged, released: Request
) -> None:
    request = plane(staged, limits=LIMITS[:9], left=2)
    followed = next(it for it in see(f"/requests/{request.id}/answers").all("article"))
    assert followed.attributes["data-events"] == f"/api/v1/requests/{request.id}/events"
    parts = followed.attributes["data-follow"].split()
    ids = {it.attributes.get("id") for it in see(f"/requests/{request.id}/answers").elements}
    assert parts and set(parts) <= ids
    assert "data-follow" not in see(f"/requests/{released.id}/answers").one("article").attributes


def test_requests_beside_each_other(site: Running, see: Any, staged: Staged, released: Request) -> None:
    other = [{**it, "cls_obs": it["cls_obs"] * 1.5} for it in LIMITS[:3]]
    second = plane(staged, "released", limits=[*other, LIMITS[29]], title="Again")
    page = see(f"/requests/compare?with={released.id}&with={second.id}")
    assert "Points are matched by m_chargino, m_neutralino" in page.words and "+50.0%" in page.words
    assert len(rows(page)) == 30 and "26 with one value alone" in page.words
    assert rows(see(f"/requests/compare?with={released.id}&with={second.id}&verdict=turned")) == []
    assert any("quantity=mu_ul_obs" in it for it in page.addresses)
    private = plane(staged, "released", "private", LIMITS[:2])
    see(f"/requests/compare?with={released.id}&with={private.id}", 404)
    mine = Browser(logged_in(site, "alice").client, logged_in(site, "alice").cookie)
    assert private.id in mine.see(f"/requests/compare?with={released.id}&with={private.id}").source
    for query, status in (("", 400), ("with=" + "&with=".join(f"q{it}" for it in range(7)), 400), ("with=q1", 404)):
        see(f"/requests/compare?{query}", status)


def test_what_strangers_wrote_is_text(site: Running, staged: Staged) -> None:
    limit = {**LIMITS[0], "point": {**LIMITS[0]["point"], "region": HOSTILE, HOSTILE: 1.0}, "notes": [HOSTILE]}
    limit |= {"verdict": HOSTILE, "published": {"cls_obs": 0.1, "source": HOSTILE}}
    yields = {**YIELDS[0], "regions": [{**YIELDS[0]["regions"][0], "region": HOSTILE}]}
    request = staged.request("accepted", title=f"<b>{'x' * 50}", points=[asked_point(LIMITS[0])])
    staged.act(request.id, "run", staged.carol)
    staged.act(request.id, "start-run", MACHINE, run="r-hostile", points=["p1"])
    results = [
        limit,
        yields,
        {"type": "limit", "name": HOSTILE},
        {"type": HOSTILE},
        {"type": "table", "rows": [1, [HOSTILE]]},
    ]
    staged.act(request.id, "answer-point", MACHINE, run="r-hostile", point="p1", results=results)
    carol = logged_in(site, "carol")
    for path in ("answers", "points/p1", f"answers?x={'A' * 90}&y=B", "answers?sort=%3Cb%3E"):
        page = carol.see(f"/requests/{request.id}/{path}")
        assert "<script>alert" not in page.source and "\x1b" not in page.source and "‮" not in page.source
    assert "<script>alert" not in carol.see(f"/requests/compare?with={request.id}").source
    for name in ("limits.svg", "yields-1.svg"):
        drawn = site.client(site.person("carol")).get(f"/requests/{request.id}/answers/a1/charts/{name}")
        assert drawn.status_code == 200 and b"<script" not in drawn.content and b"\x1b" not in drawn.content


def test_addresses_that_nobody_gave(site: Running, browser: Any, released: Request) -> None:
    for query in ("cursor=-1", "cursor=x", "limit=0", "verdict=x", "quantity=x", "x=" + "a" * 200):
        read(browser.get(f"/requests/{released.id}/answers?{query}"), 422)
    assert read(browser.get(f"/requests/{released.id}/answers?cursor=999999"), 200)


def test_a_page_of_two_hundred_points_is_small_enough(site: Running, browser: Any, staged: Staged) -> None:
    def moved(number: int) -> dict[str, Any]:
        where = {"m_chargino_gev": 100 + number % 20 * 50, "m_neutralino_gev": number // 20 * 50}
        return {**LIMITS[number % 30], "point": {**LIMITS[number % 30]["point"], **where, "name": f"n{number}"}}

    request = plane(staged, "released", limits=[moved(number) for number in range(200)])
    page = read(browser.get(f"/requests/{request.id}/answers"))  # its reader knows what a page may have
    assert len(rows(page)) == 50 and re.search("200 points", page.words)
