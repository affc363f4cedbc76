"""The engine alone: what it commands, what it makes of failures, and that no crash at any point changes the end."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recast.engine import Engine, Policy, RunPlan
from recast.engine.events import CancelRequested, RunCreated, RunResumed
from recast.jobs import FailureClass, Resources, StepState
from recast.spec.model import FromParametersPublisher, Selector, Workflow
from tests.engine.simulated import World
from tests.workflow.specs import from_init, map_reduce, packtivity, stage, zipped

STEPS = st.lists(st.integers(0, 9), min_size=1, max_size=5)
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
    assert simulated.successes == {run.step.id: 1 for run in jobs}


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
