"""`recast logs`: the output of a step, also while it runs, and also from nodes without a shared disk."""

from __future__ import annotations

import click

from recast.cli.find_run import run_directory
from recast.cli.output import message, print_error, write_bytes, write_log
from recast.errors import NotFound
from recast.operations.logs import log_of, step_with_log, whole_lines
from recast.runs import open_run

__all__ = ["logs"]


EPILOG = """
\b
Examples:
  recast logs last /fit/0
  recast logs last fit_0 --follow
  recast logs last fit_0 --tail 100
  recast logs last fit_0 --raw > fit.log
"""


@click.command(epilog=EPILOG)
@click.argument("run")
@click.argument("step", required=False)
@click.option("-f", "--follow", is_flag=True, help="Follow the log until the step has ended.")
@click.option("-n", "--tail", "lines", type=click.IntRange(min=0), metavar="LINES", help="Show only the last lines.")
@click.option(
    "--raw", is_flag=True, help="Print the exact bytes: a terminal may interpret them, and secrets are not masked."
)
def logs(run: str, step: str | None, follow: bool, lines: int | None, raw: bool) -> None:
    """Print the log of a step (by default the first failed one, otherwise the last that ran).

    Control sequences are written as escapes, and recognised secrets are masked. The log of a job that runs on a node
    without a shared disk is fetched from there, if the batch system supports it.
    """
    live = open_run(run_directory(run))
    chosen = step_with_log(live, step)
    if chosen.job_id is None:
        raise NotFound(
            f"Step {chosen.step.id} has no log",
            where=f"run {live.request.run}",
            why=f"It is {chosen.state}" + (f", taken from {chosen.cached_from}." if chosen.cached_from else "."),
            next_step=f"recast show {live.request.run}",
        )
    pieces = log_of(live, chosen.step.id, follow=follow, lines=lines, say=message, trouble=print_error)
    for piece in pieces if raw else whole_lines(pieces):
        write_bytes(piece) if raw else write_log(piece.decode("utf-8", errors="backslashreplace"))
