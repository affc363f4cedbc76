"""Those around a request: time, claims, searches that nobody archived, answers from elsewhere, discussion, audience."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recast.desk.deadlines import DAYS_SILENT, DAYS_TO_REMIND, DAYS_WITHOUT_CONTACT, due, later
from recast.desk.document import request_document
from recast.desk.history import event_document
from recast.desk.may import may
from recast.desk.objects import Run
from recast.desk.refusals import Refused
from recast.errors import InputError, NotFound
from tests.desk.people import ADA, ALICE, BOB, CAROL, CORA, DIGEST, FACTS, LIMIT, MACHINE, NOW, STRANGER, Desk


def test_a_silent_contact_is_reminded_and_then_the_request_expires() -> None:
    desk = Desk().up_to("submitted")
    assert due(desk.now, NOW) == ""
    reminder = later(NOW, DAYS_TO_REMIND)
    assert due(desk.now, reminder) == "remind"
    desk.do("remind", MACHINE, reminder)
    assert due(desk.now, reminder) == ""
    end = later(NOW, DAYS_SILENT)
    assert due(desk.now, end) == "expire"
    desk.do("expire", MACHINE, end)
    assert (desk.now.state, desk.now.state_reason) == ("expired", "no contact of the analysis decided in time")
    assert due(desk.now, later(end, 100)) == ""


def test_time_does_nothing_before_its_time() -> None:
    desk = Desk().up_to("submitted")
    assert desk.do("expire", MACHINE) == []
    assert desk.do("remind", MACHINE) == []


def test_without_a_contact_a_request_expires_sooner() -> None:
    desk = Desk(replace(FACTS, has_contact=False)).up_to("submitted")
    desk.do("expire", MACHINE, later(NOW, DAYS_WITHOUT_CONTACT))
    assert desk.now.state_reason == "the analysis has no contact"


def test_an_expired_request_is_reopened_as_a_draft() -> None:
    desk = Desk().up_to("submitted")
    desk.do("expire", MACHINE, later(NOW, DAYS_SILENT))
    desk.do("reopen", ALICE)
    assert (desk.now.state, desk.now.expires) == ("draft", "")
    desk.do("submit", ALICE, later(NOW, 100))
    assert desk.now.expires == later(NOW, 100 + DAYS_SILENT)


def test_a_search_that_nobody_archived_is_claimed_and_archived() -> None:
    unknown = replace(FACTS, version="", digest="", collaboration="")
    desk = Desk(unknown)
    desk.do("draft", ALICE, wanted="arXiv:2106.01676", audience="public", points=[{"coordinates": {"m": 1}}])
    desk.do("submit", ALICE)
    desk.do("claim", BOB)
    with pytest.raises(InputError):
        desk.do("claim", CORA)
    with pytest.raises(InputError, match="archived"):
        desk.do("accept", ADA)
    with pytest.raises(InputError):
        desk.do("archive", BOB, analysis="atlas-x")
    desk.facts = FACTS
    desk.do("archive", BOB, analysis="atlas-x")
    assert (desk.now.analysis, desk.now.digest) == ("atlas-x", DIGEST)
    desk.do("accept", CAROL)


def test_a_claim_can_be_given_up() -> None:
    desk = Desk().up_to("submitted", audience="public")
    desk.do("claim", BOB)
    desk.do("unclaim", BOB)
    desk.do("claim", CORA)
    assert desk.now.claimed_by == "ucora"


def test_answers_from_elsewhere_stand_side_by_side_with_their_authority() -> None:
    desk = Desk().up_to("answered", audience="public")
    how = {"method": "internal full simulation"}
    desk.do("answer", CAROL, point="p1", results=[LIMIT], provenance=how)
    desk.do("answer", BOB, point="p1", results=[LIMIT], provenance={"method": "MadAnalysis 5"})
    assert [it.authority for it in desk.now.points[0].answers] == ["automatic", "authoritative", "community"]
    assert len({it.id for it in desk.now.points[0].answers}) == 3


@pytest.mark.parametrize(
    "data",
    [
        {"results": [LIMIT]},
        {"results": [LIMIT], "provenance": {"by": "me"}},
        {"results": [], "provenance": {"method": "x"}},
        {"results": "0.02", "provenance": {"method": "x"}},
    ],
)
def test_an_answer_from_elsewhere_says_how_it_was_made(data: dict[str, object]) -> None:
    desk = Desk().up_to("accepted")
    with pytest.raises(InputError):
        desk.do("answer", CAROL, point="p1", **data)


def test_the_last_open_point_may_be_answered_from_elsewhere() -> None:
    desk = Desk().up_to("accepted", points=[{"coordinates": {"m": 1}}])
    desk.do("answer", CAROL, point="p1", results=[LIMIT], provenance={"method": "full simulation"})
    assert desk.now.state == "answered"


def test_an_answer_from_elsewhere_leaves_a_running_point_to_its_run() -> None:
    desk = Desk().up_to("accepted")
    desk.do("start-run", MACHINE, run="r1", points=["p1"])
    desk.do("answer", CAROL, point="p1", results=[LIMIT], provenance={"method": "full simulation"})
    assert desk.now.points[0].state == "running"


def test_results_are_withheld_until_they_are_released() -> None:
    desk = Desk().up_to("answered", audience="public")
    for reader in (STRANGER, BOB, ALICE):
        answer = request_document(desk.now, reader)["points"][0]["answers"][0]
        assert (answer["withheld"], answer["results"]) == (True, [])
    assert request_document(desk.now, CAROL)["points"][0]["answers"][0]["results"] == [LIMIT]
    desk.do("review", CAROL)
    desk.do("release", CAROL)
    assert request_document(desk.now, STRANGER)["points"][0]["answers"][0]["results"] == [LIMIT]


def test_a_log_is_open_once_every_answer_of_the_runs_is_released() -> None:
    desk = Desk().up_to("answered", audience="public")
    assert not may(STRANGER, "read-log", Run(desk.now)).yes
    desk.do("reject", CAROL, answers=["a1"], reason="unsound")
    desk.do("review", CAROL)
    desk.do("release", CAROL)
    assert desk.now.state == "released"
    assert not may(STRANGER, "read-log", Run(desk.now)).yes, "it would tell what was rejected"
    all_well = Desk().up_to("released", audience="public")
    assert may(STRANGER, "read-log", Run(all_well.now)).yes


def test_a_point_has_not_any_number_of_answers() -> None:
    desk = Desk().up_to("accepted", audience="public")
    for _ in range(100):
        desk.do("answer", CAROL, point="p1", results=[LIMIT], provenance={"method": "x"})
    with pytest.raises(InputError, match="at most"):
        desk.do("answer", CAROL, point="p1", results=[LIMIT], provenance={"method": "x"})


def test_the_history_withholds_what_the_document_withholds() -> None:
    desk = Desk().up_to("answered", audience="public")
    given = next(event for event in desk.events if event.kind == "point-answered")
    seen = event_document(desk.now, given, STRANGER)
    assert seen is not None and "results" not in seen["data"]["answer"]
    shown = event_document(desk.now, given, CAROL)
    assert shown is not None and shown["data"]["answer"]["results"] == [LIMIT]
    assert event_document(desk.now, desk.events[0], STRANGER) is None


def test_what_was_said_in_private_stays_private_after_publication() -> None:
    desk = Desk().up_to("submitted")
    desk.do("comment", CAROL, text="between us")
    desk.do("publish", ALICE, audience="public")
    desk.do("comment", BOB, text="for all")
    assert [it["text"] for it in request_document(desk.now, STRANGER)["comments"]] == ["for all"]
    assert len(request_document(desk.now, CAROL)["comments"]) == 2
    hidden = next(event for event in desk.events if event.kind == "commented")
    assert event_document(desk.now, hidden, STRANGER) is None


def test_a_private_request_is_read_by_those_who_were_invited() -> None:
    desk = Desk().up_to("submitted")
    with pytest.raises(NotFound):
        desk.do("comment", BOB, text="hello")
    desk.do("invite", ALICE, user="ubob")
    desk.do("comment", BOB, text="hello")
    desk.do("subscribe", BOB)
    desk.do("uninvite", ALICE, user="ubob")
    assert "ubob" not in desk.now.subscribers
    with pytest.raises(NotFound):
        desk.do("comment", BOB, text="hello")


def test_subscribers_who_may_not_read_it_any_more_are_told_nothing() -> None:
    desk = Desk().up_to("submitted", audience="public")
    desk.do("subscribe", BOB)
    desk.do("publish", ALICE, audience="private")
    assert desk.now.subscribers == frozenset()


def test_what_a_moderator_restricted_its_owner_does_not_publish_again() -> None:
    desk = Desk().up_to("submitted", audience="public")
    desk.do("restrict", CORA, reason="an advertisement")
    assert desk.now.audience == "private"
    with pytest.raises(Refused):
        desk.do("publish", ALICE, audience="public")
    desk.do("withdraw", ALICE)
    desk.do("reopen", ALICE)
    with pytest.raises(InputError):
        desk.do("amend", ALICE, audience="public")


@pytest.mark.parametrize("text", ["", "x" * 10_001, "ring\x07", "turn\u202earound", 7, None, ["a"]])
def test_comments_are_plain_texts(text: object) -> None:
    desk = Desk().up_to("submitted")
    with pytest.raises(InputError):
        desk.do("comment", ALICE, text=text)


def test_a_visitor_fills_up_nobodys_discussion_and_no_point() -> None:
    desk = Desk().up_to("accepted", audience="public")
    for number in range(50):
        desk.do("comment", BOB, text=f"{number}")
    with pytest.raises(InputError, match="at most 50 times"):
        desk.do("comment", BOB, text="more")
    for who in (ALICE, CAROL, ADA):
        desk.do("comment", who, text="still")

    given = {"point": "p1", "results": [LIMIT], "provenance": {"method": "m"}}
    for _ in range(5):
        desk.do("answer", BOB, **given)
    with pytest.raises(InputError, match="at most 5 times"):
        desk.do("answer", BOB, **given)
    desk.do("answer", BOB, **{**given, "point": "p2"})
    for _ in range(6):
        desk.do("answer", CAROL, **given)
