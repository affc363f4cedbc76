"""What a wake-up costs, counted in lines of Python and not in seconds: it must not grow with the jobs that wait."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType, SimpleNamespace
from typing import Any

import pytest

from recast.cli.runs.progress import Progress
from recast.cli.stagetable import stage_view
from recast.engine import Engine, Policy, RunPlan
from recast.engine.commands import LookUp, Submit
from recast.engine.events import Event, JobAccepted, JobEnded, JobGone, JobHeld, JobStarted, RunCreated, SubmitIntended
from recast.jobs import FailureClass
from tests.engine.simulated import outcome
from tests.workflow.specs import map_reduce

EXECUTOR: Any = SimpleNamespace(name="slurm", trouble="", next_look=100.0)


def waiting(jobs: int) -> Engine:
    """Return an engine with so many jobs in the queue of the executor."""
    values = {"values": list(range(jobs))}
    policy = Policy(most_in_flight=jobs, use_cache=False, allow_host_process=True, patience=1.0, most_tries=20)
    engine = Engine(RunPlan("run", map_reduce(), values, values), policy)
    engine.handle(RunCreated(0.0, "run"))
    for command in engine.commands():
        assert isinstance(command, Submit) and not isinstance(command, LookUp)
        engine.handle(SubmitIntended(0.0, command.step, command.job.job_id, 1, "", 1, 1))
        engine.handle(JobAccepted(0.0, command.job.job_id, f"1.{command.step}"))
    assert len(engine.in_flight) == jobs
    return engine


def lines_of(work: Callable[[], object]) -> int:
    """Return how many lines of Python run."""
    count = 0

    def trace(frame: FrameType, kind: str, argument: object) -> Any:
        nonlocal count
        count += kind == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def wake_up(engine: Engine, watch: Callable[[Engine, Any], None], *events: Event) -> int:
    def work() -> None:
        for event in events:
            engine.handle(event)
        engine.tick(10.0)
        engine.commands()
        watch(engine, EXECUTOR)

    return lines_of(work)


HAPPENS: dict[str, list[Event]] = {
    "nothing": [],
    "a job starts": [JobStarted(1.0, "run-7-1", "1.7", "n1")],
    "a job is held": [JobHeld(1.0, "run-7-1", "quota")],
    "a job ends": [JobEnded(1.0, "run-7-1", outcome("run-7-1"))],
    "a job is lost": [JobGone(1.0, "run-7-1", FailureClass.LOST, "gone")],
}


@pytest.mark.parametrize("happens", HAPPENS)
@pytest.mark.parametrize("view", ["lines", "table"])
def test_a_wake_up_costs_the_same_however_many_jobs_wait(
    happens: str, view: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def watch(engine: Engine, executor: Any) -> None:
        if view == "table":
            stage_view(engine, executor, 10.0, 40)
        else:
            Progress()(engine, executor)

    wake_up(waiting(300), watch)  # whatever is imported at first use
    few, many = waiting(300), waiting(10_000)
    costs = [wake_up(engine, watch, *HAPPENS[happens]) for engine in (few, many)]
    assert costs[1] == costs[0]
    assert costs[1] < 2000
