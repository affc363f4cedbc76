"""The whole road of a request by forms alone, and each action besides: by browsers that have no scripts."""

from __future__ import annotations

import pytest

from recast.desk.model import Request
from recast.desk.transitions import ACTIONS
from recast.service.pages.request.acts import FIELDS
from recast.service.pages.words import ACTIONS as WORDS
from recast.service.pages.words import EVENTS
from tests.service.pages.filled import Browser, form_of, logged_in
from tests.service.pages.reading import Page
from tests.service.pages.shelf import SCRIPT
from tests.service.running import ANALYSIS, Running
from tests.service.staged import ASKED, LIMIT, MACHINE, Staged


@pytest.fixture(scope="module")
def carol(site: Running, staged: Staged) -> Browser:
    return logged_in(site, "carol")


@pytest.fixture(scope="module")
def bob(site: Running) -> Browser:
    return logged_in(site, "bob")


def do(browser: Browser, request: Request, action: str, **given: object) -> Page:
    """Do an action by its form, and return the page that it leads to."""
    return browser.done(form_of(browser.see(f"/requests/{request.id}"), action).having(**given))


def machines_answer(staged: Staged, request: Request, run: str = "r1") -> None:
    """Stand in for the dispatcher: run every point."""
    points = [point.id for point in request.points]
    staged.act(request.id, "start-run", MACHINE, run=run, points=points)
    for point in points[:-1]:
        staged.act(request.id, "answer-point", MACHINE, run=run, point=point, results=[LIMIT])
    staged.act(request.id, "fail-point", MACHINE, run=run, point=points[-1], reason="no events are left")
    staged.act(request.id, "end-run", MACHINE, run=run)


def test_the_road_by_forms_alone(site: Running, staged: Staged, alice: Browser, carol: Browser, bob: Browser) -> None:
    request = staged.act(None, "draft", staged.alice, **ASKED, audience="public")
    path = f"/requests/{request.id}"
    assert "submitted by you" in do(alice, request, "submit").words
    page = do(carol, request, "accept", reason="A good question.")
    assert "accepted by you" in page.words and "A good question." in page.words
    assert "a run was asked for by you" in do(carol, request, "run").words
    machines_answer(staged, request)
    page = carol.see(path)
    assert "they wait for review and release" in page.words and "no events are left" in page.words
    ticks = [it.attributes["value"] for it in page.all("input") if it.attributes.get("name") == "answers"]
    assert ticks == ["a1", "a2", "a3"]
    assert not [it for it in alice.see(path).all("input") if it.attributes.get("name") == "answers"]
    nothing = carol.refused(form_of(page, "review"), 422)
    assert "Tick the answers that you mean" in nothing.words
    page = carol.done(form_of(nothing, "review").having(answers=["a1", "a3"], reason="Checked."))
    assert "answers were found sound by you · answers a1, a3" in page.words
    page = carol.done(form_of(page, "reject").having(answers=["a2"], reason="The grid is too coarse."))
    assert "answers were found not sound by you · answers a2" in page.words
    assert "answers were released by you" in do(carol, request, "release").words
    stranger = Browser(bob.client)
    seen = stranger.see(path)
    assert "Released: its answers can be read and cited." in seen.words and "Excluded at 95% CL" in seen.words
    history = carol.see(f"{path}/history")
    for words in ("drafted by who asked", "accepted by you", "a run began by the service", "answers were released"):
        assert words in history.words, words
    assert "drafted" not in stranger.see(f"{path}/history").words, "what was said among its people stays there"


def test_runs_are_cancelled_and_asked_for_again(site: Running, staged: Staged, carol: Browser) -> None:
    request = staged.request("accepted")
    do(carol, request, "run")
    assert "the run was cancelled by you · " in do(carol, request, "cancel", reason="Wrong version.").words
    request = staged.request("answered")
    page = do(carol, request, "rerun", points="p1, p3", reason="A new version.")
    assert "points are to run again by you" in page.words and "points p1, p3" in page.words
    assert [it.state for it in site.parts.ledger.request(request.id).points] == ["open", "answered", "open"]
    request = staged.request("answered")
    page = carol.refused(
        form_of(carol.see(f"/requests/{request.id}"), "rerun").having(points="p99", reason="kept words"), 422
    )
    assert (
        "There is no such point to run again" in page.words
        and ("reason", "kept words") in form_of(page, "rerun").fields
    )


def test_all_that_wait_for_a_review_may_be_meant(site: Running, staged: Staged, carol: Browser) -> None:
    request = staged.request("answered", points=[{"coordinates": {"m": m}} for m in range(60)])
    page = do(carol, request, "review", every="1")
    assert "answers a1, a2" in page.words and "and 40 more" in page.words
    assert {it.state for point in site.parts.ledger.request(request.id).points for it in point.answers} == {"reviewed"}


def test_answers_are_ticked_on_the_part_of_the_points_where_they_are(
    site: Running, staged: Staged, carol: Browser
) -> None:
    request = staged.request("answered", points=[{"coordinates": {"m": m}} for m in range(60)])
    page = carol.see(f"/requests/{request.id}?points=2")
    page = carol.refused(form_of(page, "reject").having(answers=["a30", "a31"]), 422)
    assert "It needs a `reason`" in page.words and "26 to 50 of 60" in page.words
    form = form_of(page, "reject")
    assert [value for name, value in form.fields if name == "answers"] == ["a30", "a31"]
    assert "26 to 50 of 60" in carol.done(form.having(reason="Too coarse.")).words
    for part in ("0", "x", "99999", "1" * 9, "-1"):
        assert carol.send(form.having(part=part, answers="none")).status_code in (412, 422)


def test_the_ways_out_and_back(site: Running, staged: Staged, alice: Browser, carol: Browser) -> None:
    request = staged.request("submitted")
    assert "Too far away." in do(carol, request, "decline", reason="Too far away.").words
    do(alice, request, "reopen")
    do(alice, request, "submit")
    assert "withdrawn by you" in do(alice, request, "withdraw").words
    assert site.parts.ledger.request(request.id).state == "withdrawn"


def test_who_may_read_it_and_who_is_invited(
    site: Running, staged: Staged, alice: Browser, carol: Browser, bob: Browser
) -> None:
    request = staged.request("submitted", "private")
    bob.see(f"/requests/{request.id}", 404)
    do(alice, request, "invite", user=site.people["bob"])
    bob.see(f"/requests/{request.id}")
    page = alice.see(f"/requests/{request.id}")
    assert ("user", site.people["bob"]) in form_of(page, "uninvite").fields
    do(alice, request, "uninvite")
    bob.see(f"/requests/{request.id}", 404)
    assert "public: everybody can read it" in do(alice, request, "publish", audience="public").words
    Browser(bob.client).see(f"/requests/{request.id}")
    do(carol, request, "restrict", reason="It names a person.")
    Browser(bob.client).see(f"/requests/{request.id}", 404)
    refused = alice.refused(form_of(alice.see(f"/requests/{request.id}"), "publish").having(audience="public"), 403)
    assert "a moderator restricted it" in refused.words


def test_following_claiming_and_archiving(site: Running, staged: Staged, alice: Browser, bob: Browser) -> None:
    request = staged.act(
        None, "draft", staged.alice, wanted="arXiv:2106.01676", audience="public", points=[{"coordinates": {"m": 1}}]
    )
    do(alice, request, "submit")
    assert "Nothing that others are told of" in do(bob, request, "subscribe").words
    assert site.people["bob"] in site.parts.ledger.request(request.id).subscribers
    do(bob, request, "unsubscribe")
    assert "claimed by you" in do(bob, request, "claim", reason="I have it.").words
    refused = bob.refused(form_of(bob.see(f"/requests/{request.id}"), "archive").having(analysis="none"), 422)
    assert "There is no such version of an analysis here" in refused.words
    assert f"{ANALYSIS} 1.0.0" in do(bob, request, "archive", analysis=ANALYSIS).words
    do(bob, request, "unclaim")


def test_an_answer_from_elsewhere(site: Running, staged: Staged, bob: Browser) -> None:
    request = staged.request("accepted")
    form = form_of(bob.see(f"/requests/{request.id}"), "answer").having(point="p1", method="By hand.")
    for results, words in (("{", "This is not JSON"), ('["\\u0000"]', "NUL"), ("[NaN]", "This is not JSON")):
        page = bob.refused(form.having(results=results), 422)
        assert words in page.words, results
        form = form_of(page, "answer")
        assert ("results", results) in form.fields and ("method", "By hand.") in form.fields
    limit = '[{"type": "limit", "name": "limit", "cls_obs": 0.5}]'
    assert "a point was answered by you" in bob.done(form.having(results=limit)).words
    page = bob.refused(form_of(bob.see(f"/requests/{request.id}"), "answer").having(point="p1", method=""), 422)
    assert "needs its `provenance`" in page.words or "needs `results`" in page.words


def test_an_action_that_there_is_not_changes_nothing(site: Running, staged: Staged, alice: Browser) -> None:
    request = staged.request("submitted")
    form = form_of(alice.see(f"/requests/{request.id}"), "comment")
    for action in ("explode", "draft", "start-run", "complete", "", SCRIPT[:30], "x" * 41):
        answer = alice.send(form.having(action=action))
        assert answer.status_code in (403, 409, 422), action
    assert site.parts.ledger.request(request.id).version == request.version


@pytest.mark.parametrize("action", sorted(FIELDS))
def test_what_may_not_be_done_is_refused_with_the_why_that_the_button_has(
    staged: Staged, alice: Browser, bob: Browser, carol: Browser, action: str
) -> None:
    request = staged.request("submitted", "public")
    open_form = form_of(bob.see(f"/requests/{request.id}"), "comment")
    for browser in (alice, bob, carol):
        page = browser.see(f"/requests/{request.id}")
        whys = [it for it in page.elements if it.attributes.get("id") == f"why-{action}"]
        if not whys:
            continue
        assert [it for it in page.all("button") if it.text == WORDS[action][0] and "disabled" in it.attributes]
        sent = form_of(page, "comment").having(action=action, answers="a1", reason="x", user="u", audience="public")
        refused = browser.refused(sent, 409 if "this needs" in whys[0].text else 403)
        assert whys[0].text.partition(" (it is done by")[0] in refused.words
    assert open_form.address == f"/requests/{request.id}"


def test_everything_that_people_can_do_has_words_and_a_form() -> None:
    people = {row.action for row in ACTIONS.values() if row.who != {"machine"}} - {"draft"}
    assert {*WORDS} == people == {*FIELDS, "amend"}
    assert {row.kind for row in ACTIONS.values()} == {*EVENTS}


def test_what_strangers_wrote_stays_text_wherever_it_is_told(
    site: Running, staged: Staged, alice: Browser, carol: Browser, bob: Browser
) -> None:
    plain = SCRIPT.replace("\u202e", "")
    request = staged.request("submitted", title=plain, reason=plain)
    do(bob, request, "claim", reason=plain)
    do(bob, request, "comment", text=f"{plain}\n$\\text{{{plain}}}$")
    for path in (f"/requests/{request.id}?since=1", f"/requests/{request.id}/history", "/turn"):
        page = carol.see(path)
        assert "<script>alert(1)</script>" in page.words and "\u200b" not in page.words, path
    assert "<script>" in alice.see(f"/requests/{request.id}/links").words
    bidi = bob.refused(form_of(bob.see(f"/requests/{request.id}"), "comment").having(text=SCRIPT), 422)
    assert "invisible character (U+202E)" in bidi.words
    wanted = staged.act(
        None, "draft", staged.alice, wanted="atlas-susy-2019-09", title=plain, audience="public",
        points=[{"coordinates": {"m": 1}}],
    )  # fmt: skip
    do(alice, wanted, "submit")
    assert "<script>" in bob.see("/analyses/known/atlas-susy-2019-09").words


def test_many_events_come_in_parts(site: Running, staged: Staged, carol: Browser) -> None:
    request = staged.request("submitted")
    for number in range(60):
        staged.act(request.id, "comment", staged.alice, text=f"number {number} {'x' * 300}")
    first = carol.see(f"/requests/{request.id}/history")
    last = carol.see(first.links["After"].partition("#")[0])
    assert "1 to 50 of 62" in first.words and "number 59" in last.words and "number 59" not in first.words
    happened = carol.see(f"/requests/{request.id}?since=0")
    assert "number 59" in happened.words
