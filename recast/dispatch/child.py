"""The process that has one piece of work: it makes the run, drives it, and says what comes of it.

    python -m recast.dispatch.child < order

The order of what is written is what makes a kill harmless: the run's id is in the ledger and the desk hears that it has
started before it is created, and the work is done only when every point was told. Whoever has the work next finds from
that where this process stopped.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import traceback
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from recast.desk.model import MACHINE, Point, Request
from recast.dispatch.clockwork import caveat_now
from recast.dispatch.driving import Driving, Outcome
from recast.dispatch.ending import begin_run, end_run, give_up
from recast.dispatch.order import ENDED, LEFT, LOST, ChildOrder
from recast.dispatch.planned import BadPoint, as_reason, plan_points
from recast.dispatch.points_told import words_of
from recast.dispatch.spoken import say
from recast.dispatch.voice import Voice
from recast.errors import InfrastructureError, Interrupted, RecastError, RunLocked, StoreError
from recast.executors.prestart import start_early
from recast.journal import RunLock
from recast.json_types import JsonDict
from recast.ledger import LeaseLost, Ledger
from recast.ledger.people.quotas import settle
from recast.ledger.runs import NotedRun
from recast.ledger.work import Lease
from recast.moments import moment
from recast.paths import Places, places
from recast.rundir import RunDirectory
from recast.runs import create
from recast.runs.drive import cancel_idle
from recast.runs.point_results import PointEnd

__all__ = ["FAILED", "Work", "hear_signals", "main"]

FAILED = 1

_TELL_S, _GOODBYE_S = 3600.0, 3.0
"""How long the end of a run waits for the ledger to come back, before the work is left to the next process; and how
long somebody who leaves does.
"""
_FIRST_WAIT_S, _LOCKED_S = 15.0, 3.0

_NEEDED_SOON = (
    "jsonschema", "recast.applies.reading", "recast.catalogue.judge_apart", "recast.catalogue.transfer.find",
    "recast.executors.local", "recast.prepare.judge_inputs", "recast.results.gather",
)  # fmt: skip
"""Modules that are imported where they are used, and that every run uses before its first step."""


class Work:
    """One piece of work, from taking it up to its end."""

    def __init__(self, order: ChildOrder, ledger: Ledger, where: Places) -> None:
        self.order, self.ledger, self.places = order, ledger, where
        self.lease: Lease = order.lease
        self.request: Request = ledger.request(order.lease.request)
        self._voice: Voice | None = None

    def do(self) -> int:
        """Do the work, as far as it is not done yet; return the exit code."""
        noted = self._noted()
        if noted is None:
            return self._finish({"nothing": "is left to do"})
        if noted.cancel_wished_by and not noted.folder:
            return self._cancelled(noted)
        self._voice = Voice(self.ledger, self.lease, noted.id, self.order.settings.lease_s, _stop, say)
        if noted.id not in self.request.runs:  # noted by a program of before 2026-12, which did not do both at once
            self._tell("start-run", run=noted.id, points=noted.body["points"])
        directory = self._directory(noted)
        if directory is None:
            return self._end(noted, Outcome("failed", "none of its points can be run"))
        return self._drive(noted, directory)

    # before there is a run --------------------------------------------------------------------------------------

    def _noted(self) -> NotedRun | None:
        """Return the run of this work, begun now if it was not before; None if there is nothing to run."""
        known = self.ledger.runs.of_work(self.lease.id)
        if known:  # one piece of work has one run: if that has ended, only the last word is missing
            return known[-1] if known[-1].state != "ended" else None
        run = begin_run(self.ledger, self.lease)
        self.request = self.ledger.request(self.lease.request)
        return self.ledger.runs.get(run) if run else None

    def _cancelled(self, noted: NotedRun) -> int:
        self._still()
        outcome = {"run": noted.id, "state": "cancelled"}
        end_run(self.ledger, self.lease, noted.id, "cancelled before it began", outcome, {})
        return ENDED

    def _directory(self, noted: NotedRun) -> RunDirectory | None:
        """Return the folder of the run, created if it is not there; None if no point of it can be run."""
        path = self.places.runs / noted.id
        if not (path / "request.json").is_file():
            _put_away(path)
            return self._create(noted)
        directory = RunDirectory(path.resolve(), noted.id)
        if noted.folder != str(directory.path):
            self.ledger.runs.placed(self.lease, noted.id, str(directory.path))
        return directory

    def _create(self, noted: NotedRun) -> RunDirectory | None:
        settings, upload, asked = self.order.settings, self._upload, self._as_started(noted)
        folder = self.places.state_dir / "dispatch" / noted.id
        planned = plan_points(asked, self._points(noted), noted.id, folder, settings, self.places, upload, say)
        for bad in planned.bad:
            self._tell_bad(noted, bad)
        if planned.prepared is None:
            return None
        directory = create(planned.prepared, self.places, None)
        self.ledger.runs.placed(self.lease, noted.id, str(directory.path))
        return directory

    def _points(self, noted: NotedRun) -> list[Point]:
        wanted = frozenset(noted.body["points"])
        return [point for point in self.request.points if point.id in wanted and point.run == noted.id]

    def _as_started(self, noted: NotedRun) -> Request:
        """Return the request with the analysis that the run was started for, although it may ask another by now."""
        analysis, version, digest = self.request.version_of_run(noted.id)
        return replace(self.request, analysis=analysis, analysis_version=version, digest=digest)

    def _upload(self, digest: str) -> Path:
        return self.ledger.uploads.path(self.request.owner, digest)

    def _tell_bad(self, noted: NotedRun, bad: BadPoint) -> None:
        self._tell("fail-point", point=bad.point, run=noted.id, **words_of(PointEnd(reason=bad.reason)))

    # the run ----------------------------------------------------------------------------------------------------

    def _drive(self, noted: NotedRun, directory: RunDirectory) -> int:
        assert self._voice is not None
        cancelled = bool(self.ledger.runs.get(noted.id).cancel_wished_by)
        if cancelled:
            cancel_idle(directory, self.places)
        outcome = Driving(directory, self._voice, self.places, say, cancelled=cancelled).drive()
        hear_signals()
        return self._end(noted, outcome)

    # the end ----------------------------------------------------------------------------------------------------

    def _end(self, noted: NotedRun, outcome: Outcome) -> int:
        if self._voice is not None and not self._voice.close(_TELL_S):
            return LOST if self._voice.is_lost else LEFT
        self._note_use(noted, outcome.core_hours)
        digest = self.request.version_of_run(noted.id)[2]
        caveat = caveat_now(digest)  # it was deprecated while the run went on
        about = {"run": noted.id, **outcome.as_json(), "digest": digest}
        warning = {"digest": digest, "caveat": caveat} if caveat else {}
        end_run(self.ledger, self.lease, noted.id, outcome.reason, about, warning)
        return ENDED

    def _note_use(self, noted: NotedRun, core_hours: float | None) -> None:
        request, event, now = self.request, self.lease.event, moment(self.ledger.now())
        self.ledger.write(lambda it: settle(it, request.owner, request.id, noted.id, core_hours, now, event))

    def give_up(self, problem: RecastError) -> int:
        """End the work, or put it off if it was the machines: what was told of its points stays."""
        say(f"{problem}; {problem.why}")
        if isinstance(problem, RunLocked):  # of a process whose lease is over: it will notice
            return self._later(_LOCKED_S, problem)
        failures, most = self.lease.failures + 1, self.order.settings.most_tries
        if isinstance(problem, (InfrastructureError, StoreError)) and failures < most:
            return self._later(_FIRST_WAIT_S * 2 ** min(failures, 6), problem, failed=True)
        runs = [run for run in self.ledger.runs.of_work(self.lease.id) if run.state != "ended"]
        if runs:
            return self._end(runs[-1], Outcome("failed", as_reason(problem)))
        self._still()
        give_up(self.ledger, self.lease, as_reason(problem))
        return ENDED

    def _later(self, wait_s: float, problem: RecastError, *, failed: bool = False) -> int:
        self._still()
        self.ledger.work.postpone(self.lease, wait_s, as_reason(problem), failed=failed)
        return ENDED

    def leave(self) -> int:
        """Give the work back at once: it goes on with the next dispatcher."""
        self._still()
        if self._voice is not None and self._voice.is_lost:
            return LOST
        self.ledger.work.postpone(self.lease, 0.0, "interrupted")
        return LEFT

    def _still(self) -> None:
        """Stop the heartbeat, so that nothing is written after the work was given back."""
        if self._voice is not None:
            self._voice.close(_GOODBYE_S)

    def _finish(self, outcome: JsonDict) -> int:
        self._still()
        self.ledger.work.finish(self.lease, outcome)
        return ENDED

    def _tell(self, action: str, **data: object) -> None:
        self.request = self.ledger.act(self.request.id, action, MACHINE, data, lease=self.lease)


def _put_away(path: Path) -> None:
    """Remove what is left of a run whose creation was interrupted; raise RunLocked if it is being created right now."""
    if path.is_dir():
        with RunLock(path / "lock"):
            shutil.rmtree(path)


def hear_signals() -> None:
    """Leave on SIGTERM wherever we are; a wish to cancel is in the ledger, and read there before a run is driven.

    While a run is driven, the driver hears both by itself.
    """

    def interrupted(*_: object) -> None:
        raise Interrupted("Interrupted; the work goes on with the next dispatcher")

    signal.signal(signal.SIGTERM, interrupted)
    signal.signal(signal.SIGUSR1, lambda *_: None)


def _stop() -> None:
    """Make this process leave, as if it were told from outside."""
    os.kill(os.getpid(), signal.SIGTERM)


def _write_to(path: str) -> None:
    """Let all messages go to a file from now on; to where they went if it cannot be opened."""
    with suppress(OSError), Path(path).open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)


def main() -> int:
    """Wait for an order, with all imported that it takes, and do the work; without one, nothing."""
    for name in _NEEDED_SOON:
        import_module(name)
    text = sys.stdin.readline()
    if not text:  # the dispatcher is gone
        return ENDED
    order = ChildOrder.of_text(text)
    if order.log:
        _write_to(order.log)
    hear_signals()
    start_early(places().cache_dir / "worker")  # it starts while the run is made
    try:
        with Ledger(order.database) as ledger:
            return _done(Work(order, ledger, places()))
    except LeaseLost as problem:
        say(f"the work is somebody else's: {problem.why}")
        return LOST
    except Interrupted:
        return LEFT
    except RecastError as problem:  # it could not even be given back
        say(f"{problem}; {problem.why}")
        return FAILED


def _done(work: Work) -> int:
    try:
        return work.do()
    except LeaseLost:
        raise
    except Interrupted:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        return work.leave()
    except RecastError as problem:
        hear_signals()
        return work.give_up(problem)
    except Exception as problem:  # a fault of ours must not be tried for ever
        hear_signals()
        say(traceback.format_exc())
        return work.give_up(
            InfrastructureError("The dispatcher has a fault", why=f"{type(problem).__name__}: {problem}")
        )


if __name__ == "__main__":
    sys.exit(main())
