"""Watching a run: a live table on a terminal, one line a change elsewhere; always what is awaited."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

from recast.cli.output import message
from recast.engine import Engine, StepRun
from recast.jobs import StepState

__all__ = ["Progress"]

REDRAW_S = 0.1
MOST_LINES = 200
"""Steps told one by one; beyond that only counts, ten a second at most."""


class Progress:
    """Shows the changes of an engine's state on stderr; used as the driver's `watch`."""

    def __init__(self, quiet: bool = False) -> None:
        self._told: dict[str, StepState] = {}
        self._last = 0.0
        self._live: Any = None
        self._show: Callable[[Engine], None] = self._nothing if quiet else self._start

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._live is not None:
            self._live.__exit__(None, None, None)

    def __call__(self, engine: Engine) -> None:
        """Show what has changed since the last call."""
        self._show(engine)

    def _start(self, engine: Engine) -> None:
        on_terminal = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._show = self._table if on_terminal else self._lines
        self._show(engine)

    def _nothing(self, engine: Engine) -> None:
        pass

    def _lines(self, engine: Engine) -> None:
        if len(engine.runs) > MOST_LINES:
            self._counts(engine)
            return
        for step_id, run in engine.runs.items():
            if self._told.get(step_id) == run.state or run.state in (StepState.WAITING, StepState.READY):
                continue
            self._told[step_id] = run.state
            if run.step.packtivity is not None:
                message(_line(run))

    def _counts(self, engine: Engine) -> None:
        now = time.monotonic()
        if now - self._last >= 1.0 or engine.state != "running":
            self._last = now
            message(_summary(engine))

    def _table(self, engine: Engine) -> None:
        now = time.monotonic()
        if now - self._last < REDRAW_S and engine.state == "running":
            return
        self._last = now
        if self._live is None:
            from rich.console import Console
            from rich.live import Live

            self._live = Live(console=Console(stderr=True), auto_refresh=False, transient=False)
            self._live.__enter__()
        self._live.update(_stage_table(engine), refresh=True)


def _line(run: StepRun) -> str:
    state = "cached" if run.cached_from else str(run.state)
    text = f"{state:<10} {run.step.id}"
    if run.state in (StepState.FAILED, StepState.LOST):
        text += f"  {(run.reason.splitlines() or [''])[0]}"
    elif run.state is StepState.SUBMITTED and run.attempts > 1:
        text += f"  attempt {run.attempts}: {run.reason}"
    return text


def _summary(engine: Engine) -> str:
    known = {state: count for state, count in engine.counts.items() if count}
    return f"{len(engine.runs)} steps: " + ", ".join(f"{count} {state}" for state, count in known.items())


def _stage_table(engine: Engine) -> Any:
    from rich.table import Table

    columns = ("waiting", "running", "done", "cached", "failed")
    stages: dict[str, dict[str, int]] = {}
    awaited: dict[str, str] = {}
    for run in engine.runs.values():
        if run.step.packtivity is None:
            continue
        stage = run.step.stage.name if run.step.stage else ""
        row = stages.setdefault(stage, dict.fromkeys(columns, 0))
        row[_column(run)] += 1
        if run.in_flight:
            awaited.setdefault(stage, run.step.id)
    table = Table("stage", *columns, "awaited", title=f"run {engine.plan.run}: {engine.state}", title_justify="left")
    for stage, row in stages.items():
        table.add_row(stage, *(str(row[column] or "") for column in columns), awaited.get(stage, ""))
    for rule in list(engine.expansion.rules)[:10]:
        waits = rule.blocker.name if rule.blocker else "?"
        table.add_row(rule.stage.name, "?", *[""] * 4, f"stage {waits}")
    return table


def _column(run: StepRun) -> str:
    if run.cached_from:
        return "cached"
    return {
        StepState.SUCCEEDED: "done",
        StepState.SUBMITTED: "running",
        StepState.RUNNING: "running",
        StepState.WAITING: "waiting",
        StepState.READY: "waiting",
    }.get(run.state, "failed")
