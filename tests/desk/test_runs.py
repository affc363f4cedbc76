"""Runs that overlap with what people decide: each changes what is its own, and leaves no point between two states."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recast.desk.act import apply, fold
from recast.desk.model import Event
from recast.desk.refusals import MovedOn
from tests.desk.people import ALICE, CAROL, LIMIT, MACHINE, NOW, OTTO, Desk

ALL = ["p1", "p2", "p3"]
ELSEWHERE = {"results": [LIMIT], "provenance": {"method": "by hand"}}


def test_a_run_that_was_cancelled_does_not_start() -> None:
    desk = Desk().up_to("accepted")
    desk.do("run", CAROL)
    desk.do("cancel", OTTO)
    with pytest.raises(MovedOn, match="cancelled"):
        desk.do("start-run", MACHINE, run="r1", points=ALL)
    desk.do("end-run", MACHINE, run="none", reason="cancelled before it began")
    desk.do("run", CAROL)
    assert desk.do("start-run", MACHINE, run="r2", points=ALL)


def test_the_end_of_an_old_run_leaves_what_is_wanted_since() -> None:
    desk = Desk().up_to("answered")
    desk.do("rerun", CAROL)
    assert desk.do("end-run", MACHINE, run="r1") == []  # the last point was told, and somebody was quick
    assert desk.now.run_wanted
    assert desk.do("run", CAROL) == []  # there is no second piece of work
    assert desk.do("cancel", CAROL)


def test_a_cancel_that_is_late_does_not_end_the_next_run() -> None:
    desk = Desk().up_to("accepted")
    desk.do("run", CAROL)
    desk.do("cancel", CAROL)
    desk.do("run", CAROL)
    assert desk.do("end-run", MACHINE, run="none", reason="cancelled before it began") == []
    assert desk.now.run_wanted


def test_a_wish_to_cancel_lasts_until_all_runs_have_ended() -> None:
    desk = Desk().up_to("accepted")
    desk.do("run", CAROL)
    desk.do("start-run", MACHINE, run="r1", points=["p1"])
    desk.do("start-run", MACHINE, run="r2", points=["p2"])
    desk.do("cancel", CAROL)
    desk.do("end-run", MACHINE, run="r1", reason="cancelled")
    assert desk.now.cancel_wanted and desk.now.points[0].state == "open"
    desk.do("end-run", MACHINE, run="r2", reason="cancelled")
    assert not desk.now.cancel_wanted


def test_what_was_answered_elsewhere_meanwhile_stays_answered() -> None:
    desk = Desk().up_to("accepted")
    desk.do("run", CAROL)
    desk.do("start-run", MACHINE, run="r1", points=ALL)
    desk.do("answer", CAROL, point="p1", **ELSEWHERE)
    desk.do("answer", CAROL, point="p2", results=[], reason="outside of the validity", provenance={"method": "by hand"})
    desk.do("cancel", CAROL)
    desk.do("end-run", MACHINE, run="r1", reason="cancelled")
    assert [point.state for point in desk.now.points] == ["answered", "failed", "open"]
    assert [point.reason for point in desk.now.points] == ["", "outside of the validity", "cancelled"]
    assert not any(point.run for point in desk.now.points)
    assert fold(desk.events) == desk.now


@pytest.mark.parametrize("begun", [True, False])
def test_a_rerun_that_is_cancelled_leaves_the_answers_of_before(*, begun: bool) -> None:
    desk = Desk().up_to("released")
    desk.do("rerun", CAROL)
    if begun:
        desk.do("start-run", MACHINE, run="r2", points=ALL)
        desk.do("answer-point", MACHINE, run="r2", point="p1", results=[LIMIT])
    desk.do("cancel", CAROL)
    events = desk.do("end-run", MACHINE, run="r2" if begun else "none", reason="cancelled")
    assert [event.kind for event in events] == ["run-ended", "completed"]
    assert desk.now.state == "answered" and {point.state for point in desk.now.points} == {"answered"}
    assert desk.do("rerun", CAROL)


def test_a_withdrawn_request_keeps_no_running_point() -> None:
    desk = Desk().up_to("accepted")
    desk.do("run", CAROL)
    desk.do("start-run", MACHINE, run="r1", points=ALL)
    desk.do("answer", CAROL, point="p1", **ELSEWHERE)
    desk.do("withdraw", ALICE)
    desk.do("end-run", MACHINE, run="r1", reason="cancelled")
    assert desk.now.state == "withdrawn" and not desk.now.cancel_wanted
    assert [point.state for point in desk.now.points] == ["answered", "open", "open"]


def test_events_of_before_are_what_they_were() -> None:
    desk = Desk().up_to("accepted")
    desk.do("run", CAROL)
    desk.do("start-run", MACHINE, run="r1", points=ALL)
    desk.do("answer", CAROL, point="p1", **ELSEWHERE)
    before = replace(desk.now, run_wanted=True, cancel_wanted=True)
    old = Event(before.id, before.version + 1, "run-ended", "service", NOW, {"run": "r1", "points": ALL, "reason": "x"})
    after = apply(before, old)
    assert [(point.state, point.reason) for point in after.points] == [("open", "x")] * 3
    assert (after.run_wanted, after.cancel_wanted) == (False, False)
