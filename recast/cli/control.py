"""Commands that change a run: `resume`, `retry`, `cancel`."""

from __future__ import annotations

import os
import signal

import click

from recast.cli.output import message
from recast.cli.run import drive_and_report
from recast.cli.runs import run_directory
from recast.errors import NotFound
from recast.places import places
from recast.runs import open_run
from recast.runs.drive import cancel_idle, resettable

__all__ = ["cancel", "resume", "retry"]


@click.command(epilog="\b\nExample:\n  recast resume last")
@click.argument("run")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def resume(run: str, quiet: bool) -> None:
    """Go on with a run from wherever it stands; finished steps are kept, failed ones get a new try."""
    drive_and_report(run_directory(run), quiet=quiet)


@click.command(epilog="\b\nExamples:\n  recast retry last\n  recast retry last /fit/3")
@click.argument("run")
@click.argument("step", required=False)
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def retry(run: str, step: str | None, quiet: bool) -> None:
    """Try failed steps of a run again, all or one."""
    directory = run_directory(run)
    again = resettable(open_run(directory).engine)
    if step is not None and step not in again:
        raise NotFound(
            f"Step {step!r} has nothing to try again",
            where=f"run {run}",
            why=f"Steps that failed or were cancelled: {', '.join(again) or 'none'}.",
            next_step=f"recast show {run}",
        )
    drive_and_report(directory, quiet=quiet, reset=[step] if step else again)


@click.command(epilog="\b\nExample:\n  recast cancel last")
@click.argument("run")
def cancel(run: str) -> None:
    """Stop a run; its finished steps are kept."""
    directory = run_directory(run)
    live = open_run(directory)
    pid = live.driver_pid
    if live.engine.state != "running":
        message(f"run {live.request.run} is {live.engine.state} already")
    elif pid is None:
        cancel_idle(directory, places())
        message(f"run {live.request.run} cancelled")
    else:
        os.kill(pid, signal.SIGUSR1)
        message(f"run {live.request.run}: its driver (process {pid}) was told to cancel")
