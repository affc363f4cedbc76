"""A driver without clock, disk and processes: a world where jobs end when they are told to, and crashes are cheap."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from recast.engine import Engine, Policy, RunPlan
from recast.engine.commands import Cancel, End, Fail, LookUp, Submit
from recast.engine.events import (
    Event,
    JobEnded,
    JobGone,
    RunCreated,
    RunEnded,
    StepFailed,
    SubmitIntended,
    event_from_json,
    event_to_json,
)
from recast.jobs import Artifact, FailureClass, Outcome, StepState
from recast.jq import jq


def outcome(job_id: str, failure: FailureClass | None = None, outputs: tuple[Artifact, ...] = ()) -> Outcome:
    code = 0 if failure is None else 1
    return Outcome(job_id, code, None, "", "", "host", "host", 0, 0.0, None, outputs, failure, str(failure or ""))


@dataclass
class World:
    """The journal, and what the executor has: jobs that run, and outcomes on its disk."""

    plan: RunPlan
    policy: Policy = field(default_factory=lambda: Policy(allow_host_process=True))
    journal: list[Event] = field(default_factory=list)
    running: dict[str, str] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    successes: Counter[str] = field(default_factory=Counter)
    failures: dict[str, list[FailureClass]] = field(default_factory=dict)
    leaves: tuple[Artifact, ...] = ()
    """The files that every job leaves."""
    document: Any = None
    """What its YAML file holds, for publishers that read one."""

    def __post_init__(self) -> None:
        self.engine = self._fresh()
        self.record(RunCreated(0.0, self.plan.run))

    def _fresh(self) -> Engine:
        return Engine(self.plan, self.policy, jq)

    def record(self, event: Event) -> None:
        self.journal.append(event_from_json(*event_to_json(event)))
        self.engine.handle(event)
        check_invariants(self.engine)

    def crash(self) -> None:
        """Lose the engine and every running job; come back from the journal."""
        self.running.clear()
        self.engine = self._fresh()
        self.engine.restore(self.journal)
        check_invariants(self.engine)
        for job_id in list(self.engine.in_flight):
            if job_id in self.outcomes:
                self.record(JobEnded(0.0, job_id, self.outcomes[job_id], self.document))
            else:
                self.record(JobGone(0.0, job_id, FailureClass.LOST, "its driver ended", counted=False))

    def act(self, crash_before_submit: bool = False) -> None:
        """Carry out the engine's commands until it has none."""
        while commands := self.engine.commands():
            for command in commands:
                if isinstance(command, LookUp):
                    self.engine.not_cached(command.step)
                elif isinstance(command, Submit):
                    job = command.job
                    self.record(SubmitIntended(0.0, command.step, job.job_id, command.attempt, "", 1, 1))
                    if not crash_before_submit:
                        assert job.job_id not in self.running
                        self.running[job.job_id] = command.step
                elif isinstance(command, Fail):
                    self.record(StepFailed(0.0, command.step, FailureClass.SPEC, command.reason))
                elif isinstance(command, Cancel):
                    for job_id in command.job_ids:
                        self.running.pop(job_id, None)
                        self.record(JobGone(0.0, job_id, FailureClass.CANCELLED, ""))
                elif isinstance(command, End):
                    self.record(RunEnded(0.0, command.state, command.reason))
            if crash_before_submit:
                return

    def end_job(self, index: int, tell: bool = True) -> None:
        """Let one running job end; `tell` the driver, or leave the outcome for it to find."""
        if not self.running:
            return
        job_id = sorted(self.running)[index % len(self.running)]
        step = self.running.pop(job_id)
        planned = self.failures.get(step, [])
        failure = planned.pop() if planned else None
        self.outcomes[job_id] = outcome(job_id, failure, () if failure else self.leaves)
        self.successes[step] += failure is None
        if tell:
            self.record(JobEnded(0.0, job_id, self.outcomes[job_id], self.document))

    def run_to_the_end(self) -> None:
        self.act()
        while self.engine.state == "running":
            assert self.running, "the engine neither runs nor ends"
            self.end_job(0)
            self.act()


def check_invariants(engine: Engine) -> None:
    """What must hold after every event."""
    assert sum(engine.counts.values()) == len(engine.runs)
    for state, count in engine.counts.items():
        assert count == sum(run.state is state for run in engine.runs.values()) >= 0
    assert all(run.in_flight and run.job_id == job_id for job_id, run in engine.in_flight.items())
    assert sum(run.in_flight for run in engine.runs.values()) == len(engine.in_flight)
    for run in engine.runs.values():
        unfinished = sum(not step.finished for step in run.step.depends_on)
        assert run.waits_for == unfinished
        if run.state in (StepState.READY, StepState.SUBMITTED, StepState.RUNNING, StepState.SUCCEEDED):
            assert run.waits_for == 0
        assert (run.state is StepState.SUCCEEDED) == run.step.finished
