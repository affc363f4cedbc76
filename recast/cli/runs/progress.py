"""Show the progress of a run: a live table on a terminal, one line per change elsewhere, with what is awaited."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

from recast.cli.output import message
from recast.counted import counted
from recast.engine import Engine, StepRun
from recast.executors.protocol import Executor
from recast.jobs import StepState
from recast.reports.status import standing
from recast.reports.time_text import clock

__all__ = ["Progress"]

REDRAW_S = 0.25
MOST_LINES = 200
"""Steps reported one by one; beyond that only counts, every few seconds at most."""
SUMMARY_S = 5.0
_QUIET = (StepState.WAITING, StepState.READY)


class Progress:
    """Shows the changes of an engine's state on stderr; used as the driver's `watch`.

    The work per change does not grow with the number of steps beyond `MOST_LINES`.
    """

    def __init__(self, quiet: bool = False) -> None:
        self._told: dict[str, str] = {}
        self._summary = ""
        self._standing: tuple[str, ...] = ()
        self._last = -SUMMARY_S
        self._live: Any = None
        self._show: Callable[[Engine, Executor], None] = self._nothing if quiet else self._start

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._live is not None:
            self._live.__exit__(None, None, None)

    def __call__(self, engine: Engine, executor: Executor) -> None:
        """Show what has changed since the last call."""
        self._show(engine, executor)

    def _start(self, engine: Engine, executor: Executor) -> None:
        on_terminal = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._show = self._table if on_terminal else self._lines
        self._show(engine, executor)

    def _nothing(self, engine: Engine, executor: Executor) -> None:
        pass

    def _lines(self, engine: Engine, executor: Executor) -> None:
        if len(engine.runs) <= MOST_LINES:
            self._steps(engine)
            self._hindrances(engine)
        elif self._is_time(SUMMARY_S, engine):
            summary = _summary(engine)
            if summary != self._summary:
                self._summary = summary
                message(summary)
            self._hindrances(engine)

    def _steps(self, engine: Engine) -> None:
        for step_id, run in engine.runs.items():
            backs_off = run.state is StepState.READY and run.not_before > 0
            state = f"{'held' if run.held else run.state} {run.attempts}"
            if self._told.get(step_id) == state or (run.state in _QUIET and not backs_off):
                continue
            self._told[step_id] = state
            if run.step.packtivity is not None:
                message(_line(run))

    def _hindrances(self, engine: Engine) -> None:
        """Report what delays the run, only when it changes (without elapsed times, which change constantly)."""
        if engine.paused is None and not engine.hosts.bad:
            self._standing = ()
            return
        now = _now()
        key = (str(engine.paused), *engine.hosts.bad)
        if key != self._standing:
            self._standing = key
            for line in standing(engine, now):
                message(line)

    def _is_time(self, interval_s: float, engine: Engine) -> bool:
        moment = time.monotonic()
        if moment - self._last < interval_s and engine.state == "running":
            return False
        self._last = moment
        return True

    def _table(self, engine: Engine, executor: Executor) -> None:
        if not self._is_time(REDRAW_S, engine):
            return
        from recast.cli.stagetable import stage_view

        if self._live is None:
            from rich.console import Console
            from rich.live import Live

            self._live = Live(console=Console(stderr=True), auto_refresh=False, transient=False)
            self._live.__enter__()
        self._live.update(stage_view(engine, executor, _now(), self._live.console.height), refresh=True)


def _line(run: StepRun) -> str:
    state = "cached" if run.cached_from else "held" if run.held else str(run.state)
    text = f"{'again' if run.state is StepState.READY else state:<10} {run.step.id}"
    if run.state is StepState.READY:
        text += f"  at {clock(run.not_before)}: {(run.reason.splitlines() or [''])[0]}"
    elif run.held:
        text += f"  {run.held.splitlines()[0]}"
    elif run.state in (StepState.FAILED, StepState.LOST):
        text += f"  {(run.reason.splitlines() or [''])[0]}"
    elif run.state is StepState.SUBMITTED and run.attempts > 1:
        text += f"  attempt {run.attempts}: {run.reason}"
    return text


def _summary(engine: Engine) -> str:
    known = {state: count for state, count in engine.counts.items() if count}
    held = sum(tally.held for tally in engine.stages.values())
    told = [f"{count:,} {state}" for state, count in known.items()] + ([f"{held:,} held"] if held else [])
    return f"{counted(len(engine.runs), 'step')}: " + ", ".join(told)


def _now() -> float:
    return time.time()
