"""Any workflow and any history: the engine never crashes, always comes to an end, and keeps its invariants."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from recast.engine import Policy, RunPlan
from recast.engine.events import CancelRequested, JobEnded, JobGone, JobStarted, RunResumed
from recast.jobs import Artifact, FailureClass, StepState
from recast.spec.model import Workflow
from tests.engine.simulated import World, outcome
from tests.workflow.generated import INPUTS, workflows

FILES = tuple(Artifact(name, "sha256:" + "0" * 64, 1) for name in ("a.txt", "b.txt", "result.yml"))
HAPPENINGS = ["act", "end", "fail", "end-untold", "crash", "crash-before-submit", "stray", "cancel", "resume"]
ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(
            ["act", "end", "fail", "end-untold", "crash", "crash-before-submit", "stray", "cancel", "resume"]
        ),
        st.integers(0, 9),
    ),
    max_size=12,
)
FINAL = {StepState.SUCCEEDED, StepState.FAILED, StepState.LOST, StepState.SKIPPED, StepState.CANCELLED}


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(workflows(), ACTIONS, st.sampled_from([{"x": 1, "y": 2}, ["list"], None]))
def test_any_history_of_any_workflow_ends(workflow: Workflow, actions: Any, document: Any) -> None:
    plan = RunPlan("run", workflow, INPUTS, INPUTS, {"a.txt": FILES[0]}, most_steps=200)
    world = World(plan, Policy(allow_host_process=True, most_in_flight=3), leaves=FILES, document=document)
    for action, index in actions:
        take(world, action, index)
    if world.engine.state == "running":
        world.run_to_the_end()
    assert world.engine.state in ("succeeded", "failed", "cancelled")
    assert {run.state for run in world.engine.runs.values()} <= FINAL
    event(f"{world.engine.state}, {'many' if len(world.engine.runs) > 4 else 'few'} steps")
    ended = {step.id: step.published for step in world.engine.expansion.steps}
    world.crash()
    assert {step.id: step.published for step in world.engine.expansion.steps} == ended, "a replay gives another DAG"


def take(world: World, action: str, index: int) -> None:
    """Let something happen: what may happen to a run, and what should not but does."""
    engine = world.engine
    if action == "crash":
        world.crash()
    elif action == "stray":
        world.record(JobStarted(0.0, f"unknown-{index}", "1"))
        world.record(JobEnded(0.0, f"unknown-{index}", outcome(f"unknown-{index}")))
        world.record(JobGone(0.0, f"unknown-{index}", FailureClass.LOST, "who?"))
    elif engine.state != "running":
        if action == "resume" and engine.state != "succeeded":
            failed = (StepState.FAILED, StepState.LOST, StepState.CANCELLED)
            world.record(RunResumed(0.0, tuple(step for step, run in engine.runs.items() if run.state in failed)))
    elif action == "cancel" and index == 0:
        world.record(CancelRequested(0.0))
    elif action == "fail" and world.running:
        step = world.running[sorted(world.running)[index % len(world.running)]]
        world.failures.setdefault(step, []).append(list(FailureClass)[index % len(FailureClass)])
        world.end_job(index)
    elif action.startswith("end"):
        world.end_job(index, tell=action == "end")
        if action == "end-untold":
            world.crash()
    else:
        world.act(crash_before_submit=action == "crash-before-submit")
        if action == "crash-before-submit":
            world.crash()
