"""Any workflow and any history: the engine never crashes, always comes to an end, and keeps its invariants."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from recast.engine import Policy, RunPlan
from recast.engine.events import (
    CancelRequested,
    JobAccepted,
    JobEnded,
    JobGone,
    JobHeld,
    JobStarted,
    RunResumed,
    Unpaused,
)
from recast.jobs import Artifact, FailureClass, StepState
from recast.spec.model import Workflow
from tests.engine.simulated import World, outcome
from tests.workflow.generated import INPUTS, workflows

FILES = tuple(Artifact(name, "sha256:" + "0" * 64, 1) for name in ("a.txt", "b.txt", "result.yml"))
HAPPENINGS = [
    *("act", "end", "fail", "end-untold", "crash", "crash-before-submit", "stray", "cancel", "resume"),
    *("start", "hold", "put-back", "lose", "block", "unblock", "later"),
]
ACTIONS = st.lists(st.tuples(st.sampled_from(HAPPENINGS), st.integers(0, 10)), max_size=16)
NODES = ("n0", "n1.site.org", "n2")
FINAL = {StepState.SUCCEEDED, StepState.FAILED, StepState.LOST, StepState.SKIPPED, StepState.CANCELLED}


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    workflows(),
    ACTIONS,
    st.sampled_from([{"x": 1, "y": 2}, ["list"], None]),
    st.booleans(),
    st.frozensets(st.sampled_from(NODES)),
)
def test_any_history_of_any_workflow_ends(
    workflow: Workflow, actions: Any, document: Any, nodes: bool, eaters: frozenset[str]
) -> None:
    plan = RunPlan("run", workflow, INPUTS, INPUTS, {"a.txt": FILES[0]}, most_steps=200)
    policy = Policy(allow_host_process=True, most_in_flight=3, **GRID if nodes else {})
    world = World(plan, policy, leaves=FILES, document=document, nodes=NODES if nodes else ("host",), eaters=eaters)
    for action, index in actions:
        take(world, action, index)
    world.blocked = False
    if world.engine.state == "running":
        world.run_to_the_end()
    assert world.engine.state in ("succeeded", "failed", "cancelled")
    assert {run.state for run in world.engine.runs.values()} <= FINAL
    event(f"{world.engine.state}, {'many' if len(world.engine.runs) > 4 else 'few'} steps")
    ended = {step.id: step.published for step in world.engine.expansion.steps}
    world.crash()
    assert {step.id: step.published for step in world.engine.expansion.steps} == ended, "a replay gives another DAG"


GRID: dict[str, Any] = {"most_tries": 20, "patience": 1.0, "growth": 2.0}


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
    elif action == "later":
        world.time += 10.0**index
    elif action in ("block", "unblock"):
        world.blocked = action == "block"
        if not world.blocked and engine.paused:
            world.record(Unpaused(world.time))
    elif action in ("start", "hold", "put-back", "lose"):
        happens_to_a_job(world, action, index)
    else:
        world.act(crash_before_submit=action == "crash-before-submit")
        if action == "crash-before-submit":
            world.crash()


def happens_to_a_job(world: World, action: str, index: int) -> None:
    """What a batch system may say of a job at any time, in any order."""
    if not world.running:
        return
    job_id = sorted(world.running)[index % len(world.running)]
    if action == "start":
        world.record(JobStarted(world.time, job_id, "1", world.on[job_id]))
    elif action == "hold":
        world.record(JobHeld(world.time, job_id, "no such group"))
    elif action == "put-back":
        world.record(JobAccepted(world.time, job_id, "1"))
    else:
        del world.running[job_id]
        world.record(JobGone(world.time, job_id, FailureClass.LOST, "gone", host=world.on[job_id]))
