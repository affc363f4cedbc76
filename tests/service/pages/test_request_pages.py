"""The list of requests, and their pages: in every state, for strangers, for whoever asked, for a contact."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from recast.desk.model import AUDIENCES, Actor
from recast.service.pages.posted.posting import terms
from recast.service.pages.request.actions import shown_actions
from recast.service.pages.request.shown import shown_request
from tests.service.pages.filled import form_of
from tests.service.pages.reading import HTML, Page, read
from tests.service.pages.shelf import SCRIPT, prose
from tests.service.running import ANALYSIS, Running
from tests.service.staged import MACHINE, ROAD, Staged


def by(site: Running, name: str, **given: Any) -> httpx2.Client:
    """Return the browser of somebody who is known by a token."""
    headers = {"Accept": HTML, "Authorization": f"Bearer {site.person(name, **given)}"}
    client = httpx2.Client(base_url=site.url, headers=headers, timeout=300, trust_env=False)
    site.clients.append(client)
    return client


WORDS = {
    "draft": "A draft: nobody else sees it",
    "submitted": "Submitted: it waits to be accepted. It expires",
    "accepted": "Accepted: its points are being answered.",
    "answered": "they wait for review and release",
    "released": "Released: its answers can be read and cited.",
}


@pytest.mark.parametrize("state", ROAD)
def test_a_request_in_every_state_for_everybody(
    site: Running, staged: Staged, browser: httpx2.Client, state: str
) -> None:
    request = staged.request(state)
    path = f"/requests/{request.id}"
    alice, carol = by(site, "alice"), by(site, "carol")
    page = read(alice.get(path))
    assert WORDS[state] in page.words and "by you, " in page.words and "3:" in page.words
    if state == "draft":
        for other in (browser, carol):
            assert read(other.get(path), 404).one("h1").text.startswith("There is no")
        return
    for other in (browser, carol):
        seen = read(other.get(path))
        assert WORDS[state] in seen.words and "by you, " not in seen.words
    stranger = read(browser.get(path))
    assert stranger.links["Log in"] == f"/login?to=/requests/{request.id}"
    shown = "Excluded at 95% CL" in stranger.words
    assert shown == (state == "released")
    if state == "answered":
        assert "its results are not released yet" in stranger.words
        assert "Excluded at 95% CL (CLs obs 0.020)" in read(carol.get(path)).words
    if state == "released":
        address = f"/api/v1{path}/answers/a1/statement"
        assert stranger.addresses.count(address) == 1 and browser.get(address).status_code == 200


def test_what_may_be_done_and_why_not(site: Running, staged: Staged, browser: httpx2.Client) -> None:
    request = staged.request("submitted")
    path = f"/requests/{request.id}"
    carol, alice = read(by(site, "carol").get(path)), read(by(site, "alice").get(path))
    assert form_of(carol, "accept").address == form_of(carol, "decline").address == path
    assert "Ends it here, with your reason. Who asked is told" in carol.words
    assert _why_not(carol)["Withdraw"] == "this is for an administrator or who made the request"
    assert _why_not(carol)["Run"] == (
        "the request is submitted; this needs accepted (it is done by a contact of the analysis or a coordinator of "
        "the collaboration or an administrator or an operator of the service or who made the request, where its "
        "analysis answers at once)"
    )
    assert _why_not(alice)["Accept"].startswith("nobody does this for a request of their own (it is done by a contact")
    assert alice.links["Change it"] == f"{path}/edit" and "Change it" not in carol.links
    stranger = read(browser.get(path))
    assert "Log in to do more: comment on it" in stranger.words
    assert not [it for it in stranger.all("form") if it.inside("main")], "who is nobody has nothing to send"


def _why_not(page: Page) -> dict[str, str]:
    """Return the buttons that are disabled, each with the words that describe it."""
    by_id = {it.attributes["id"]: it.text for it in page.elements if "id" in it.attributes}
    closed = [it for it in page.all("button") if "disabled" in it.attributes]
    return {it.text: by_id[it.attributes["aria-describedby"]] for it in closed}


@pytest.mark.parametrize("audience", AUDIENCES)
def test_what_is_hidden_is_the_page_of_what_is_not_there(
    site: Running, staged: Staged, browser: httpx2.Client, audience: str
) -> None:
    request = staged.request("submitted", audience)
    for ending in ("", ".json"):
        for client in (browser, by(site, "bob")):
            both = [client.get(f"/requests/{name}{ending}") for name in (request.id, "q" + "a" * 26)]
            if audience != "private":
                assert [it.status_code for it in both] == [200, 404]
                continue
            texts = [it.text.replace(name, "ID") for it, name in zip(both, (request.id, "q" + "a" * 26), strict=True)]
            assert texts[0] == texts[1] and [it.status_code for it in both] == [404, 404]
            names = ("content-type", "cache-control", "etag", "content-security-policy", "vary")
            assert len({tuple(it.headers.get(name) for name in names) for it in both}) == 1
    if audience != "public":
        assert request.id not in browser.get("/requests").text


def test_the_document_beside_it_is_that_of_the_api(site: Running, staged: Staged, browser: httpx2.Client) -> None:
    request = staged.request("released")
    for path in ("/requests", "/requests?state=released", f"/requests/{request.id}"):
        beside = read(browser.get(path)).links["this page as JSON"]
        bare, _, query = beside.partition("?")
        answer = browser.get(beside)
        assert answer.headers["content-type"] == "application/json"
        assert answer.content == site.client().get(f"{bare.removesuffix('.json')}?{query}").content
    assert browser.get(f"/requests/{request.id}.json").headers["etag"].startswith(f'"{request.version}-')


def test_nobody_is_offered_to_follow_what_they_follow(site: Running, staged: Staged) -> None:
    path = f"/requests/{staged.request('submitted').id}"
    bob = by(site, "bob")
    first = read(bob.get(path))
    assert "act-subscribe" in first.source and "act-unsubscribe" not in first.source
    assert site.act(site.client(site.person("bob")), path.rpartition("/")[2], "subscribe").status_code == 200
    then = read(bob.get(path))
    assert "act-unsubscribe" in then.source and "act-subscribe" not in then.source


def test_a_list_is_narrowed_by_its_address(site: Running, staged: Staged, browser: httpx2.Client) -> None:
    staged.request("submitted", title="To be found")
    page = read(browser.get(f"/requests?state=submitted&analysis={ANALYSIS}"))
    assert "To be found" in page.words and page.links["released"] == f"/requests?state=released&analysis={ANALYSIS}"
    assert page.links["for all analyses"] == "/requests?state=submitted"
    assert "yours" not in page.links and "yours" in read(by(site, "alice").get("/requests")).links
    assert "There is no such request that you may see" in read(by(site, "bob").get("/requests?mine=true")).words
    empty = read(browser.get("/requests?analysis=none&state=expired"))
    assert empty.links["in any state"] == "/requests?analysis=none"


def test_a_list_goes_on(site: Running, staged: Staged, browser: httpx2.Client) -> None:
    for _ in range(30):
        staged.request("submitted")
    first = read(browser.get("/requests?state=submitted"))
    second = read(browser.get(first.links["Next page"]))
    assert second.links["First page"] == "/requests?state=submitted"
    assert not {it for it in first.addresses if it.startswith("/requests/")} & {*second.addresses}


def test_what_people_write_stays_text(site: Running, staged: Staged, browser: httpx2.Client) -> None:
    plain = SCRIPT.replace("\u202e", "")
    point = {"coordinates": {"a": plain, plain[:60]: 1}, "inputs": {plain[:60]: [plain]}}
    request = staged.request("submitted", title=plain, model=plain, reason=plain, points=[point])
    request = staged.act(request.id, "comment", staged.alice, text=f"{plain}\nand $\\text{{{plain}}}$")
    request = staged.act(request.id, "withdraw", staged.alice, reason=plain)
    page = read(browser.get(f"/requests/{request.id}"))
    assert page.words.count("<script>alert(1)</script>") >= 6 and "\u200b" not in page.words
    assert "<script>" in read(browser.get("/requests?state=withdrawn")).words


def test_many_points_and_many_words_come_in_parts(site: Running, staged: Staged, browser: httpx2.Client) -> None:
    points = [{"coordinates": {"m": m, "n": m / 7}} for m in range(130)]
    request = staged.request("submitted", points=points)
    for number in range(45):
        staged.act(request.id, "comment", staged.carol if number % 2 else staged.alice, text=f"comment number {number}")
    path = f"/requests/{request.id}"
    first = read(browser.get(path))
    assert "1 to 25 of 130" in first.words and "1 to 20 of 45" in first.words and "person 1" in first.words
    last = read(browser.get(f"{path}?points=6&discussion=2"))
    assert "126 to 130 of 130" in last.words and last.links["Before"].startswith(f"{path}?")
    assert f"{path}?points=5&discussion=2#points" in last.addresses and f"{path}?points=6#discussion" in last.addresses
    assert "126 to 130 of 130" in read(browser.get(f"{path}?points=99999")).words
    assert read(browser.get(f"{path}?points=0"), 422).links["request.invalid"]


def test_long_values_and_long_words_are_cut(site: Running, staged: Staged, browser: httpx2.Client) -> None:
    points = [{"coordinates": {f"c{n}": prose(300) for n in range(20)}, "inputs": {"m": m}} for m in range(60)]
    request = staged.request("submitted", points=points, model=prose(1900), reason=prose(9900))
    for _ in range(20):
        staged.act(request.id, "comment", staged.alice, text=prose(9900))
    page = read(browser.get(f"/requests/{request.id}"))
    assert "… and 8 more" in page.words and "1 to 25 of 60" in page.words


def test_answers_stand_side_by_side_with_what_became_of_them(
    site: Running, staged: Staged, browser: httpx2.Client
) -> None:
    request = staged.request("released", points=[{"coordinates": {"m": 1}}])
    bob = Actor(site.people["bob"])
    yields = {
        "type": "yields",
        "name": "y",
        "regions": [
            {
                "region": "SR",
                "observed": 5,
                "background": 4.5,
                "background_error": 1.2,
                "signal": 2,
                "signal_error": 0.5,
            }
        ],
    }
    limit = {"type": "limit", "name": "limit", "mu_ul_obs": 1.5, "mu_ul_exp": [1, 1.2, 1.6, 2, 3], "cls_obs": 0.11}
    said = {"method": "full simulation", "by": "Bob"}
    staged.act(request.id, "answer", bob, point="p1", results=[limit, yields], provenance=said)
    digest = request.points[0].answers[0].digest
    staged.act(request.id, "warn", MACHINE, digest=digest, caveat="the version was withdrawn: a region was misread")
    page = read(by(site, "carol").get(f"/requests/{request.id}"))
    for words in (
        "Automatic", "Community", "Not excluded at 95% CL", "Excluded at 95% CL (CLs obs 0.020)",
        "Upper limit on μ: observed 1.500, expected 1.600 [1.200, 2.000]", "4.5 ± 1.2", "not reviewed yet",
        "the version was withdrawn: a region was misread",
    ):  # fmt: skip
        assert words in page.words, words
    assert "4.5 ± 1.2" not in read(browser.get(f"/requests/{request.id}")).words, "it is not released"


def test_a_search_that_nobody_has_archived(staged: Staged, browser: httpx2.Client) -> None:
    request = staged.act(
        None,
        "draft",
        staged.alice,
        wanted="arXiv:2106.01676",
        title="",
        audience="public",
        points=[{"coordinates": {"m": 1}}],
    )
    staged.act(request.id, "submit", staged.alice)
    page = read(browser.get(f"/requests/{request.id}"))
    assert "a search that nobody has archived: arXiv:2106.01676" in page.words
    assert page.one("h1").text == "A request without a title"
    assert "not archived yet: arXiv:2106.01676" in read(browser.get("/requests?state=submitted")).words


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"points": 5, "allowed": "x", "comments": [1]},
        {
            "points": [
                {
                    "answers": [
                        {
                            "results": [
                                {"type": "limit", "verdict": 5},
                                {"type": "limit", "mu_ul_obs": "x", "mu_ul_exp": [1]},
                                {"type": "yields", "regions": [1]},
                            ]
                        }
                    ],
                    "moved": {"limits": [{"relative": "x"}]},
                }
            ]
        },
    ],
)
def test_a_document_that_is_not_as_it_should_be_is_shown(document: dict[str, Any]) -> None:
    from recast.service.identity import Visitor
    from recast.service.pages.frame import render

    shown = shown_request(document, "u1", "/requests/q1")
    may, may_not = shown_actions(document)
    given = {"may": {it.action: it for it in may}, "may_not": may_not, "terms": terms(1), "visitor": Visitor()}
    nothing: dict[str, Any] = {"happened": None, "faults": None, "left": (), "ticked": (), "part": "1"}
    page = Page(render("request.html", "", r=shown, beside="/requests/q1.json", **given, **nothing))
    assert page.faults == [] and page.one("h1").text == "A request without a title"
