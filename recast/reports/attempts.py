"""The attempts of one step according to the journal: the resources requested and used, and the outcome."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from recast.engine import Policy, StepRun
from recast.engine.events import (
    Event,
    JobAccepted,
    JobEnded,
    JobGone,
    JobHeld,
    JobStarted,
    SubmitIntended,
    event_from_json,
)
from recast.engine.options import resources_of
from recast.jobs import RULES, Action, FailureClass, Outcome, Resources
from recast.journal import Journal
from recast.json_types import JsonDict
from recast.runs.open_run import OpenRun

__all__ = ["Attempt", "attempts_of", "take", "then", "wall_s"]

_DEFAULT = Resources()
_ABOUT = ("SubmitIntended", "JobAccepted", "JobStarted", "JobHeld", "JobEnded", "JobGone")


@dataclass(slots=True)
class Attempt:
    """One attempt. Times are seconds since the epoch, UTC; `outcome` is None until there is one.

    `host` is the node's name according to the batch system, else to its worker; `avoided` are the nodes that it had to
    avoid; `held` says why the batch system held it, if it did; `counted` whether a failure used up a try.
    """

    number: int
    job_id: str
    reason: str
    asked: Resources
    submitted: float
    native_id: str | None = None
    avoided: tuple[str, ...] = ()
    host: str | None = None
    started: float | None = None
    held: str = ""
    counted: bool = True
    ended: float | None = None
    outcome: Outcome | None = None
    failure: FailureClass | None = None
    message: str = ""

    def as_json(self) -> JsonDict:
        """Return the attempt as a JSON object; `used` is what the worker measured."""
        outcome = self.outcome
        return {
            "attempt": self.number,
            "job_id": self.job_id,
            "native_id": self.native_id,
            "reason": self.reason,
            "submitted": self.submitted,
            "started": self.started,
            "ended": self.ended,
            "host": self.host,
            "avoided_hosts": list(self.avoided),
            "held": self.held,
            "runtime": outcome.runtime if outcome else None,
            "exit_code": outcome.exit_code if outcome else None,
            "signal": outcome.signal if outcome else None,
            "failure": str(self.failure) if self.failure else None,
            "message": self.message,
            "asked": self.asked.as_json(),
            "used": _used(outcome) if outcome else None,
            "unheld": list(outcome.unheld) if outcome else [],
        }


def attempts_of(live: OpenRun, run: StepRun) -> list[Attempt]:
    """Return the attempts of a step, the oldest first; raise StoreError if the journal cannot be read."""
    journal = Journal(live.directory.journal, read_only=True)
    attempts: dict[str, Attempt] = {}
    try:
        for _, record in journal.read():
            body = record.body
            if record.kind in _ABOUT and (body.get("step") == run.step.id or body.get("job_id") in attempts):
                take(attempts, event_from_json(record.kind, body), resources_of(run.step, live.engine.plan.overrides))
    finally:
        journal.close()
    return list(attempts.values())


def wall_s(outcome: Outcome) -> float | None:
    """Return how long an attempt ran, in seconds; None if the worker did not report it."""
    try:
        return round(
            (datetime.fromisoformat(outcome.ended) - datetime.fromisoformat(outcome.started)).total_seconds(), 3
        )
    except ValueError:
        return None


def then(attempt: Attempt, tries: int, policy: Policy) -> str:
    """Return what follows a failed attempt, the `tries`-th of its class, according to the table of failure classes."""
    failure = attempt.failure
    if failure is None:
        return ""
    action, larger = policy.after(failure, tries, attempt.asked)
    if failure is FailureClass.CANCELLED:
        return "not retried unless the run is resumed"
    if action is Action.GROW:
        return f"retried with {larger.memory_mb} MB and {larger.walltime_s} s"
    if action is Action.RETRY:
        return f"retried: a failure of this kind ({failure}) may be temporary"
    if action is Action.PAUSE:
        return "retried, without using up a try, as soon as there are new credentials"
    if RULES[failure].action in (Action.RETRY, Action.PAUSE):
        return f"not retried: all {policy.tries_for(failure)} tries for failures of this kind are used"
    if RULES[failure].action is Action.GROW:
        return "not retried: it would fail in the same way; ask for more in the step's 'recast:' key"
    return f"not retried: a failure of this kind ({failure}) is not temporary"


def take(attempts: dict[str, Attempt], event: Event, asked: Resources = _DEFAULT) -> None:
    """Record an event in the attempts by job id; `asked` are the resources that the step's spec asks for."""
    if isinstance(event, SubmitIntended):
        resources = replace(asked, memory_mb=event.memory_mb, walltime_s=event.walltime_s)
        attempt = Attempt(event.attempt, event.job_id, event.reason, resources, event.time, avoided=event.avoid_hosts)
        attempts[event.job_id] = attempt
    elif isinstance(event, (JobAccepted, JobStarted, JobHeld, JobEnded, JobGone)):
        _follow(attempts[event.job_id], event)


def _follow(attempt: Attempt, event: JobAccepted | JobStarted | JobHeld | JobEnded | JobGone) -> None:
    """Record what happened to an attempt."""
    if isinstance(event, JobHeld):
        attempt.held = event.reason
    elif isinstance(event, JobAccepted):
        attempt.native_id = event.native_id
    elif isinstance(event, JobStarted):
        attempt.native_id, attempt.started = event.native_id, event.time
        attempt.host = event.host or attempt.host
    elif isinstance(event, JobEnded):
        attempt.ended, attempt.outcome = event.time, event.outcome
        attempt.host = attempt.host or event.host or event.outcome.host or None
        attempt.failure, attempt.message = event.outcome.failure, event.outcome.message
    else:
        attempt.ended, attempt.failure, attempt.message = event.time, event.failure, event.reason
        attempt.host, attempt.counted = event.host or attempt.host, event.counted


def _used(outcome: Outcome) -> JsonDict:
    memory_mb = round(outcome.peak_memory_bytes / 1e6, 1)
    return {"wall_s": wall_s(outcome), "cpu_s": outcome.cpu_s, "peak_memory_mb": memory_mb}
