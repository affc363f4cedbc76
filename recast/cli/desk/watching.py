"""`recast request watch`."""

from __future__ import annotations

import click

from recast.cli.desk.connect import connected, server_option
from recast.cli.output import emit, message, output_option

__all__ = ["watch"]


@click.command(
    epilog="""
\b
Examples:
  recast request watch atlas-susy-2019-08          be told, once a day, of its public requests and answers
  recast request watch atlas-susy-2019-08 --stop
  recast request watch                             what you watch
"""
)
@click.argument("analysis", required=False, metavar="[ANALYSIS]")
@click.option("--stop", is_flag=True, help="Be told no longer.")
@server_option
@output_option
def watch(analysis: str | None, stop: bool, server: str | None, output: str) -> None:
    """Be told of the public requests and released answers of an analysis; without one, list what you watch."""
    from recast.operations.desk import calls

    if stop and not analysis:
        raise click.UsageError("--stop needs the name of an analysis")
    service = connected(server)
    if analysis:
        calls.watch(service, analysis, on=not stop)
    rows = [{"analysis": name} for name in calls.watching(service)]
    emit(rows, rows, ("analysis",), output)
    if not rows:
        message("you watch no analysis")
