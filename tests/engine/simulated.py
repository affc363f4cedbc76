"""A driver without clock, disk and processes: a world where jobs end when they are told to, and crashes are cheap."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from recast.engine import Engine, Policy, RunPlan
from recast.engine.commands import Cancel, End, Fail, LookUp, Pause, Submit, Take
from recast.engine.events import (
    Event,
    JobEnded,
    JobGone,
    JobStarted,
    Paused,
    RunCreated,
    RunEnded,
    StepCached,
    StepFailed,
    SubmitIntended,
    Unpaused,
    event_from_json,
    event_to_json,
)
from recast.jobs import Artifact, FailureClass, Outcome, StepState
from recast.jq import jq


def outcome(
    job_id: str, failure: FailureClass | None = None, outputs: tuple[Artifact, ...] = (), host: str = "host"
) -> Outcome:
    code = 0 if failure is None else 1
    return Outcome(job_id, code, None, "", "", host, "host", 0, 0.0, None, outputs, failure, str(failure or ""))


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
    time: float = 0.0
    eaters: frozenset[str] = frozenset()
    """Nodes where every job fails."""
    nodes: tuple[str, ...] = ("host",)
    on: dict[str, str] = field(default_factory=dict)
    """The node of each job that runs: the first that it does not avoid."""
    blocked: bool = False
    """Whether credentials are refused: a paused run stays so."""
    waits: list[float] = field(default_factory=list)
    """How long each step was to wait for its next attempt, when it failed."""

    def __post_init__(self) -> None:
        self.engine = self._fresh()
        self.record(RunCreated(0.0, self.plan.run))

    def _fresh(self) -> Engine:
        return Engine(self.plan, self.policy, jq)

    def record(self, event: Event) -> None:
        self.journal.append(event_from_json(*event_to_json(event)))
        self.engine.handle(event)
        if isinstance(event, (JobEnded, JobGone)):
            waits = (run.not_before - self.time for run in self.engine.runs.values())
            self.waits.append(max(0.0, *waits))
            assert self.waits[-1] <= self.policy.patience * self.policy.longest_wait_s
        check_invariants(self.engine)

    def crash(self) -> None:
        """Lose the engine and every running job; come back from the journal."""
        self.running.clear()
        self.engine = self._fresh()
        self.engine.restore(self.journal)
        check_invariants(self.engine)
        for job_id in list(self.engine.in_flight):
            if job_id in self.outcomes:
                self.record(JobEnded(self.time, job_id, self.outcomes[job_id], self.document))
            else:
                self.record(JobGone(self.time, job_id, FailureClass.LOST, "its driver ended", counted=False))

    def act(self, crash_before_submit: bool = False) -> None:
        """Carry out the engine's commands until it has none."""
        self.engine.tick(self.time)
        while commands := self.engine.commands():
            for command in commands:
                if isinstance(command, LookUp):
                    self.engine.not_cached(command.step)
                elif isinstance(command, Submit):
                    job = command.job
                    assert self.engine.paused is None, "submitted while the run is paused"
                    assert command.step not in self.running.values(), "two attempts of a step in flight"
                    assert self.engine.runs[command.step].not_before <= self.time, "submitted before its time"
                    self.record(
                        SubmitIntended(self.time, command.step, job.job_id, command.attempt, "", 1, 1, job.avoid_hosts)
                    )
                    if not crash_before_submit:
                        self.start(job.job_id, command.step, job.avoid_hosts)
                elif isinstance(command, Take):
                    left, document = command.outputs, command.document
                    self.record(StepCached(self.time, command.step, command.key, left, document, command.source, ""))
                elif isinstance(command, Pause):
                    self.record(Paused(self.time, command.reason))
                    if not self.blocked:
                        self.record(Unpaused(self.time))
                elif isinstance(command, Fail):
                    self.record(StepFailed(self.time, command.step, FailureClass.SPEC, command.reason))
                elif isinstance(command, Cancel):
                    for job_id in command.job_ids:
                        self.running.pop(job_id, None)
                        self.record(JobGone(self.time, job_id, FailureClass.CANCELLED, ""))
                elif isinstance(command, End):
                    self.record(RunEnded(self.time, command.state, command.reason))
            if crash_before_submit:
                return

    def start(self, job_id: str, step: str, avoided: tuple[str, ...]) -> None:
        assert job_id not in self.running
        self.running[job_id] = step
        usable = [node for node in self.nodes if node not in avoided]
        assert usable, "a job that avoids every node would wait for ever"
        # Jobs take turns, as on nodes with one slot each; but a node that eats jobs is free again at once.
        self.on[job_id] = next((node for node in usable if node in self.eaters), usable[len(self.on) % len(usable)])
        if len(self.nodes) > 1:
            self.record(JobStarted(self.time, job_id, "native", self.on[job_id]))

    def end_job(self, index: int, tell: bool = True) -> None:
        """Let one running job end; `tell` the driver, or leave the outcome for it to find."""
        if not self.running:
            return
        job_id = sorted(self.running)[index % len(self.running)]
        step = self.running.pop(job_id)
        planned = self.failures.get(step, [])
        failure = planned.pop() if planned else None
        if self.on[job_id] in self.eaters:
            failure = FailureClass.INFRASTRUCTURE
        self.outcomes[job_id] = outcome(job_id, failure, () if failure else self.leaves, self.on[job_id])
        self.successes[step] += failure is None
        if tell:
            self.record(JobEnded(self.time, job_id, self.outcomes[job_id], self.document))

    def run_to_the_end(self) -> None:
        self.act()
        while self.engine.state == "running":
            if self.engine.paused:
                self.record(Unpaused(self.time))
            elif self.running:
                self.end_job(0)
            else:
                assert self.engine.wake_at is not None, "the engine neither runs nor ends"
                self.time = max(self.time, self.engine.wake_at)
            self.act()


def check_invariants(engine: Engine) -> None:
    """What must hold after every event."""
    assert sum(engine.counts.values()) == len(engine.runs)
    for state, count in engine.counts.items():
        assert count == sum(run.state is state for run in engine.runs.values()) >= 0
    assert all(run.in_flight and run.job_id == job_id for job_id, run in engine.in_flight.items())
    assert sum(run.in_flight for run in engine.runs.values()) == len(engine.in_flight)
    tallies = engine.stages.values()
    jobs = [run for run in engine.runs.values() if run.step.packtivity is not None]
    assert sum(sum(tally.counts.values()) for tally in tallies) == len(jobs)
    assert {job for tally in tallies for job in tally.in_flight} == set(engine.in_flight)
    assert sum(tally.held for tally in tallies) == sum(bool(run.held) for run in jobs)
    assert all(run.in_flight for run in jobs if run.held)
    for run in engine.runs.values():
        unfinished = sum(not step.finished for step in run.step.depends_on)
        assert run.waits_for == unfinished
        if run.state in (StepState.READY, StepState.SUBMITTED, StepState.RUNNING, StepState.SUCCEEDED):
            assert run.waits_for == 0
        assert (run.state is StepState.SUCCEEDED) == run.step.finished
