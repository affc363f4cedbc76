"""Pictures of one run, one after the other: each tells what has changed since the one before."""

from __future__ import annotations

from itertools import islice
from typing import Any

from recast.dispatch.pictures.steps import MOST_STEPS, mark_of, told_steps
from recast.dispatch.pictures.summary import Summaries
from recast.engine import Engine, StepRun
from recast.json_types import JsonDict
from recast.ledger.pictures import Picture
from recast.runs import OpenRun

__all__ = ["MOST_AT_ONCE", "Pictures"]

MOST_AT_ONCE = 1000
"""So many steps are told by one picture, so that a driver is never busy with telling for long; the rest by the next."""


_OF_THE_MOMENT = ("wrote", "delays")
"""What is another in each picture, although nothing has happened."""


class Pictures:
    """Takes pictures of one run. It remembers what it has told, and which job was which attempt, since the engine knows
    only the newest.
    """

    def __init__(self, live: OpenRun) -> None:
        self._live = live
        self._jobs: dict[str, dict[int, str]] = {}
        self._marks: dict[int, Any] = {}
        self._summaries = Summaries(live)
        self.left = 0
        """How many steps have changed that the last picture did not tell of."""

        self.has_news = True
        """Whether the last picture says anything that the one before did not, apart from when it was taken."""

        self._said: JsonDict = {}

    def notice(self, engine: Engine) -> None:
        """Remember the jobs that are in flight now."""
        for job_id, run in engine.in_flight.items():
            self._jobs.setdefault(run.step.id, {})[run.attempts] = job_id

    def take(self, *, everything: bool = False, whole: bool = False) -> Picture:
        """Return what is new as of now: at most so many steps, or with `everything` all that have changed.

        The first picture is `whole`, and so is one that is asked to be, since an earlier one did not arrive.
        """
        whole = whole or not self._marks
        if whole:
            self._marks = {}
        changed = self._changed()
        some = changed if everything else changed[:MOST_AT_ONCE]
        self.left = len(changed) - len(some)
        self._marks |= {place: mark for place, _, mark in some}
        runs = {place: run for place, run, _ in some}
        summary = self._summaries.take()
        said = {key: value for key, value in summary.items() if key not in _OF_THE_MOMENT}
        self.has_news, self._said = bool(runs) or said != self._said, said
        return Picture(summary, told_steps(self._live, runs, self._jobs), whole)

    def _changed(self) -> list[tuple[int, StepRun, Any]]:
        """Return the steps that are not as they were told last, with their places and what tells them apart."""
        paused, marks = self._live.engine.paused is not None, self._marks
        found = []
        for place, run in enumerate(islice(self._live.engine.runs.values(), MOST_STEPS)):
            mark = mark_of(run, paused=paused)
            if marks.get(place) != mark:
                found.append((place, run, mark))
        return found
