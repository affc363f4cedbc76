"""`recast status`: how a run stands, from its journal, whoever drives it."""

from __future__ import annotations

from typing import Any

import click

from recast.cli.find_run import run_directory
from recast.cli.open_stages import print_open
from recast.cli.output import emit, message, output_option, say
from recast.cli.standing import standing
from recast.reports.stage_table import COLUMNS, stage_rows
from recast.reports.time_text import duration
from recast.reports.unexpanded import open_stages
from recast.reports.usage import usage_lines, usage_of
from recast.rundir import now
from recast.runs import LiveRun, open_run

__all__ = ["status"]

EPILOG = """
\b
Examples:
  recast status last
  recast status 3f2 -o json
  watch recast status last        (the run itself shows a live table, too)
"""


@click.command(epilog=EPILOG)
@click.argument("run")
@output_option
def status(run: str, output: str) -> None:
    """Say how a run stands: its state, its stages, what is awaited, what holds it up, what its jobs used."""
    live = open_run(run_directory(run))
    document = _document(live)
    row = {**document, **document["steps"]}
    emit(document, [row], ("run", "state", *document["steps"], "reason"), output)
    if output == "table":
        _tell(live, document)


def _document(live: LiveRun) -> dict[str, Any]:
    engine = live.engine
    paused = engine.paused
    return {
        "run": live.request.run,
        "state": live.state,
        "reason": engine.reason,
        "executor": live.request.executor,
        "driver_pid": live.driver_pid,
        "steps": {str(state): count for state, count in engine.counts.items() if count},
        "stages": [row.as_json() for row in stage_rows(engine)],
        "open": open_stages(engine),
        "paused": None
        if paused is None
        else {"since": paused.time, "reason": paused.reason, "obstacle": paused.obstacle},
        "tried_again_at": engine.wake_at if engine.state == "running" else None,
        "avoided_hosts": engine.hosts.bad,
        "in_flight": [
            {
                "id": run.step.id,
                "job_id": job_id,
                "native_id": run.native_id,
                "state": str(run.state),
                "since": run.since,
                "host": run.host or None,
                "held": run.held,
            }
            for job_id, run in engine.in_flight.items()
        ],
        "usage": [usage.as_json() for usage in usage_of(engine)],
    }


def _tell(live: LiveRun, document: dict[str, Any]) -> None:
    """Print what a person wants to know beyond the counts."""
    moment = now()
    rows = [{**row, "for": _for(row, moment)} for row in document["stages"]]
    emit(rows, rows, ("stage", *COLUMNS, "awaited", "for"), "table")
    for line in standing(live.engine, moment):
        say(line)
    print_open(document["open"])
    for line in usage_lines(usage_of(live.engine)):
        say(line)
    if live.state in ("interrupted", "failed", "cancelled"):
        message(f"to go on: recast resume {live.request.run}")


def _for(row: dict[str, Any], moment: float) -> str:
    return "" if row["since"] is None else duration(moment - row["since"])
