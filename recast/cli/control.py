"""Commands that change a run: `resume`, `retry`, `cancel`."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import click

from recast.cli.executor_command import ExecutorCommand
from recast.cli.output import message
from recast.cli.run import drive_and_report, go_on_detached
from recast.cli.runs import run_directory
from recast.errors import NotFound, RecastError
from recast.journal import RunLock
from recast.places import places
from recast.rundir import RunDirectory
from recast.runs import open_run
from recast.runs.drive import cancel_idle, check_resumable, resettable

__all__ = ["cancel", "resume", "retry"]


class _Again(ExecutorCommand):
    """A command that goes on with a run: it takes settings of the executor that the run has."""

    def named(self, args: list[str]) -> str:
        """Return the executor of the first word that names a run."""
        for word in args:
            if not word.startswith("-"):
                with suppress(RecastError):
                    return run_directory(word).request().executor
        return "local"

    def instead(self, owner: str) -> str:
        """Say that a run stays where it is."""
        return f"start another run with --executor {owner}; what is done comes from the cache"

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Say how to see the settings."""
        formatter.write_paragraph()
        formatter.write_text(f"Settings that the run's executor takes: {ctx.command_path} RUN --help")
        click.Command.format_epilog(self, ctx, formatter)


@click.command(cls=_Again, epilog="\b\nExamples:\n  recast resume last\n  recast resume last --slurm-partition long")
@click.argument("run")
@click.option("--detach", is_flag=True, help="Return at once; the run goes on in the background.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def resume(run: str, detach: bool, quiet: bool, given: Mapping[str, Any]) -> None:
    """Go on with a run from wherever it stands; finished steps are kept, failed ones get a new try."""
    directory = run_directory(run)
    _change(directory, given)
    if detach:
        with RunLock(directory.lock):  # what somebody drives is not driven twice
            check_resumable(directory)
        go_on_detached(directory)
    else:
        drive_and_report(directory, quiet=quiet)


@click.command(cls=_Again, epilog="\b\nExamples:\n  recast retry last\n  recast retry last /fit/3")
@click.argument("run")
@click.argument("step", required=False)
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def retry(run: str, step: str | None, quiet: bool, given: Mapping[str, Any]) -> None:
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
    _change(directory, given)
    drive_and_report(directory, quiet=quiet, reset=[step] if step else again)


def _change(directory: RunDirectory, given: Mapping[str, Any]) -> None:
    if given:
        from recast.runs.newsettings import change_settings

        for line in change_settings(directory, given):
            message(f"changed    {line}")


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
