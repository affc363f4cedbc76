"""What somebody without a part in a request may do to it: claim it, and answer; neither makes them an insider."""

from __future__ import annotations

import pytest

from recast.desk.document import request_document
from recast.desk.may import may
from recast.desk.refusals import Refused
from recast.errors import InputError, NotFound
from tests.desk.people import ALICE, BOB, CAROL, LIMIT, LINKED, MACHINE, STRANGER, Desk

HOW = {"method": "MadAnalysis 5"}


def test_a_claim_makes_nobody_an_insider() -> None:
    desk = Desk().up_to("submitted")
    desk.do("comment", CAROL, text="between us")
    desk.do("publish", ALICE, audience="public")
    desk.do("claim", BOB)
    assert request_document(desk.now, BOB)["comments"] == []
    assert not may(BOB, "read-history", desk.now).yes


@pytest.mark.parametrize("how", ["publish", "restrict"])
def test_a_claim_ends_when_its_request_becomes_private(how: str) -> None:
    desk = Desk().up_to("submitted", audience="public")
    desk.do("claim", BOB)
    if how == "publish":
        desk.do("publish", ALICE, audience="private")
    else:
        desk.do("restrict", CAROL, reason="an advertisement")
    assert may(BOB, "read", desk.now).hidden
    assert desk.now.claimed_by == ""


def test_a_claim_of_somebody_invited_stays() -> None:
    desk = Desk().up_to("submitted", audience="public")
    desk.do("claim", BOB)
    desk.do("invite", ALICE, user="ubob")
    desk.do("publish", ALICE, audience="private")
    assert desk.now.claimed_by == "ubob"


def test_the_owner_ends_a_claim() -> None:
    desk = Desk().up_to("submitted", audience="public")
    desk.do("claim", BOB)
    desk.do("unclaim", ALICE, reason="a contact sees to it")
    assert desk.now.claimed_by == ""


def test_a_strangers_answers_end_nothing() -> None:
    desk = Desk().up_to("accepted", audience="public")
    desk.do("run", CAROL)
    for point in ("p1", "p2", "p3"):
        desk.do("answer", BOB, point=point, results=[], reason="no", provenance=HOW)
    assert {point.state for point in desk.now.points} == {"open"}
    assert desk.now.state == "accepted"
    desk.do("start-run", MACHINE, run="r1", points=["p1", "p2", "p3"])


def test_an_answer_of_its_people_settles_a_point() -> None:
    for who in (ALICE, CAROL):
        desk = Desk().up_to("accepted")
        desk.do("answer", who, point="p1", results=[LIMIT], provenance=HOW)
        assert desk.now.points[0].state == "answered"


def test_a_review_without_names_takes_no_strangers_answer() -> None:
    desk = Desk().up_to("answered", audience="public")
    desk.do("answer", BOB, point="p1", results=[LIMIT], provenance=HOW)
    desk.do("answer", CAROL, point="p1", results=[LIMIT], provenance=HOW)
    desk.do("review", CAROL)
    assert [it.state for it in desk.now.points[0].answers] == ["reviewed", "proposed", "reviewed"]
    desk.do("reject", CAROL, reason="unsound")
    assert [it.state for it in desk.now.points[0].answers] == ["rejected", "proposed", "rejected"]


def test_a_strangers_answer_counts_once_it_is_reviewed() -> None:
    desk = Desk().up_to("accepted", audience="public", points=[{"coordinates": {"m": 1}}, {"coordinates": {"m": 2}}])
    desk.do("answer", BOB, point="p1", results=[LIMIT], provenance=HOW)
    desk.do("answer", BOB, point="p2", results=[], reason="outside of the validity", provenance=HOW)
    desk.do("review", CAROL, answers=["a1", "a2"])
    assert [point.state for point in desk.now.points] == ["answered", "failed"]
    assert desk.now.state == "answered", "both points have what they asked for"
    desk.do("release", CAROL)
    assert {it.state for point in desk.now.points for it in point.answers} == {"released"}


def test_a_reviewed_answer_leaves_a_running_point_to_its_run() -> None:
    desk = Desk().up_to("accepted", audience="public")
    desk.do("answer", BOB, point="p1", results=[LIMIT], provenance=HOW)
    desk.do("start-run", MACHINE, run="r1", points=["p1"])
    desk.do("review", CAROL, answers=["a1"])
    assert desk.now.points[0].state == "running"


def test_a_point_that_was_answered_since_its_run_was_noted_does_not_stop_it() -> None:
    desk = Desk().up_to("accepted")
    desk.do("answer", CAROL, point="p1", results=[LIMIT], provenance=HOW)
    desk.do("start-run", MACHINE, run="r1", points=["p1", "p2", "p3"])
    assert [point.run for point in desk.now.points] == ["", "r1", "r1"]


def test_why_a_point_failed_is_told_with_its_answer() -> None:
    desk = Desk().up_to("accepted", audience="public")
    desk.do("start-run", MACHINE, run="r1", points=["p1", "p2", "p3"])
    desk.do("fail-point", MACHINE, run="r1", point="p1", reason="/home/cms/secret: no such file")
    desk.do("end-run", MACHINE, run="r1", reason="the last lines of a log")
    for reader in (STRANGER, BOB, ALICE):
        assert [point["reason"] for point in request_document(desk.now, reader)["points"]] == [""] * 3
    for reader, policy in ((CAROL, "on-acceptance"), (ALICE, "at-once")):
        told = [point["reason"] for point in request_document(desk.now, reader, policy)["points"]]
        assert told == ["/home/cms/secret: no such file", "the last lines of a log", "the last lines of a log"]
    desk.do("review", CAROL)
    desk.do("start-run", MACHINE, run="r2", points=["p2", "p3"])
    for point in ("p2", "p3"):
        desk.do("answer-point", MACHINE, run="r2", point=point, results=[LIMIT])
    desk.do("release", CAROL)
    assert request_document(desk.now, STRANGER)["points"][0]["reason"] == "/home/cms/secret: no such file"


def test_a_restricted_request_is_shown_to_nobody_by_a_link() -> None:
    desk = Desk().up_to("submitted")
    assert may(LINKED, "read", desk.now).yes
    assert may(ALICE, "link", desk.now).yes
    desk.do("restrict", CAROL, reason="an advertisement")
    assert may(LINKED, "read", desk.now).hidden
    assert not may(ALICE, "link", desk.now).yes
    assert may(ALICE, "unlink", desk.now).yes


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("accept", {"analysis": "atlas-y"}),
        ("submit", {"version": "0.1.0"}),
        ("release", {"answers": ["a1"]}),
        ("comment", {"text": "hello", "audience": "public"}),
    ],
)
def test_words_that_do_not_go_with_an_action_are_refused(action: str, said: dict[str, object]) -> None:
    state = {"accept": "submitted", "submit": "draft", "release": "answered", "comment": "submitted"}[action]
    desk = Desk().up_to(state)
    with pytest.raises(InputError, match="does not go with"):
        desk.do(action, ALICE if action == "submit" else CAROL, **said)


def test_strange_words_are_refused_only_after_it_was_asked_who_may() -> None:
    desk = Desk().up_to("submitted")
    with pytest.raises(NotFound):
        desk.do("accept", BOB, analysis="atlas-y")
    with pytest.raises(Refused):
        desk.do("accept", ALICE, analysis="atlas-y")


def test_what_stands_beside_settles_no_point_when_a_run_ends() -> None:
    desk = Desk().up_to("accepted", audience="public")
    desk.do("run", CAROL)
    desk.do("start-run", MACHINE, run="r1", points=["p1", "p2", "p3"])
    desk.do("answer", BOB, point="p1", reason="no", provenance={"method": "by hand"}, results=[])
    desk.do("end-run", MACHINE, run="r1", reason="the machines are gone")
    assert [(point.state, len(point.answers)) for point in desk.now.points] == [("open", 1), ("open", 0), ("open", 0)]
