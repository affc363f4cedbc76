"""Read a run's journal once: when the run began and ended, and the actions for each step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from recast.engine.events import Event, RunEnded, StepAnswered, StepCached, SubmitIntended, event_from_json
from recast.engine.options import resources_of
from recast.exports.crate.facts import Action
from recast.jobs import RUN_ROOT, Artifact, Outcome, Resources
from recast.journal import Journal
from recast.reports.attempts import Attempt, take, wall_s
from recast.runs.open_run import OpenRun
from recast.workflow import Step

__all__ = ["History", "history_of", "utc"]


@dataclass(slots=True)
class History:
    """Times of the run (UTC, ISO 8601), and the actions of each step in order."""

    started: str
    ended: str = ""
    actions: dict[str, list[Action]] = field(default_factory=dict)


def history_of(live: OpenRun) -> History:
    """Read a run's journal once; raise StoreError if it cannot be read."""
    told = _Telling(live)
    if live.directory.journal.exists():
        journal = Journal(live.directory.journal, read_only=True)
        try:
            for _, record in journal.read():
                told.hear(event_from_json(record.kind, record.body))
        finally:
            journal.close()
    return told.history()


def utc(time: float | str) -> str:
    """Return a time (seconds since the epoch, or ISO 8601) as UTC to the millisecond, with its offset written out."""
    moment = datetime.fromtimestamp(time, UTC) if isinstance(time, float) else datetime.fromisoformat(time)
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


class _Telling:
    """The events so far."""

    def __init__(self, live: OpenRun) -> None:
        self._live = live
        self._history = History(utc(float(live.request.created)))
        self._attempts: dict[str, Attempt] = {}
        self._steps: dict[str, str] = {}
        self._entries: list[tuple[str, Action | str]] = []  # (step, what was done, or the id of the job that did it)
        self._counts: Counter[str] = Counter()

    def hear(self, event: Event) -> None:
        """Process one event."""
        self._history.ended = utc(float(event.time))
        if isinstance(event, SubmitIntended):
            self._steps[event.job_id] = event.step
            self._counts[event.step] += 1
            self._entries.append((event.step, event.job_id))
            take(self._attempts, event, self._asked(event.step))
        elif isinstance(event, StepCached):
            self._done(event, cached_from=event.source)
        elif isinstance(event, StepAnswered):
            self._done(event, who=event.who)
        elif not isinstance(event, RunEnded) and getattr(event, "job_id", None) in self._attempts:
            take(self._attempts, event)

    def history(self) -> History:
        """Return the history; an attempt without an end is left out."""
        for step, done in self._entries:
            for action in [done] if isinstance(done, Action) else self._attempted(step, self._attempts[done]):
                self._history.actions.setdefault(step, []).append(action)
        return self._history

    def _done(self, event: StepCached | StepAnswered, *, cached_from: str = "", who: str = "") -> None:
        self._counts[event.step] += 1
        moment, outputs = utc(float(event.time)), _logical(self._step(event.step), event.outputs)
        number = self._counts[event.step]
        action = Action(number, moment, moment, outputs=outputs, cached_from=cached_from, who=who)
        self._entries.append((event.step, action))

    def _attempted(self, step: str, attempt: Attempt) -> Iterator[Action]:
        if attempt.ended is None:
            return
        outcome = attempt.outcome
        error = f"[{attempt.failure}] {attempt.message}".strip() if attempt.failure else ""
        executor, native_id = self._live.request.executor, attempt.native_id or ""
        submitted, ended = utc(attempt.submitted), utc(attempt.ended)
        action = Action(attempt.number, submitted, ended, error, executor=executor, native_id=native_id)
        yield self._measured(action, step, outcome) if outcome is not None else action

    def _measured(self, action: Action, step: str, outcome: Outcome) -> Action:
        """Return an action with the worker's measurements, which are more accurate than the driver's."""
        used = {"wall_s": wall_s(outcome), "cpu_s": outcome.cpu_s, "peak_memory_bytes": outcome.peak_memory_bytes}
        return replace(
            action,
            started=_moment(outcome.started, action.started),
            ended=_moment(outcome.ended, action.ended),
            exit_code=outcome.exit_code,
            host=outcome.host,
            runtime=outcome.runtime,
            used={name: value for name, value in used.items() if value is not None},
            image=outcome.image,
            outputs=_logical(self._step(step), outcome.outputs),
        )

    def _asked(self, step: str) -> Resources:
        return resources_of(self._step(step), self._live.engine.plan.overrides)

    def _step(self, step: str) -> Step:
        return self._live.engine.runs[step].step


def _moment(text: str, otherwise: str) -> str:
    """Return the worker's time, or the driver's if the worker did not report one."""
    try:
        return utc(text)
    except ValueError:
        return otherwise


def _logical(step: Step, artifacts: tuple[Artifact, ...]) -> tuple[Artifact, ...]:
    """Return files with paths relative to the run instead of to the step; empty folders are left out."""
    folder = step.directory.removeprefix(RUN_ROOT + "/")
    return tuple(
        Artifact(f"{folder}/{artifact.path}", artifact.digest, artifact.size, artifact.executable)
        for artifact in artifacts
        if not artifact.path.endswith("/")
    )
