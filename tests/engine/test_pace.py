"""How many jobs an executor is given in advance, and whose: a point that was begun is finished before more are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recast.engine import Policy, RunPlan
from recast.engine.pace import Pace
from recast.spec.model import FromParametersPublisher, Selector, Workflow
from tests.engine.simulated import World, outcome
from tests.workflow.specs import from_init, map_reduce, packtivity, stage, zipped


def taking(seconds: float) -> Pace:
    """Return the pace of two slots after some jobs of that length."""
    pace = Pace(64, 2)
    for _ in range(20):
        pace.heard(replace(outcome("j"), started="2026-01-01T00:00:00Z", ended=f"2026-01-01T00:00:{seconds:09.6f}Z"))
    return pace


def points() -> Workflow:
    """Two steps one after the other for each of `values`, and one for all."""
    value = from_init("value")
    first = packtivity("echo {value} > {out}", FromParametersPublisher({"out": "out"}))
    after = {"value": value, "file": Selector("first", "out", single=True)}
    steps = (
        stage("first", ["init"], {"value": value, "out": "{workdir}/out"}, first),
        stage("second", ["first"], after, packtivity("echo {value}; cat {file}")),
    )
    return Workflow(
        (
            stage("point", ["init"], {"value": from_init("values")}, Workflow(steps), zipped("value")),
            stage("all", ["point"], {"values": Selector("point[*].second", "out")}, packtivity("echo {values}")),
        )
    )


def world(workflow: Workflow, count: int, *, use_cache: bool = False, **policy: int) -> World:
    inputs = {"values": list(range(count))}
    settings = Policy(allow_host_process=True, use_cache=use_cache, **policy)
    return World(RunPlan("run", workflow, inputs, inputs), settings)


def order_of(simulated: World) -> list[str]:
    """Run to the end, the job that was submitted first ending first; return the steps in the order of their ends."""
    ended = []
    simulated.act()
    while simulated.running:
        first = next(iter(simulated.running))
        ended.append(simulated.running[first])
        simulated.end_job(sorted(simulated.running).index(first))
        simulated.act()
    assert simulated.engine.state == "succeeded"
    return ended


@pytest.mark.parametrize("use_cache", [False, True])
def test_a_point_that_was_begun_is_finished_before_others_are_begun(use_cache: bool) -> None:
    ended = order_of(world(points(), 20, most_in_flight=2, use_cache=use_cache))
    assert ended[:4] == ["/point/0/first/0", "/point/1/first/0", "/point/0/second/0", "/point/1/second/0"]
    assert ended[-1] == "/all/0" and len(ended) == 41
    assert [ended.index(f"/point/{n}/second/0") for n in range(20)] == sorted(
        ended.index(f"/point/{n}/second/0") for n in range(20)
    )


def test_steps_of_no_point_go_in_the_order_in_which_they_became_ready() -> None:
    assert order_of(world(map_reduce(), 9, most_in_flight=2)) == [*(f"/map/{n}" for n in range(9)), "/reduce/0"]


def test_nobody_is_given_more_than_its_slots_before_it_is_known_how_long_a_job_takes() -> None:
    simulated = world(map_reduce(), 50, most_in_flight=64, slots=2)
    simulated.act()
    assert len(simulated.running) == 2
    simulated.end_job(0)  # at once, as far as its times say
    simulated.act()
    assert len(simulated.running) == 49


def test_a_batch_system_is_given_all_that_it_may_have() -> None:
    simulated = world(map_reduce(), 50, most_in_flight=40)
    simulated.act()
    assert len(simulated.running) == 40


@pytest.mark.parametrize(("seconds", "of_points", "of_others"), [(0.001, 42, 64), (0.1, 2, 7), (1.5, 2, 4), (50, 2, 4)])
def test_many_short_jobs_and_few_long_ones_are_given_in_advance(seconds: float, of_points: int, of_others: int) -> None:
    pace = taking(seconds)
    assert (pace.most(points=True), pace.most(points=False)) == (of_points, of_others)


def test_times_that_make_no_sense_stop_nothing() -> None:
    pace = Pace(64, 2)
    pace.heard(replace(outcome("j"), started="yesterday", ended="2026-01-01T00:00:00Z"))
    pace.heard(replace(outcome("j"), started="2026-01-01T00:00:09", ended="2026-01-01T00:00:00Z"))
    assert pace.most(points=True) == 64
