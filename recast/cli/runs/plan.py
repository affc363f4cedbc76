"""`recast plan`: what would run, what comes from the cache, and why; nothing is written."""

from __future__ import annotations

from typing import Any

import click

from recast.cli.environment import warn_of_overrides
from recast.cli.executor_command import ExecutorCommand
from recast.cli.open_stages import print_open
from recast.cli.options import source_options, until_option
from recast.cli.output import emit, message, output_option
from recast.counted import counted
from recast.operations.ready import missing_images
from recast.paths import places
from recast.prepare.arguments import prepared
from recast.reports.plan import plan_json

__all__ = ["plan"]

EPILOG = """
\b
Examples:
  recast plan atlas-susy-2018-31 --example demo
  recast plan workflow.yml --toplevel specs -p input='[1, 2, 3]' -o json
"""


@click.command(cls=ExecutorCommand, epilog=EPILOG)
@source_options
@until_option
@output_option
def plan(output: str, **arguments: Any) -> None:
    """Show what a run would do, step by step."""
    ready = prepared(**arguments)
    warn_of_overrides(ready.plan.overrides)
    document = plan_json(ready, places())
    for line in missing_images(ready.source.version, is_draft="draft" in (ready.source.origin or {})):
        message(f"note       {line}")
    emit(document, document["steps"], ("id", "action", "reason"), output)
    if output == "table":
        print_open(document["open"])
        message(_summary(document["summary"]))


def _summary(counts: dict[str, int]) -> str:
    steps = f"{counted(counts['run'], 'step')} to run, {counts['cached']} from the cache"
    return steps + (f", {counted(counts['open'], 'stage')} not expanded yet" if counts["open"] else "")
