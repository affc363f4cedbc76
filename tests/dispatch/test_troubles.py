"""Attempts that fail are told, also those that are tried again, each once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from recast.dispatch.troubles import FailedAttempts
from recast.engine import Engine
from recast.jobs import FailureClass


def _run(step: str, job: str, **more: Any) -> Any:
    known = {"attempts": 1, "tries": {}, "host": "", "outcome": None, "failure": None}
    return SimpleNamespace(step=SimpleNamespace(id=step), job_id=job, **{**known, **more})


def _engine(*flying: Any, bad: tuple[str, ...] = ()) -> Engine:
    hosts = SimpleNamespace(bad=dict.fromkeys(bad, "why"))
    return cast(Engine, SimpleNamespace(in_flight={run.job_id: run for run in flying}, hosts=hosts))


def test_each_failure_is_told_once() -> None:
    failed = FailedAttempts("r", "slurm")
    good, bad, again, gone = (_run(f"/{it}/0", it) for it in ("good", "bad", "again", "gone"))
    assert list(failed.notice(_engine(good, bad, again, gone))) == []
    good.outcome = SimpleNamespace(failure=None)
    bad.outcome, bad.host = SimpleNamespace(failure=FailureClass.MEMORY), "node7"
    gone.failure = FailureClass.CANCELLED
    again.tries = {FailureClass.LOST: 1}  # and its next attempt has begun
    again.job_id, again.attempts, again.host = "again-2", 2, "node9"
    told = {it.step: it for it in failed.notice(_engine(again, bad=("node7",)))}
    assert {step: (it.failure, it.attempt, it.host, it.avoided) for step, it in told.items()} == {
        "/bad/0": ("memory", 1, "node7", True),
        "/gone/0": ("cancelled", 1, "", False),
        "/again/0": ("lost", 1, "", False),
    }
    again.outcome = SimpleNamespace(failure=None)
    assert list(failed.notice(_engine())) == []


def test_of_one_run_not_everything_is_told() -> None:
    failed, told = FailedAttempts("r", "local"), 0
    for number in range(700):
        run = _run("/a/0", f"j{number}")
        list(failed.notice(_engine(run)))
        run.outcome = SimpleNamespace(failure=FailureClass.USER)
        told += len(list(failed.notice(_engine())))
    assert told == 500
