"""One run is driven: what its driver sees becomes pictures and answers in the ledger, while it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from recast.desk.model import MACHINE
from recast.dispatch.peeks import Peeks
from recast.dispatch.pictures import Pictures
from recast.dispatch.points_told import Ended, PointsTold, words_of
from recast.dispatch.troubles import FailedAttempts
from recast.dispatch.voice import CALM_S, Voice
from recast.engine import Engine
from recast.errors import InfrastructureError
from recast.executors.protocol import Executor
from recast.jobs import StepState
from recast.json_types import JsonDict
from recast.ledger import Ledger
from recast.ledger.operating.troubles import Trouble
from recast.ledger.work import Lease
from recast.paths import Places
from recast.reports.live_log import LiveLog
from recast.reports.usage import usage_of
from recast.rundir import RunDirectory
from recast.runs import OpenRun, open_run
from recast.runs.drive import drive
from recast.runs.state import state_of
from recast.runs.why_not import INFRASTRUCTURE
from recast.store import ArtifactStore

__all__ = ["Driving", "Outcome"]

_LOOKING_SHARE = 0.05
"""The share of its time that a driver may spend on looking which points have their results."""
_REST_S = 0.2
"""When the rest of a picture is told that had too many steps for one."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: its state, the reason if it has one, and what it took (None: nobody can tell)."""

    state: str
    reason: str = ""
    core_hours: float | None = None
    points: int = 0
    cached: float = 0.0
    """The share of the steps that came from the cache."""

    def as_json(self) -> JsonDict:
        """Return what is noted with the work, from which later costs are estimated."""
        names = ("state", "core_hours", "points", "cached")
        return {name: getattr(self, name) for name in names}


class Driving:
    """The drive of one run that was made for the points of a request; with `cancelled` only the rest of one whose end
    somebody wishes, and that no process drives.
    """

    def __init__(
        self,
        directory: RunDirectory,
        voice: Voice,
        where: Places,
        say: Callable[[str], None],
        *,
        cancelled: bool = False,
    ) -> None:
        asked = (directory.request().origin or {})["request"]
        self._request, self._points, self._run = str(asked["id"]), list(asked["points"]), directory.id
        self._directory, self._voice, self._places, self._say = directory, voice, where, say
        self._cancelled = cancelled
        self._pictures: Pictures | None = None
        self._told: PointsTold | None = None
        self._executor = directory.request().executor
        self._failed = FailedAttempts(self._run, self._executor)
        self._peeks: Peeks | None = None
        self._picture_at = self._shown_at = self._answers_at = 0.0

    def drive(self) -> Outcome:
        """Drive the run to its end, and say what comes of it; raise Interrupted, or InfrastructureError if the machines
        failed all that failed: then nothing is said of it, and it can be tried again.
        """
        try:
            live = self._ended_before() or drive(self._directory, self._places, self._watch, say=self._say)
        finally:
            if self._peeks is not None:
                self._peeks.close()
        self._see(live)
        self._note_failures(live.engine)
        assert self._told is not None and self._pictures is not None
        cancelled = live.engine.state == "cancelled" or (self._cancelled and live.engine.state != "succeeded")
        why = "" if cancelled else _failed_by_machines(live)
        for ended in self._told.so_far(live.engine) if cancelled or why else self._told.at_the_end(live.engine):
            self._tell(ended)
        self._voice.show(self._pictures.take(everything=True, whole=self._voice.has_missed))
        if why:
            raise InfrastructureError("The machines failed steps of a run", where=f"run {self._run}", why=why)
        return _outcome(live, len(self._points), cancelled=cancelled)

    def _ended_before(self) -> OpenRun | None:
        """Return the run if nothing is left to drive: a process before this one was killed after the run's end, or it
        was given back when the machines had failed it, and was cancelled then.
        """
        state = state_of(self._directory)
        if state not in ("succeeded", "cancelled", "failed"):
            return None
        live = open_run(self._directory)
        again = state == "failed" and not self._cancelled and _failed_by_machines(live)
        return None if again else live

    def _see(self, live: OpenRun) -> None:
        if self._told is None:
            self._pictures = Pictures(live)
            self._peeks = self._peeking(live)
            self._told = PointsTold(live, ArtifactStore(self._places.artifact_store), self._points)

    def _watch(self, engine: Engine, _executor: Executor) -> None:
        """Note what has changed; called after every change, so what takes long is done from time to time only."""
        if self._told is None or self._pictures is None:
            self._see(OpenRun(self._directory, self._directory.request(), engine, 1))
        assert self._told is not None and self._pictures is not None
        self._pictures.notice(engine)
        self._note_failures(engine)
        now = time.monotonic()
        if now >= self._answers_at:
            found = self._told.so_far(engine)
            self._answers_at = now + (time.monotonic() - now) / _LOOKING_SHARE
            for ended in found:
                self._tell(ended)
        if now >= self._picture_at:
            picture = self._pictures.take(whole=self._voice.has_missed)
            if self._pictures.has_news or now >= self._shown_at + CALM_S:
                self._voice.show(picture)
                self._shown_at = now
            self._picture_at = now + (_REST_S if self._pictures.left else self._voice.picture_every_s)

    def _peeking(self, live: OpenRun) -> Peeks | None:
        """Fetch logs of jobs that run elsewhere while somebody looks at them."""
        if self._executor == "local" or live.engine.state not in ("created", "running"):
            return None
        wanted = partial(self._voice.ledger.looks.wanted, self._run)
        return Peeks(self._directory.path, live.engine, wanted, partial(LiveLog, live), self._say)

    def _note_failures(self, engine: Engine) -> None:
        for trouble in self._failed.notice(engine):
            self._voice.say(partial(_say_trouble, trouble=trouble))

    def _tell(self, ended: Ended) -> None:
        self._voice.say(partial(_say_point, request=self._request, run=self._run, ended=ended))


def _say_point(ledger: Ledger, lease: Lease, *, request: str, run: str, ended: Ended) -> None:
    action = "fail-point" if ended.end.reason else "answer-point"
    data = {"point": ended.point, "run": run, "provenance": ended.evidence, **words_of(ended.end)}
    ledger.act(request, action, MACHINE, data, lease=lease)
    if lease.silent_ends:
        ledger.work.goes_on(lease)


def _say_trouble(ledger: Ledger, lease: Lease, *, trouble: Trouble) -> None:
    ledger.troubles.note(lease, trouble)


def _failed_by_machines(live: OpenRun) -> str:
    """Return the reason of the first failure if everything that failed did so for reasons of the machines."""
    bad = [run for run in live.engine.runs.values() if run.state in (StepState.FAILED, StepState.LOST)]
    return bad[0].reason if bad and all(run.failure in INFRASTRUCTURE for run in bad) else ""


def _outcome(live: OpenRun, points: int, *, cancelled: bool) -> Outcome:
    core_hours = sum(row.wall_s * row.asked_cpus for row in usage_of(live.engine)) / 3600
    state = "cancelled" if cancelled else live.engine.state
    reason = {"cancelled": "The run was cancelled", "failed": live.engine.reason}.get(state, "")
    steps = [run for run in live.engine.runs.values() if run.step.packtivity is not None]
    own = f"{live.request.run} "  # a step that several points share is computed once, by this run
    cached = sum(not (run.cached_from or own).startswith(own) for run in steps) / max(1, len(steps))
    return Outcome(state, reason, round(core_hours, 6), points, round(cached, 3))
