"""`recast shell`: a shell in the environment of a step."""

from __future__ import annotations

import sys

import click

from recast.cli.find_run import run_directory
from recast.cli.output import message, write_bytes, write_log
from recast.errors import UsageError
from recast.paths import places

__all__ = ["shell"]

EPILOG = """
\b
Examples:
  recast shell last /fit/3
  recast shell last fit_3 --command 'ls -l; python3 --version'
  recast shell last select --command "$(cat try-this.sh)" > what-it-said
"""


@click.command(epilog=EPILOG)
@click.argument("run")
@click.argument("step")
@click.option("--command", metavar="TEXT", help="Run this instead of a shell; required without a terminal.")
def shell(run: str, step: str, command: str | None) -> None:
    """Open a shell in the image of a STEP, with its inputs, confined like its job; nothing is kept.

    STEP is an id such as /map/0, a name such as map_0, or a unique prefix of an id. The step's own command is in the
    variable RECAST_COMMAND. Exit code 1 if the command fails.
    """
    from recast.operations.shell import shell_in

    if command is None and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "A shell needs a terminal", next_step=f"recast shell {run} {step} --command 'ls -l'   runs one command"
        )
    shell_in(run_directory(run), step, command, places(), message, _show)


def _show(piece: bytes) -> None:
    """Print a command's output: to a terminal without control sequences, otherwise unchanged."""
    if sys.stdout.isatty():
        write_log(piece.decode(errors="replace"))
    else:
        write_bytes(piece)
