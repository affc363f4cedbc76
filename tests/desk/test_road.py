"""The road of a request, step by step, and what is refused on the way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recast.desk.act import fold
from recast.desk.deadlines import DAYS_WITHOUT_CONTACT, later
from recast.desk.refusals import MovedOn, Refused
from recast.desk.told import Notice, told
from recast.errors import InputError, NotFound
from tests.desk.people import ADA, ALICE, BOB, CAROL, CORA, FACTS, LIMIT, MACHINE, NOW, OTTO, Desk


def test_the_whole_road_leads_to_released_answers() -> None:
    desk = Desk().up_to("released")
    assert [event.kind for event in desk.events] == [
        "drafted", "submitted", "accepted", "run-asked", "run-started",
        "point-answered", "point-answered", "point-answered", "completed", "reviewed", "released",
    ]  # fmt: skip
    answers = [answer for point in desk.now.points for answer in point.answers]
    assert {answer.state for answer in answers} == {"released"}
    assert all(answer.statement.startswith("sha256:") for answer in answers)
    assert {answer.reviewer for answer in answers} == {"Carol"}


def test_one_bad_point_leaves_the_others_answered() -> None:
    desk = Desk().up_to("accepted")
    desk.do("run", CAROL)
    desk.do("start-run", MACHINE, run="r1", points=["p1", "p2", "p3"])
    desk.do("fail-point", MACHINE, run="r1", point="p2", reason="no convergence")
    desk.do("answer-point", MACHINE, run="r1", point="p1", results=[LIMIT])
    assert desk.now.state == "accepted"
    desk.do("answer-point", MACHINE, run="r1", point="p3", results=[LIMIT])
    assert desk.now.state == "answered"
    assert [point.state for point in desk.now.points] == ["answered", "failed", "answered"]
    assert desk.now.points[1].answers[0].reason == "no convergence"


def test_what_the_machine_tells_twice_is_written_once() -> None:
    desk = Desk().up_to("accepted")
    desk.do("start-run", MACHINE, run="r1", points=["p1", "p2"])
    assert desk.do("start-run", MACHINE, run="r1", points=["p1", "p2"]) == []
    desk.do("answer-point", MACHINE, run="r1", point="p1", results=[LIMIT])
    assert desk.do("answer-point", MACHINE, run="r1", point="p1", results=[LIMIT]) == []
    desk.do("end-run", MACHINE, run="r1", reason="the node was lost")
    assert desk.do("end-run", MACHINE, run="r1", reason="the node was lost") == []
    assert [point.state for point in desk.now.points] == ["answered", "open", "open"]
    assert desk.now.points[1].reason == "the node was lost"


def test_a_run_answers_only_the_points_it_was_started_for() -> None:
    desk = Desk().up_to("accepted")
    desk.do("start-run", MACHINE, run="r1", points=["p1"])
    with pytest.raises(InputError):
        desk.do("answer-point", MACHINE, run="r1", point="p2", results=[LIMIT])
    with pytest.raises(InputError):
        desk.do("start-run", MACHINE, run="r2", points=["p1"])


def test_what_has_been_done_already_says_that_the_request_moved_on() -> None:
    desk = Desk().up_to("accepted")
    with pytest.raises(MovedOn) as refused:
        desk.do("accept", CORA)
    assert "accepted" in refused.value.why


@pytest.mark.parametrize("action", ["accept", "decline"])
def test_nobody_judges_a_request_of_their_own(action: str) -> None:
    desk = Desk().up_to("submitted")
    for powers in (CAROL, CORA, ADA):
        with pytest.raises(Refused, match="may not") as refused:
            desk.do(action, replace(powers, user="ualice"), reason="mine")
        assert "of their own" in refused.value.why


def test_nobody_reviews_or_releases_a_request_of_their_own() -> None:
    desk = Desk().up_to("answered")
    for action in ("review", "release", "reject"):
        with pytest.raises(Refused):
            desk.do(action, replace(ADA, user="ualice"), reason="mine")


def test_at_once_the_owner_does_everything_within_the_quota() -> None:
    desk = Desk(replace(FACTS, policy="at-once", core_hours=2.0, core_hours_left=3.0)).up_to("submitted")
    desk.do("accept", ALICE)
    desk.do("run", ALICE)
    desk.do("start-run", MACHINE, run="r1", points=["p1", "p2", "p3"])
    for point in ("p1", "p2", "p3"):
        desk.do("answer-point", MACHINE, run="r1", point=point, results=[LIMIT])
    desk.do("review", ALICE)
    desk.do("release", ALICE)
    assert desk.now.state == "released"


@pytest.mark.parametrize("needed", [4.0, None])
def test_at_once_ends_where_the_quota_ends(needed: float | None) -> None:
    desk = Desk(replace(FACTS, policy="at-once", core_hours=needed, core_hours_left=3.0)).up_to("submitted")
    with pytest.raises(Refused) as refused:
        desk.do("accept", ALICE)
    assert "quota" in refused.value.why
    desk.do("accept", CAROL)


def test_at_once_what_is_run_again_counts_as_well() -> None:
    rich = replace(FACTS, policy="at-once", core_hours=1.0, core_hours_left=3.0)
    desk = Desk(rich).up_to("released")
    desk.facts = replace(rich, core_hours_left=0.5)
    with pytest.raises(Refused):
        desk.do("rerun", ALICE)
    desk.do("rerun", OTTO)  # operators have no quota
    assert desk.do("cancel", ALICE)
    with pytest.raises(Refused):
        desk.do("run", ALICE)


def test_points_that_have_answers_stay_although_a_request_becomes_a_draft_again() -> None:
    desk = Desk().up_to("released")
    desk.do("rerun", CAROL)
    desk.do("withdraw", ALICE)
    desk.do("reopen", ALICE)
    with pytest.raises(InputError, match="have answers"):
        desk.do("amend", ALICE, points=[{"coordinates": {"m": 5}}])
    with pytest.raises(InputError, match="have answers"):
        desk.do("amend", ALICE, analysis="atlas-y")
    before = desk.now.points
    desk.do("amend", ALICE, title="Winos, once more")
    assert desk.now.points is before
    assert [point.answers[0].state for point in desk.now.points] == ["released"] * 3


def test_an_analysis_that_is_not_here_is_said_before_anything_is_submitted() -> None:
    desk = Desk(replace(FACTS, digest="", version="")).up_to("draft")
    with pytest.raises(InputError) as refused:
        desk.do("submit", ALICE)
    assert "there is no analysis atlas-x here" in refused.value.why


def test_at_once_is_for_the_owner_alone() -> None:
    desk = Desk(replace(FACTS, policy="at-once")).up_to("submitted", audience="public")
    with pytest.raises(Refused):
        desk.do("accept", BOB)


def test_a_closed_analysis_takes_no_requests() -> None:
    desk = Desk(replace(FACTS, policy="closed")).up_to("draft")
    with pytest.raises(Refused) as refused:
        desk.do("submit", ALICE)
    assert "take no requests" in refused.value.why


def test_all_faults_of_all_points_are_said_at_once() -> None:
    desk = Desk(replace(FACTS, faults=("p1: mass below zero", "p3: no such decay"))).up_to("draft")
    with pytest.raises(InputError) as refused:
        desk.do("submit", ALICE)
    assert refused.value.code == "request.incomplete"
    assert refused.value.why.splitlines() == ["p1: mass below zero", "p3: no such decay"]


def test_an_empty_draft_is_kept_but_not_submitted() -> None:
    desk = Desk()
    desk.do("draft", ALICE)
    with pytest.raises(InputError) as refused:
        desk.do("submit", ALICE)
    assert len(refused.value.why.splitlines()) == 2


def test_a_draft_is_amended_until_it_is_accepted() -> None:
    desk = Desk().up_to("draft")
    desk.do("amend", ALICE, title="Winos again", axes={"m": [1, 2]})
    assert (desk.now.title, len(desk.now.points), desk.now.axes) == ("Winos again", 2, ("m",))
    assert desk.do("amend", ALICE, title="Winos again") == []
    desk.do("submit", ALICE)
    desk.do("amend", ALICE, points=[{"coordinates": {"m": 7}}])
    assert [point.coordinates["m"] for point in desk.now.points] == [7]
    desk.do("accept", CAROL)
    assert desk.now.digest == FACTS.digest
    with pytest.raises(MovedOn):
        desk.do("amend", ALICE, title="too late")


def test_an_amendment_to_another_analysis_forgets_the_version_of_the_first() -> None:
    desk = Desk().up_to("draft", version="1.0.0")
    desk.do("amend", ALICE, analysis="atlas-y")
    assert (desk.now.analysis, desk.now.analysis_version, desk.now.digest) == ("atlas-y", "", "")


def test_another_analysis_for_a_submitted_request_is_a_new_submission() -> None:
    desk = Desk().up_to("submitted")
    other = replace(FACTS, version="2.0.0", digest="sha256:" + "c" * 64, has_contact=False)
    desk.facts, soon = other, later(NOW, 10)
    events = desk.do("amend", ALICE, soon, analysis="atlas-y")
    assert [event.kind for event in events] == ["amended", "submitted"]
    assert (desk.now.state, desk.now.analysis_version, desk.now.digest) == ("submitted", "2.0.0", other.digest)
    assert desk.now.expires == later(soon, DAYS_WITHOUT_CONTACT)
    assert Notice("contacts:atlas-y", "now", "submitted") in told(desk.now, desk.events[-1])
    assert [event.kind for event in desk.do("amend", ALICE, title="Higgsinos")] == ["amended"]


def test_a_submitted_request_is_not_amended_past_a_closed_card() -> None:
    desk = Desk().up_to("submitted")
    before, desk.facts = desk.now, replace(FACTS, policy="closed")
    with pytest.raises(Refused) as refused:
        desk.do("amend", ALICE, analysis="atlas-y")
    assert "take no requests" in refused.value.why
    assert desk.now is before


@pytest.mark.parametrize("said", [{"points": []}, {"analysis": ""}])
def test_an_amendment_leaves_a_submitted_request_complete(said: dict[str, object]) -> None:
    desk = Desk().up_to("submitted")
    with pytest.raises(InputError, match="cannot be submitted"):
        desk.do("amend", ALICE, **said)


def test_an_answer_rests_on_the_version_that_its_run_was_started_for() -> None:
    desk = Desk().up_to("accepted")
    desk.do("start-run", MACHINE, run="r1", points=["p1", "p2", "p3"])
    desk.do("answer-point", MACHINE, run="r1", point="p1", results=[LIMIT])
    desk.facts = replace(FACTS, version="1.1.0", digest="sha256:" + "b" * 64)
    desk.do("withdraw", ALICE)
    desk.do("reopen", ALICE)
    desk.do("amend", ALICE, version="1.1.0")
    desk.do("submit", ALICE)
    desk.do("accept", CAROL)
    assert [(point.state, point.run) for point in desk.now.points] == [("answered", "r1"), ("open", ""), ("open", "")]
    with pytest.raises(InputError, match="does not run for"):
        desk.do("answer-point", MACHINE, run="r1", point="p2", results=[LIMIT])
    desk.do("run", CAROL)
    desk.do("start-run", MACHINE, run="r2", points=["p2", "p3"])
    desk.do("answer-point", MACHINE, run="r2", point="p2", results=[LIMIT])
    assert [point.answers[0].version for point in desk.now.points[:2]] == ["1.0.0", "1.1.0"]
    assert desk.now.version_of_run("r1") == ("atlas-x", "1.0.0", FACTS.digest)


def test_a_trail_from_before_runs_were_pinned_folds_as_it_did() -> None:
    desk = Desk().up_to("accepted")
    events = desk.do("start-run", MACHINE, run="r1", points=["p1"])
    old = replace(events[0], data={"run": "r1", "points": ["p1"]})
    request = fold([*desk.events[:-1], old])
    assert request.run_versions == {}
    assert request.version_of_run("r1") == ("atlas-x", "1.0.0", FACTS.digest)


def test_a_faulty_amendment_of_a_submitted_request_is_refused() -> None:
    desk = Desk().up_to("submitted")
    desk.facts = replace(FACTS, faults=("p1: mass below zero",))
    with pytest.raises(InputError):
        desk.do("amend", ALICE, points=[{"coordinates": {"m": -7}}])


def test_a_withdrawn_request_has_its_run_cancelled() -> None:
    desk = Desk().up_to("accepted")
    desk.do("run", CAROL)
    desk.do("start-run", MACHINE, run="r1", points=["p1"])
    desk.do("withdraw", ALICE)
    assert desk.now.cancel_wanted
    with pytest.raises(MovedOn):
        desk.do("answer-point", MACHINE, run="r1", point="p1", results=[LIMIT])
    desk.do("end-run", MACHINE, run="r1")
    assert not desk.now.cancel_wanted


def test_a_run_is_asked_for_once_and_cancelled_once() -> None:
    desk = Desk().up_to("accepted")
    assert desk.do("cancel", OTTO) == []
    assert desk.do("run", OTTO)
    assert desk.do("run", CAROL) == []
    assert desk.do("cancel", OTTO)
    assert desk.do("cancel", OTTO) == []


def test_a_released_request_is_run_again_on_a_newer_version() -> None:
    desk = Desk().up_to("released")
    newer = replace(FACTS, version="1.0.1", digest="sha256:" + "b" * 64)
    desk.do("warn", MACHINE, digest=FACTS.digest, caveat="1.0.0 is withdrawn: wrong luminosity")
    assert all(point.answers[0].caveat for point in desk.now.points)
    desk.facts = newer
    desk.do("rerun", CAROL)
    assert (desk.now.state, desk.now.analysis_version, desk.now.run_wanted) == ("accepted", "1.0.1", True)
    desk._answer("r2")
    desk._release()
    assert [answer.version for answer in desk.now.points[0].answers] == ["1.0.0", "1.0.1"]
    assert desk.now.points[0].answers[0].caveat and not desk.now.points[0].answers[1].caveat


def test_only_failed_points_can_be_run_again() -> None:
    desk = Desk().up_to("accepted")
    desk.do("start-run", MACHINE, run="r1", points=["p1", "p2", "p3"])
    desk.do("fail-point", MACHINE, run="r1", point="p2", reason="no")
    for point in ("p1", "p3"):
        desk.do("answer-point", MACHINE, run="r1", point=point, results=[LIMIT])
    desk.do("rerun", CAROL, points=["failed"])
    assert [point.state for point in desk.now.points] == ["answered", "open", "answered"]


def test_nothing_is_released_that_nobody_reviewed() -> None:
    desk = Desk().up_to("answered")
    with pytest.raises(InputError):
        desk.do("release", CAROL)
    desk.do("reject", CAROL, answers=["a1"], reason="outside of the validity")
    desk.do("review", CAROL)
    desk.do("release", CAROL)
    assert [point.answers[0].state for point in desk.now.points] == ["rejected", "released", "released"]


def test_a_stranger_acting_on_a_private_request_learns_nothing() -> None:
    desk = Desk().up_to("submitted")
    for action in ("accept", "comment", "no-such-action"):
        with pytest.raises(NotFound):
            desk.do(action, BOB, text="hello")


def test_an_unknown_action_is_said_to_be_one() -> None:
    desk = Desk().up_to("submitted")
    with pytest.raises(InputError, match="no action"):
        desk.do("explode", ALICE)
