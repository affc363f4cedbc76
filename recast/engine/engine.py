"""The engine: events in, commands out. No clock, no disk, no network, no thread.

The state is the fold over the events, so starting and resuming are the same: `restore` the existing events (only
RunCreated for a new run), then ask for the `commands`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias

from recast.engine import events as ev
from recast.engine.commands import Ask, Cancel, Command, End, Pause, end_of, in_lines
from recast.engine.lost import not_the_same
from recast.engine.nodes import NodeHealth
from recast.engine.options import resources_of
from recast.engine.plan import RunPlan
from recast.engine.policy import Policy, after_failure
from recast.engine.queue import Queue, RetryQueue
from recast.engine.steps import StepRun, Tally
from recast.jobs import Action, Artifact, FailureClass, Resources, StepState
from recast.json_types import JsonValue
from recast.spec.model import NoopEnvironment
from recast.workflow import Expansion, Step, instructions_of, is_job
from recast.workflow.programs import Jq, no_jq

__all__ = ["Engine", "RunPlan"]

_Done: TypeAlias = "deque[tuple[StepRun, Mapping[str, Artifact], JsonValue]]"


class Engine:
    """The state machine of one run. `state` is created, running, succeeded, failed or cancelled.

    `jq` evaluates the jq programs of the spec. `time` is that of the newest event or tick, in seconds since the epoch.
    `stages` counts the steps that have something to run, by path of stages (`map/fit`). `paused` is the event that
    paused the run, None if it is not paused; while paused, nothing is submitted.
    """

    def __init__(self, plan: RunPlan, policy: Policy, jq: Jq = no_jq) -> None:
        self.plan = plan
        self.policy = policy
        self.expansion = Expansion(plan.workflow, jq=jq, most_steps=plan.most_steps)
        self.runs: dict[str, StepRun] = {}
        self._tally = Tally()
        self.counts, self.in_flight, self.stages = self._tally.counts, self._tally.in_flight, self._tally.stages
        self.by_hand: dict[str, StepRun] = {}
        """Steps that are ready and have to be done by a person."""
        self.hosts = NodeHealth(policy.bad_after)
        self.paused: ev.Paused | None = None
        self.state = "created"
        self.reason = ""
        self.time = 0.0
        self._later = RetryQueue()
        self._to_pause = ""
        self._queue = Queue(plan, policy, self.expansion, self.hosts, self.in_flight)
        self._cancelling = False
        self._cancel_sent = False

    def handle(self, event: ev.Event) -> None:
        """Apply an event to the state. An event about a job that is no longer in flight has no effect."""
        if event.time > self.time:
            self.time = event.time
        _HANDLERS[type(event)](self, event)

    def restore(self, events: Iterable[ev.Event]) -> None:
        """Apply the events of an earlier driver."""
        for event in events:
            self.handle(event)

    def not_cached(self, step_id: str) -> None:
        """Note that the cache does not have the step; this is not an event, since it may be different tomorrow."""
        self._queue.not_cached(self.runs[step_id])

    @property
    def cancelling(self) -> bool:
        """Whether the user has asked to cancel the run."""
        return self._cancelling

    @property
    def wake_at(self) -> float | None:
        """When there may be something to do even without an event, None if never; call `tick` at that time."""
        return self._later.first_at

    @property
    def backing_off(self) -> int:
        """How many steps wait until the time of their next attempt."""
        return len(self._later)

    def tick(self, time: float) -> None:
        """Set the current time; this is not an event, since it changes nothing by itself."""
        if time > self.time:
            self.time = time
        for run in self._later.due(self.time):
            self._queue.add(run)

    def commands(self) -> list[Command]:
        """Return what to do now, each command once."""
        if self.state != "running":
            return []
        if self._cancelling:
            return self._cancel_commands()
        if self._to_pause and not self.paused:
            return [Pause(self._to_pause)]
        out = list(self._queue.commands(self.time, paused=self.paused is not None))
        if not out and not self.in_flight and self.counts[StepState.READY] == len(self.by_hand):
            end = end_of(self.expansion, self.runs, self.counts, self.hosts)
            out.append(Ask(tuple(self.by_hand)) if self.by_hand else end)
        return out

    # events ---------------------------------------------------------------------------------------------------

    def _on_created(self, event: ev.RunCreated) -> None:
        self.state = "running"
        plan = self.plan
        done: _Done = deque()
        self._adopt(self.expansion.start(plan.inputs, plan.files, plan.given, plan.sub_files), done)
        self._advance(done)

    def _on_cached(self, event: ev.StepCached) -> None:
        run = self.runs[event.step]
        run.cached_from, run.reason, run.key = event.source, event.reason, event.key
        run.tally.cached += 1
        self._succeed(run, event.outputs, event.document)

    def _on_intended(self, event: ev.SubmitIntended) -> None:
        run = self.runs[event.step]
        asked = self._asked(run)
        run.job_id, run.attempts, run.reason = event.job_id, event.attempt, event.reason
        run.resources = replace(asked, memory_mb=event.memory_mb, walltime_s=event.walltime_s)
        run.native_id = run.outcome = run.failure = None
        run.host, run.avoided = "", event.avoid_hosts
        self._set_state(run, StepState.SUBMITTED)
        self._tally.fly(event.job_id, run)

    def _on_accepted(self, event: ev.JobAccepted) -> None:
        run = self.in_flight.get(event.job_id)
        if run is not None:
            run.native_id = event.native_id
            self._tally.let_go(run)
            self._set_state(run, StepState.SUBMITTED)

    def _on_started(self, event: ev.JobStarted) -> None:
        run = self.in_flight.get(event.job_id)
        if run is not None:
            run.native_id = event.native_id
            self._on_node(run, event.host)
            self._tally.let_go(run)
            self._set_state(run, StepState.RUNNING)

    def _on_held(self, event: ev.JobHeld) -> None:
        run = self.in_flight.get(event.job_id)
        if run is not None:
            self._tally.hold(run, event.reason or "no reason given")
            self._set_state(run, StepState.SUBMITTED)

    def _on_ended(self, event: ev.JobEnded) -> None:
        run, outcome = self._tally.land(event.job_id), event.outcome
        if run is None:
            return
        run.outcome = outcome
        self._queue.pace.heard(outcome)
        self._on_node(run, event.host)
        if not run.host and outcome.host:
            run.host = outcome.host
            self.hosts.saw(run.host, by_engine=False)
        if outcome.failure is None:
            self.hosts.worked(run.host)
            self._succeed(run, outcome.outputs, event.document)
        else:
            self._attempt_failed(run, outcome.failure, outcome.message, counted=True)

    def _on_gone(self, event: ev.JobGone) -> None:
        run = self._tally.land(event.job_id)
        if run is not None:
            self._on_node(run, event.host)
            self._attempt_failed(run, event.failure, event.reason, counted=event.counted)

    def _on_paused(self, event: ev.Paused) -> None:
        since = self.paused.time if self.paused else event.time
        self.paused, self._to_pause = replace(event, time=since), ""

    def _on_unpaused(self, event: ev.Unpaused) -> None:
        self.paused, self._to_pause = None, ""

    def _on_step_failed(self, event: ev.StepFailed) -> None:
        self._fail(self.runs[event.step], event.failure, event.reason)

    def _on_answered(self, event: ev.StepAnswered) -> None:
        run = self.by_hand.pop(event.step, None)
        if run is not None:
            run.reason = f"done by {event.who}"
            self._succeed(run, event.outputs, event.document)

    def _on_resumed(self, event: ev.RunResumed) -> None:
        self.state, self.reason = "running", ""
        self._cancelling = self._cancel_sent = False
        self.paused, self._to_pause = None, ""
        done: _Done = deque()
        for step_id in event.reset:
            run = self.runs[step_id]
            run.tries, run.failure, run.reason = {}, None, "tried again on request"
            run.not_before, run.failed_on = 0.0, ()
            self._wait_or_release(run, done)
        for run in list(self.runs.values()):
            if run.state is StepState.SKIPPED:
                self._wait_or_release(run, done)
        self._advance(done)

    def _on_lost(self, event: ev.OutputsLost) -> None:
        run = self.runs[event.step]
        if run.state is StepState.SUCCEEDED:
            run.tries, run.failure, run.reason = {}, None, event.reason
            run.not_before, run.failed_on = 0.0, ()
            run.tally.cached -= run.cached_from is not None
            run.cached_from = None
            self._make_ready(run)
        run.lost |= frozenset(event.lost)
        for waiting in (self.runs[step] for step in event.waiting):
            if waiting not in run.dependents:
                run.dependents.append(waiting)
                waiting.waits_for += 1
                self._set_state(waiting, StepState.WAITING)

    def _on_cancel(self, event: ev.CancelRequested) -> None:
        self._cancelling = True

    def _on_run_ended(self, event: ev.RunEnded) -> None:
        self.state, self.reason = event.state, event.reason
        self.paused = None
        self.by_hand.clear()
        self._later.clear()
        self._queue.twins.clear()
        left = StepState.CANCELLED if event.state == "cancelled" else StepState.SKIPPED
        for run in self.runs.values():
            if not run.state.final:
                self._set_state(run, left)

    # commands -------------------------------------------------------------------------------------------------

    def key_of(self, run: StepRun) -> str | None:
        """Return a step's cache key, None if it has none."""
        return self._queue.key_of(run)

    def _asked(self, run: StepRun) -> Resources:
        """Return the resources that spec and user ask for, before any retry."""
        return resources_of(run.step, self.plan.overrides)

    def _cancel_commands(self) -> list[Command]:
        if not self.in_flight:
            return [End("cancelled", "cancelled by the user")]
        if self._cancel_sent:
            return []
        self._cancel_sent = True
        return [Cancel(tuple(self.in_flight))]

    # transitions ----------------------------------------------------------------------------------------------

    def _adopt(self, steps: Iterable[Step], done: _Done) -> None:
        for step in steps:
            upstream = [self.runs[other.id] for other in step.depends_on if not other.finished]
            run = self.runs[step.id] = self._tally.enter(step, len(upstream), self.time)
            for other in upstream:
                other.dependents.append(run)
            if not upstream:
                self._release(run, done)

    def _release(self, run: StepRun, done: _Done) -> None:
        """Make a step whose upstream has finished ready; a step that only publishes is done at once."""
        packtivity = run.step.packtivity
        is_noop = packtivity is None or isinstance(packtivity.environment, NoopEnvironment)
        if instructions_of(run.step) is not None or (is_job(run.step) and not is_noop):
            self._make_ready(run)
        else:
            done.append((run, run.step.outputs, None))

    def _succeed(self, run: StepRun, outputs: Iterable[Artifact], document: JsonValue) -> None:
        self._queue.twins.succeeded(run, outputs, document)
        self._advance(deque([(run, {artifact.path: artifact for artifact in outputs}, document)]))

    def _advance(self, done: _Done) -> None:
        """Process finished steps and everything that follows at once, in a loop, so that long chains do not recurse."""
        while done:
            run, outputs, document = done.popleft()
            if run.step.finished:
                self._remade(run, outputs, done)
                continue
            try:
                new_steps = self.expansion.finish(run.step, outputs, document)
            except Exception as error:  # whatever a step wrote, the others continue
                self._fail(run, FailureClass.SPEC, in_lines(error))
                continue
            self._set_state(run, StepState.SUCCEEDED)
            self._adopt(new_steps, done)
            self._release_dependents(run, done)

    def _remade(self, run: StepRun, outputs: Mapping[str, Artifact], done: _Done) -> None:
        """Process a step that was rerun for lost files: it must have produced identical files."""
        other = run.lost - {artifact.digest for artifact in outputs.values()}
        if other:
            self._fail(run, FailureClass.USER, not_the_same(run.step, other))
            return
        run.lost = frozenset()
        self._set_state(run, StepState.SUCCEEDED)
        self._release_dependents(run, done)

    def _release_dependents(self, run: StepRun, done: _Done) -> None:
        for dependent in run.dependents:
            dependent.waits_for -= 1
            if not dependent.waits_for:
                self._release(dependent, done)
        run.dependents.clear()

    def _on_node(self, run: StepRun, host: str) -> None:
        if host and host != run.host:
            run.host = host
            self.hosts.saw(host, by_engine=True)

    def _attempt_failed(self, run: StepRun, failure: FailureClass, why: str, *, counted: bool) -> None:
        if failure is FailureClass.CANCELLED or self._cancelling:
            run.failure, run.reason = failure, why
            self._set_state(run, StepState.CANCELLED)
            return
        used = run.resources or self._asked(run)
        action = after_failure(run, failure, why, used, self.policy, self.hosts, self.time, counted=counted)
        if action is Action.STOP:
            self._fail(run, failure, run.reason)
            return
        if action is Action.PAUSE and not self.paused:
            self._to_pause = why or "credentials were refused"
        self._make_ready(run)

    def _fail(self, run: StepRun, failure: FailureClass, why: str) -> None:
        run.failure, run.reason = failure, why
        self._set_state(run, StepState.LOST if failure is FailureClass.LOST else StepState.FAILED)

    def _wait_or_release(self, run: StepRun, done: _Done) -> None:
        self._set_state(run, StepState.WAITING)
        if not run.waits_for:
            self._release(run, done)

    def _make_ready(self, run: StepRun) -> None:
        self._set_state(run, StepState.READY)
        if instructions_of(run.step) is not None:
            self.by_hand[run.step.id] = run
        elif run.not_before > self.time:
            self._later.add(run)
        else:
            self._queue.add(run)

    def _set_state(self, run: StepRun, state: StepState) -> None:
        self._tally.move(run, state, self.time)
        if state.final:
            for other in self._queue.twins.over(run):
                self._queue.add(other)


_HANDLERS: dict[type[JsonValue], JsonValue] = {
    ev.RunCreated: Engine._on_created,
    ev.StepCached: Engine._on_cached,
    ev.SubmitIntended: Engine._on_intended,
    ev.JobAccepted: Engine._on_accepted,
    ev.JobStarted: Engine._on_started,
    ev.JobHeld: Engine._on_held,
    ev.JobEnded: Engine._on_ended,
    ev.JobGone: Engine._on_gone,
    ev.StepFailed: Engine._on_step_failed,
    ev.StepAnswered: Engine._on_answered,
    ev.RunResumed: Engine._on_resumed,
    ev.OutputsLost: Engine._on_lost,
    ev.CancelRequested: Engine._on_cancel,
    ev.RunEnded: Engine._on_run_ended,
    ev.Paused: Engine._on_paused,
    ev.Unpaused: Engine._on_unpaused,
}
