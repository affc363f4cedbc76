"""Which attempts of a run have failed, seen when their jobs are gone, also of those that are tried again."""

from __future__ import annotations

from collections.abc import Iterator

from recast.engine import Engine, StepRun
from recast.jobs import FailureClass
from recast.ledger.operating.troubles import Trouble

__all__ = ["FailedAttempts"]

_MOST = 500
"""So many of one run are told: a thousand more say nothing new."""


class FailedAttempts:
    """Watches the jobs of one run."""

    def __init__(self, run: str, executor: str) -> None:
        self._run, self._executor = run, executor
        self._flying: dict[str, tuple[StepRun, dict[FailureClass, int], int, str]] = {}
        self._told = 0

    def notice(self, engine: Engine) -> Iterator[Trouble]:
        """Yield the attempts that have failed since the last look."""
        flying = engine.in_flight
        for job_id in self._flying.keys() - flying.keys():
            run, tries, attempt, host = self._flying.pop(job_id)
            failure = _failure(run, job_id, tries)
            if failure is not None and self._told < _MOST:
                self._told += 1
                where = (run.host if run.job_id == job_id else "") or host
                bad = where in engine.hosts.bad
                yield Trouble(self._run, run.step.id, attempt, str(failure), self._executor, where, bad)
        for job_id in flying.keys() - self._flying.keys():
            run = flying[job_id]
            self._flying[job_id] = run, dict(run.tries), run.attempts, run.host


def _failure(run: StepRun, job_id: str, before: dict[FailureClass, int]) -> FailureClass | None:
    """Return the class of an attempt whose job is gone, None if it has succeeded; another may have begun since."""
    if run.job_id == job_id:
        if run.outcome is not None:
            return run.outcome.failure
        if run.failure is not None:
            return run.failure
    return next((failure for failure, count in run.tries.items() if count > before.get(failure, 0)), None)
