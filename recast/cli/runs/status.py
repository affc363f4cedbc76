"""`recast status`: the state of a run, from its journal, whichever process drives it."""

from __future__ import annotations

import click

from recast.cli.find_run import run_directory
from recast.cli.open_stages import print_open
from recast.cli.output import emit, message, output_option, say
from recast.json_types import JsonDict
from recast.reports.stage_table import COLUMNS
from recast.reports.status import standing, status_json
from recast.reports.time_text import duration
from recast.reports.usage import usage_lines, usage_of
from recast.rundir import now
from recast.runs import OpenRun, open_run

__all__ = ["status"]

EPILOG = """
\b
Examples:
  recast status last
  recast status 3f2 -o json
  watch recast status last        (the run itself also shows a live table)
"""


@click.command(epilog=EPILOG)
@click.argument("run")
@output_option
def status(run: str, output: str) -> None:
    """Show the state of a run: its stages, what is awaited, what delays it, what its jobs used."""
    live = open_run(run_directory(run))
    document = status_json(live)
    row = {**document, **document["steps"]}
    emit(document, [row], ("run", "state", *document["steps"], "reason"), output)
    if output == "table":
        _tell(live, document)


def _tell(live: OpenRun, document: JsonDict) -> None:
    """Print details beyond the counts."""
    moment = now()
    rows = [{**row, "for": _for(row, moment)} for row in document["stages"]]
    emit(rows, rows, ("stage", *COLUMNS, "awaited", "for"), "table")
    for line in standing(live.engine, moment):
        say(line)
    print_open(document["open"])
    for line in usage_lines(usage_of(live.engine)):
        say(line)
    if live.state in ("interrupted", "failed", "cancelled"):
        message(f"to continue: recast resume {live.request.run}")


def _for(row: JsonDict, moment: float) -> str:
    return "" if row["since"] is None else duration(moment - row["since"])
