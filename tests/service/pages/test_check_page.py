"""The page that checks a point: by masses, a table, a spectrum, words; for a stranger and for somebody known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from recast.errors import InfrastructureError, InputError
from recast.service.pages.assets import asset_path
from recast.service.pages.catalogue.check import shown_check
from tests.service.pages.filled import OURS, form_of
from tests.service.pages.reading import Page, read
from tests.service.pages.shelf import SCRIPT, put, record
from tests.service.running import Running

ANSWER: dict[str, Any] = {
    "request": "q1",
    "point": "p1",
    "authority": "automatic",
    "coordinates": {"m_squark": 1200, "m_neutralino": 290},
    "distance": 0.03,
    "version": "1.0.0",
    "cls_obs": 0.02,
    "cls_exp": [0.001, 0.01, 0.04, 0.1, 0.3],
    "excluded": True,
    "verdict": "Excluded at 95% CL (CLs obs 0.020)",
    "caveat": "",
}
SEARCH: dict[str, Any] = {
    "analysis": "atlas-1",
    "version": "1.0.0",
    "title": r"Squarks to $\tilde{\chi}$",
    "points": 3,
    "takes": 1,
    "outside": 1,
    "unknown": 0,
    "reasons": ["too heavy"],
    "clauses": [{"clause": "masses", "says": "no", "why": "m(squark) is 5 TeV", "points": 1}],
    "next": "recast run atlas-1 -p x=1",
    "cost": {"words": "about 0.1 core-hours, by 3 earlier runs"},
    "nearest": [{"point": "p1", "answers": [ANSWER]}],
}
FOUND: dict[str, Any] = {
    "read": {"kind": "masses", "points": 3, "notes": []},
    "version": None,
    "searches": [SEARCH, {**SEARCH, "analysis": "cms-2", "takes": 0, "outside": 0, "nearest": [], "cost": {}}],
    "uncovered": [
        {
            "point": "p3",
            "coordinates": {"m_squark": 5000},
            "closest": {"analysis": "atlas-1", "clause": "masses"},
            "why": "m(squark) is 5 TeV",
        }
    ],
    "faults": [],
    "nearest": [],
    "cost": {"words": "not known"},
}


@pytest.fixture
def asked(site: Running, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the check was asked; it answers what `FOUND` is by then."""
    questions: list[dict[str, Any]] = []

    def check(document: dict[str, Any], *_: Any) -> dict[str, Any]:
        questions.append(document)
        return FOUND

    monkeypatch.setitem(site.parts.__dict__, "check", check)
    return questions


def test_the_page_asks_and_answers(browser: httpx2.Client, asked: list[dict[str, Any]]) -> None:
    page = read(browser.get("/check"))
    assert not asked and "What the searches say" not in page.words
    form = form_of(page)
    assert form.address == "/check" and form.kind == "multipart/form-data"
    answer = browser.post("/check", data={"text": "m_squark=1200\r\nm_neutralino=300"}, headers=OURS)
    page = read(answer)
    assert asked == [{"analysis": "", "version": "", "points": [], "text": "m_squark=1200\nm_neutralino=300"}]
    assert "takes 1 of 3, 1 outside of where it was validated" in page.words
    assert "masses (1 of 3): m(squark) is 5 TeV" in page.words
    assert "Excluded at 95% CL (CLs obs 0.020)" in page.words and "/requests/q1" in page.addresses
    assert "about 0.1 core-hours" in page.words
    assert "No search here covers 1 point" in page.words and "(closest: atlas-1)" in page.words
    assert "1 search that does not, and why" in page.words
    assert "m_squark=1200\nm_neutralino=300" in page.one("textarea").text, "what was asked stays there"
    assert next(it.text for it in page.elements if it.attributes.get("role") == "status") == "1 of 2 searches take it."
    again = read(browser.get(page.links["A link to this question"]))
    assert again.words == page.words and asked[-1] == asked[0]
    ask = form_of(page, "paste", "do")
    assert ask.address == "/requests/new" and ("analysis", "atlas-1") in ask.fields
    assert answer.headers["cache-control"] == "no-store"


def test_a_file_is_read_and_named_nowhere(browser: httpx2.Client, asked: list[dict[str, Any]]) -> None:
    spectrum = "BLOCK MASS\n 1000021 1500.\n"
    files = {"file": ("my secret.slha", spectrum.encode(), "application/octet-stream")}
    page = read(browser.post("/check", data={"text": ""}, files=files, headers=OURS))
    assert asked[-1]["text"] == spectrum and "secret" not in page.source
    packed = {"file": ("x.gz", b"\x1f\x8b\xff\xfe", "application/gzip")}
    page = read(browser.post("/check", data={"text": "kept"}, files=packed, headers=OURS), 422)
    assert "The file is no text" in page.words and page.one("textarea").text.strip() == "kept"
    large = {"file": ("x.csv", b"m\n" + b"1\n" * 600_000, "text/csv")}
    assert "too much to check at once" in read(browser.post("/check", files=large, headers=OURS), 422).words


def test_of_one_search(browser: httpx2.Client, asked: list[dict[str, Any]]) -> None:
    page = read(browser.get("/check?analysis=cms-2&version=1.0.0"))
    assert "Check a point of this search" in page.words and page.links["cms-2"] == "/analyses/cms-2"
    fields = dict(form_of(page).fields)
    assert fields["analysis"] == "cms-2" and fields["version"] == "1.0.0"
    page = read(browser.post("/check", data={**fields, "text": "m_x=1"}, headers=OURS))
    assert asked[-1]["analysis"] == "cms-2" and "Other searches that take it" in page.words


def test_words_are_looked_for(site: Running, browser: httpx2.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {**FOUND, "read": {"kind": "words"}, "searches": []}
    monkeypatch.setitem(site.parts.__dict__, "check", lambda *_: found)
    name = put(site, record("atlas-wino-1"))
    page = read(browser.get("/check?text=wino"))
    assert "Searches for “wino”" in page.words and f"/check?analysis={name}" in page.addresses
    page = read(browser.get("/check?text=leptoquarkino"))
    assert page.links["ask for one that nobody has archived"] == "/requests/new?wanted=leptoquarkino"


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (InfrastructureError("Too many are at this now", code="service.busy"), 503),
        (InputError("The file cannot be used", why="It ends early."), 422),
    ],
)
def test_what_goes_wrong_is_told_beside_the_question(
    site: Running, browser: httpx2.Client, monkeypatch: pytest.MonkeyPatch, problem: Exception, status: int
) -> None:
    def check(*_: Any) -> dict[str, Any]:
        raise problem

    monkeypatch.setitem(site.parts.__dict__, "check", check)
    page = read(browser.post("/check", data={"text": "m_x=1"}, headers=OURS), status)
    assert str(problem).split(" (")[0] in page.words and page.one("textarea").text.strip() == "m_x=1"


def test_another_site_asks_nothing(browser: httpx2.Client) -> None:
    assert browser.post("/check", data={"text": "x"}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_whatever_a_check_says_can_be_shown() -> None:
    odd = dict.fromkeys(FOUND, SCRIPT)
    for found in ({}, odd, {**FOUND, "searches": [{}, 3, odd], "uncovered": [{}], "faults": [{}], "nearest": [odd]}):
        shown_check(found, "x", "")


def test_strangers_words_stay_words(browser: httpx2.Client, site: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    search = {key: SCRIPT if isinstance(value, str) else value for key, value in SEARCH.items()}
    search |= {"clauses": [dict.fromkeys(("clause", "says", "why"), SCRIPT)], "cost": {"words": SCRIPT}}
    search |= {"nearest": [{"point": SCRIPT, "answers": [{**ANSWER, **dict.fromkeys(("verdict", "request"), SCRIPT)}]}]}
    faults = [dict.fromkeys(("point", "where", "what", "why", "next", "code"), SCRIPT)]
    found = {**FOUND, "searches": [search], "faults": faults, "read": {"kind": SCRIPT, "notes": [SCRIPT]}}
    monkeypatch.setitem(site.parts.__dict__, "check", lambda *_: found)
    page = read(browser.post("/check", data={"text": SCRIPT}, headers=OURS))
    assert "<script>alert" not in page.source and "onerror=alert(1)&gt;" in page.source


def test_the_scripts_are_ours_and_small(browser: httpx2.Client, see: Callable[..., Page]) -> None:
    import gzip
    import hashlib
    import re

    folder = Path(asset_path.__code__.co_filename).parent / "static"
    said = re.search(r"sha256 `([0-9a-f]{64})`", (folder / "README.md").read_text())
    assert said and said[1] == hashlib.sha256((folder / "htmx.js").read_bytes()).hexdigest()
    assert "PERMISSION" in (folder / "htmx.LICENSE.txt").read_text().upper()
    scripts = [it.attributes["src"] for it in see("/check").all("script")]
    served = [browser.get(path) for path in scripts]
    assert [it.headers["content-type"] for it in served] == ["text/javascript; charset=utf-8"] * 2
    assert sum(len(gzip.compress(it.content)) for it in served) <= 35 << 10
    assert not see("/requests").all("script"), "pages that need none load none"


def test_search_as_one_types_takes_a_region_of_the_same_page(see: Callable[..., Page]) -> None:
    page = see("/analyses?q=wino")
    form = next(it for it in page.all("form") if it.attributes.get("role") == "search")
    ids = {it.attributes["id"] for it in page.elements if "id" in it.attributes}
    assert form.attributes["hx-get"] == form.attributes["action"] == "/analyses"
    assert form.attributes["hx-select"] == form.attributes["hx-target"] == "#found" and {"found", "count", "q"} <= ids
    (said,) = [it for it in page.elements if it.attributes.get("role") == "status"]
    assert said.attributes["id"] == "count" and not any(it.attributes.get("id") == "found" for it in said.above)
