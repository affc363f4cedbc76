"""The engine alone: what it commands, what it makes of failures, and that no crash at any point changes the end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recast.engine import Engine, Policy, RunPlan
from recast.engine.events import CancelRequested, JobStarted, RunCreated, RunResumed
from recast.jobs import RULES, FailureClass, Resources, StepState
from recast.spec.model import FromParametersPublisher, Selector, Workflow
from tests.engine.simulated import World
from tests.workflow.specs import from_init, map_reduce, packtivity, stage, zipped

STEPS = st.lists(st.integers(0, 9), min_size=1, max_size=5)
GRID: dict[str, Any] = {"most_tries": 20, "patience": 1.0, "growth": 2.0}

ACTIONS = st.lists(
    st.tuples(st.sampled_from(["act", "end", "end-untold", "crash", "crash-before-submit"]), st.integers(0, 9)),
    max_size=30,
)


def world(values: list[int], workflow: Workflow | None = None, **policy: object) -> World:
    inputs = {"values": values}
    settings = replace(Policy(allow_host_process=True), **policy)  # type: ignore[arg-type]
    return World(RunPlan("run", workflow or map_reduce(), inputs, inputs), settings)


def nested() -> Workflow:
    inner = Workflow((stage("work", ["init"], {"value": from_init("value")}, packtivity("echo {value}")),))
    return Workflow(
        (
            stage("map", ["init"], {"value": from_init("values")}, inner, zipped("value")),
            stage("reduce", ["map"], {"values": Selector("map[*].work", "out")}, packtivity("echo {values}")),
        )
    )


@settings(max_examples=150, deadline=None)
@given(STEPS, ACTIONS, st.booleans(), st.integers(1, 4))
def test_crashes_at_any_point_lose_nothing_and_repeat_nothing(values, actions, deep, most) -> None:
    simulated = world(values, nested() if deep else None, most_in_flight=most)
    for action, index in actions:
        if action == "crash":
            simulated.crash()
        elif action.startswith("end"):
            simulated.end_job(index, tell=action == "end")
            if action == "end-untold":
                simulated.crash()
        else:
            simulated.act(crash_before_submit=action == "crash-before-submit")
            if action == "crash-before-submit":
                simulated.crash()
        assert len(simulated.engine.in_flight) <= most
    simulated.run_to_the_end()
    assert simulated.engine.state == "succeeded"
    jobs = [run for run in simulated.engine.runs.values() if run.step.packtivity is not None]
    assert len(jobs) == len(values) + 1
    ran = {run.step.id: 1 for run in jobs if run.cached_from is None}
    assert {step: count for step, count in simulated.successes.items() if count} == ran


def test_equal_steps_that_are_under_way_at_once_run_once() -> None:
    simulated = world([7, 7, 8, 7], most_in_flight=100)
    simulated.act()
    assert len(simulated.running) == 2
    simulated.run_to_the_end()
    assert simulated.engine.state == "succeeded"
    runs = simulated.engine.runs
    assert [runs[f"/map/{n}"].cached_from for n in range(4)] == [None, "/map/0", None, "/map/0"]
    assert runs["/map/0"].step.published == runs["/map/3"].step.published


def test_when_the_first_of_equal_steps_fails_another_is_tried() -> None:
    simulated = world([7, 7], most_in_flight=100)
    simulated.failures["/map/0"] = [FailureClass.USER]
    simulated.run_to_the_end()
    assert simulated.engine.state == "failed"
    assert simulated.successes["/map/1"] == 1


def test_without_a_cache_equal_steps_run_each_for_itself() -> None:
    simulated = world([7, 7, 7], most_in_flight=100, use_cache=False)
    simulated.act()
    assert len(simulated.running) == 3


def test_independent_branches_go_on_and_the_rest_is_skipped() -> None:
    simulated = world([1, 2, 3])
    simulated.failures["/map/1"] = [FailureClass.USER]
    simulated.run_to_the_end()
    engine = simulated.engine
    assert engine.state == "failed"
    assert [engine.runs[f"/map/{i}"].state for i in range(3)] == ["succeeded", "failed", "succeeded"]
    assert engine.runs["/reduce/0"].state is StepState.SKIPPED
    assert "/map/1" in engine.reason


def test_resume_tries_failed_steps_again_and_only_them() -> None:
    simulated = world([1, 2, 3])
    simulated.failures["/map/1"] = [FailureClass.USER]
    simulated.run_to_the_end()
    simulated.record(RunResumed(0.0, ("/map/1",)))
    simulated.crash()
    simulated.run_to_the_end()
    assert simulated.engine.state == "succeeded"
    assert simulated.engine.runs["/map/1"].attempts == 2
    assert simulated.successes == {"/map/0": 1, "/map/1": 1, "/map/2": 1, "/reduce/0": 1}


@pytest.mark.parametrize(
    ("failure", "tries"),
    [(FailureClass.USER, 1), (FailureClass.INFRASTRUCTURE, 3), (FailureClass.STAGING, 3), (FailureClass.MEMORY, 1)],
)
def test_failure_classes_decide_how_often_a_step_is_tried(failure: FailureClass, tries: int) -> None:
    simulated = world([1])
    simulated.failures["/map/0"] = [failure] * 10
    simulated.run_to_the_end()
    assert simulated.engine.runs["/map/0"].attempts == tries
    assert simulated.engine.runs["/map/0"].failure is failure


def test_memory_grows_up_to_the_cap_where_the_policy_says_so() -> None:
    policy = Policy(growth=2.0, memory_cap_mb=3000)
    action, larger = policy.after(FailureClass.MEMORY, 1, Resources(memory_mb=2000))
    assert (action, larger.memory_mb) == ("grow", 3000)
    assert policy.after(FailureClass.MEMORY, 2, larger) == ("stop", larger)


@pytest.mark.parametrize(("failure", "tries"), [(failure, rule.tries) for failure, rule in RULES.items()])
def test_on_a_grid_each_class_has_tries_of_its_own(failure: FailureClass, tries: int) -> None:
    simulated = world([1, 2], **GRID)
    simulated.failures["/map/0"] = [failure] * 30
    simulated.run_to_the_end()
    run = simulated.engine.runs["/map/0"]
    assert (run.attempts, run.failure) == (tries, failure)


def test_a_weeks_hiccups_do_not_add_up_across_classes() -> None:
    simulated = world([1], **GRID)
    planned = [*[FailureClass.LOST] * 5, *[FailureClass.INFRASTRUCTURE] * 5, *[FailureClass.DISK] * 4]
    simulated.failures["/map/0"] = list(planned)
    simulated.run_to_the_end()
    assert simulated.engine.state == "succeeded"
    assert simulated.engine.runs["/map/0"].attempts == len(planned) + 1


def test_waits_double_and_have_a_bound() -> None:
    policy = Policy(**GRID)
    waits = [policy.wait_s(FailureClass.INFRASTRUCTURE, tries) for tries in (0, 1, 2, 3, 50, 5000)]
    assert waits == [0, 30, 60, 120, 1800, 1800]


def test_the_engine_says_when_it_wants_to_be_asked_again() -> None:
    simulated = world([1], **GRID)
    simulated.failures["/map/0"] = [FailureClass.INFRASTRUCTURE]
    simulated.time = 1000.0
    simulated.act()
    simulated.end_job(0)
    engine = simulated.engine
    assert (engine.commands(), engine.wake_at) == ([], 1030.0)
    simulated.crash()
    assert simulated.engine.wake_at == 1030.0
    simulated.engine.tick(1029.9)
    assert simulated.engine.commands() == []
    simulated.time = 1030.0
    simulated.act()
    assert list(simulated.running.values()) == ["/map/0"]
    assert simulated.engine.wake_at is None


def test_nothing_is_submitted_while_the_run_is_paused_and_it_costs_no_try() -> None:
    simulated = world([1, 2, 3], **GRID, most_in_flight=2)
    simulated.blocked = True
    simulated.act()
    simulated.failures = {step: [FailureClass.AUTHENTICATION] for step in simulated.running.values()}
    simulated.end_job(0)
    simulated.act()
    engine = simulated.engine
    assert engine.paused is not None
    assert engine.paused.reason == "authentication"
    simulated.end_job(0)
    simulated.act()
    assert not simulated.running
    simulated.crash()
    simulated.act()
    assert simulated.engine.paused is not None
    simulated.blocked = False
    simulated.run_to_the_end()
    assert simulated.engine.state == "succeeded"
    assert FailureClass.INFRASTRUCTURE not in simulated.engine.runs["/map/0"].tries


def test_a_paused_run_can_be_cancelled() -> None:
    simulated = world([1, 2], **GRID, most_in_flight=1)
    simulated.blocked = True
    simulated.failures["/map/0"] = [FailureClass.AUTHENTICATION]
    simulated.act()
    simulated.end_job(0)
    simulated.act()
    simulated.record(CancelRequested(0.0))
    simulated.act()
    assert simulated.engine.state == "cancelled"


def test_a_node_that_eats_every_job_is_avoided_by_the_whole_run() -> None:
    simulated = world(list(range(50)), **GRID)
    simulated.nodes, simulated.eaters = ("hole", "n1", "n2"), frozenset({"hole"})
    simulated.act()
    for job_id in [job for job in simulated.running if job.endswith("-1")][:2]:
        simulated.on[job_id] = "n1"
        simulated.record(JobStarted(0.0, job_id, "1", "n1"))
    simulated.run_to_the_end()
    assert simulated.engine.state == "succeeded"
    assert list(simulated.engine.hosts.bad) == ["hole"]
    tries = [run.tries.get(FailureClass.INFRASTRUCTURE, 0) for run in simulated.engine.runs.values()]
    assert sum(tries) == simulated.engine.policy.bad_after


def test_where_all_nodes_eat_jobs_the_run_ends_and_says_so() -> None:
    simulated = world([1, 2, 3], **GRID)
    simulated.nodes, simulated.eaters = ("n1", "n2"), frozenset({"n1", "n2"})
    simulated.run_to_the_end()
    assert simulated.engine.state == "failed"
    assert "all nodes that were used fail their jobs: n1" in simulated.engine.reason


def test_a_lone_node_is_never_avoided() -> None:
    simulated = world([1, 2, 3], **GRID)
    simulated.nodes = ("n1",)
    simulated.failures = {f"/map/{number}": [FailureClass.STAGING] * 2 for number in range(3)}
    simulated.run_to_the_end()
    assert simulated.engine.state == "succeeded"


def test_cancelling_stops_jobs_and_resume_goes_on() -> None:
    simulated = world([1, 2])
    simulated.act()
    simulated.end_job(0)
    simulated.record(CancelRequested(0.0))
    simulated.act()
    assert simulated.engine.state == "cancelled"
    assert not simulated.running
    again = tuple(step for step, run in simulated.engine.runs.items() if run.state is StepState.CANCELLED)
    simulated.record(RunResumed(0.0, again))
    simulated.run_to_the_end()
    assert simulated.engine.state == "succeeded"
    assert set(simulated.successes.values()) == {1}


def test_a_host_process_needs_permission() -> None:
    simulated = world([1], allow_host_process=False)
    simulated.run_to_the_end()
    assert simulated.engine.state == "failed"
    assert "--allow-host-process" in simulated.engine.runs["/map/0"].reason


@pytest.mark.parametrize("path", ["map[*].inner", "map[7]", "nowhere"])
def test_a_stage_that_can_never_run_fails_the_run(path: str) -> None:
    never = stage("never", [path], {"a": 1}, packtivity())
    simulated = world([1], Workflow((*map_reduce().stages, never)))
    simulated.run_to_the_end()
    assert simulated.engine.state == "failed"
    assert path in simulated.engine.reason
    assert simulated.successes == {"/map/0": 1, "/reduce/0": 1}


def test_two_stages_that_wait_for_each_other_fail_the_run() -> None:
    circle = [stage("a", ["b"], {"x": 1}, packtivity()), stage("b", ["a"], {"x": 1}, packtivity())]
    simulated = world([], Workflow(tuple(circle)))
    simulated.run_to_the_end()
    assert simulated.engine.state == "failed"
    assert "never ran" in simulated.engine.reason


def test_a_long_chain_of_noops_needs_no_recursion() -> None:
    stages = [stage("s0", ["init"], {"value": from_init("values")}, packtivity(noop=True))]
    for i in range(1, 2000):
        selector = Selector(f"s{i - 1}", "out", single=True)
        stages.append(stage(f"s{i}", [f"s{i - 1}"], {"value": selector}, packtivity(noop=True)))
    engine = Engine(RunPlan("run", Workflow(tuple(stages)), {"values": 1}, {"values": 1}), Policy())
    engine.handle(RunCreated(0.0, "run"))
    assert engine.counts[StepState.SUCCEEDED] == 2001


def test_a_step_that_only_publishes_is_tried_again_without_a_job() -> None:
    body = replace(packtivity("", FromParametersPublisher({"out": "nothing"})), process=None, environment=None)
    simulated = world([1], Workflow((stage("publish", ["init"], {"value": 1}, body),)))
    simulated.run_to_the_end()
    assert simulated.engine.state == "failed"
    simulated.record(RunResumed(0.0, ("/publish/0",)))
    simulated.run_to_the_end()
    assert simulated.engine.runs["/publish/0"].state is StepState.FAILED
