"""Who is told what, and that nobody is told of their own clicks."""

from __future__ import annotations

from dataclasses import replace

from recast.desk.told import Notice, told
from recast.desk.work import work_of
from tests.desk.people import ALICE, BOB, CAROL, CORA, FACTS, LIMIT, MACHINE, Desk


def _told(desk: Desk) -> dict[str, str]:
    return {notice.to: notice.urgency for notice in told(desk.now, desk.events[-1])}


def test_whose_turn_it_is_is_told_at_once() -> None:
    desk = Desk().up_to("submitted")
    assert _told(desk) == {"contacts:atlas-x": "now"}
    desk.do("accept", CORA)
    assert _told(desk) == {"user:ualice": "now"}


def test_a_draft_is_nobodys_business() -> None:
    desk = Desk().up_to("draft")
    assert _told(desk) == {}


def test_nobody_is_told_what_they_did_themselves() -> None:
    desk = Desk().up_to("submitted")
    desk.do("comment", ALICE, text="one more thing")
    assert "user:ualice" not in _told(desk)


def test_a_run_tells_once_for_all_of_its_points() -> None:
    desk = Desk().up_to("answered")
    notices = [notice for event in desk.events for notice in told(desk.now, event) if "answered" in notice.text]
    assert notices == []
    assert Notice("contacts:atlas-x", "now", "completed") in told(desk.now, desk.events[-1])


def test_followers_are_told_in_the_digest() -> None:
    desk = Desk().up_to("submitted", audience="public")
    desk.do("subscribe", BOB)
    desk.do("accept", CAROL)
    assert _told(desk) == {"user:ualice": "now", "user:ubob": "digest"}


def test_a_silent_contact_is_told_of_above() -> None:
    desk = Desk().up_to("submitted")
    desk.do("remind", MACHINE, "2026-02-20T12:00:00Z")
    assert _told(desk) == {"contacts:atlas-x": "now", "coordinators:atlas": "now", "user:ualice": "digest"}


def test_a_search_that_nobody_archived_is_told_to_those_who_may_see_to_it() -> None:
    desk = Desk(replace(FACTS, collaboration="", digest="", version=""))
    desk.do("draft", ALICE, wanted="arXiv:2106.01676", points=[{"coordinates": {"m": 1}}])
    desk.do("submit", ALICE)
    assert _told(desk) == {"administrators:": "now"}


def test_those_whose_answer_rests_on_a_withdrawn_version_are_told_at_once() -> None:
    desk = Desk().up_to("released")
    desk.do("warn", MACHINE, digest=FACTS.digest, caveat="withdrawn")
    assert _told(desk)["user:ualice"] == "now"


def test_work_follows_from_events() -> None:
    desk = Desk().up_to("accepted")
    assert work_of(desk.now, desk.events[-1]) == ""
    desk.do("run", CAROL)
    assert work_of(desk.now, desk.events[-1]) == "run"
    desk.do("start-run", MACHINE, run="r1", points=["p1", "p3"])
    desk.do("answer-point", MACHINE, run="r1", point="p1", results=[LIMIT])
    desk.do("cancel", CAROL)
    assert work_of(desk.now, desk.events[-1]) == "cancel"
    desk.do("withdraw", ALICE)
    assert work_of(desk.now, desk.events[-1]) == "cancel"


def test_who_watches_an_analysis_is_told_of_public_requests_alone() -> None:
    public, private = (Desk().up_to("submitted", audience=it) for it in ("public", "private"))
    assert _told(public)["watchers:atlas-x"] == "digest"
    assert "watchers:atlas-x" not in _told(private)
