"""Commands that change a run: `resume`, `retry`, `cancel`."""

from __future__ import annotations

from contextlib import suppress

import click

from recast.cli.executor_command import ExecutorCommand
from recast.cli.find_run import run_directory
from recast.cli.output import message
from recast.cli.runs.run import drive_and_report, leave
from recast.errors import RecastError
from recast.json_types import JsonObject
from recast.operations.cancel import cancel as cancel_run
from recast.operations.resume import change, check_idle, steps_to_retry
from recast.paths import places
from recast.rundir import RunDirectory

__all__ = ["cancel", "resume", "retry"]


class _Again(ExecutorCommand):
    """A command that continues a run: it accepts settings of the run's executor."""

    def named(self, args: list[str]) -> str:
        """Return the executor of the run that the first matching word names."""
        for word in args:
            if not word.startswith("-"):
                with suppress(RecastError):
                    return run_directory(word).request().executor
        return "local"

    def instead(self, owner: str) -> str:
        """Return that a run keeps its executor."""
        return f"start another run with --executor {owner}; finished steps come from the cache"

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Add how to see the settings."""
        formatter.write_paragraph()
        formatter.write_text(f"Settings of the run's executor: {ctx.command_path} RUN --help")
        click.Command.format_epilog(self, ctx, formatter)


@click.command(cls=_Again, epilog="\b\nExamples:\n  recast resume last\n  recast resume last --slurm-partition long")
@click.argument("run")
@click.option("--detach", is_flag=True, help="Return immediately; the run continues in the background.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def resume(run: str, detach: bool, quiet: bool, given: JsonObject) -> None:
    """Continue a run from where it stopped; finished steps are kept, failed ones are retried."""
    directory = run_directory(run)
    _change(directory, given)
    if detach:
        check_idle(directory)
        leave(directory)
    else:
        drive_and_report(directory, quiet=quiet)


@click.command(cls=_Again, epilog="\b\nExamples:\n  recast retry last\n  recast retry last /fit/3")
@click.argument("run")
@click.argument("step", required=False)
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def retry(run: str, step: str | None, quiet: bool, given: JsonObject) -> None:
    """Retry the failed steps of a run, all or one."""
    directory = run_directory(run)
    again = steps_to_retry(directory, step)
    _change(directory, given)
    drive_and_report(directory, quiet=quiet, reset=again)


def _change(directory: RunDirectory, given: JsonObject) -> None:
    for line in change(directory, given):
        message(f"changed    {line}")


@click.command(epilog="\b\nExample:\n  recast cancel last")
@click.argument("run")
def cancel(run: str) -> None:
    """Stop a run; its finished steps are kept."""
    message(cancel_run(run_directory(run), places()))
