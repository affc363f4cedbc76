"""`recast runs`: listing and removing runs; `recast wait`."""

from __future__ import annotations

import sys

import click

from recast.cli.find_run import run_directory
from recast.cli.output import emit, message, output_option
from recast.errors import StoreError, UsageError, WorkflowFailed
from recast.paths import places
from recast.reports.run_list import run_row
from recast.rundir import RunDirectory, left_out, list_runs
from recast.runs.state import LIVE, state_of, wait_for

__all__ = ["runs", "wait"]


@click.group(
    invoke_without_command=True,
    epilog="\b\nExamples:\n  recast runs -o json\n  recast runs rm last",
)
@output_option
@click.pass_context
def runs(context: click.Context, output: str) -> None:
    """List all runs, the newest last, or remove some."""
    if context.invoked_subcommand is not None:
        return
    rows = []
    for directory in list_runs(places().runs):
        try:
            rows.append(run_row(directory))
        except StoreError as problem:
            message(left_out(directory, problem))
    emit({"runs": rows}, rows, ("run", "name", "state", "what", "created", "directory"), output)


@runs.command("rm", epilog="\b\nExamples:\n  recast runs rm last\n  recast runs rm monday tuesday --yes")
@click.argument("names", nargs=-1, required=True, metavar="RUN...")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(names: tuple[str, ...], yes: bool) -> None:
    """Remove RUNs permanently, with their logs and results, unless they are running or have jobs in a batch system.

    The outputs of their steps stay in the cache.
    """
    from recast.runs.remove import check_removable, remove_run

    found = {directory.id: directory for directory in map(run_directory, names)}
    for directory in found.values():
        check_removable(directory)
    if not yes:
        _confirm(list(found.values()), names)
    for directory in found.values():
        remove_run(directory, places())
        message(f"removed    run {directory.id}")


def _confirm(found: list[RunDirectory], names: tuple[str, ...]) -> None:
    for directory in found:
        message(f"run {directory.id}: {state_of(directory)}, {directory.path}")
    if not sys.stdin.isatty():
        raise UsageError(
            "Removing runs needs confirmation",
            why="Runs are removed permanently.",
            next_step=f"recast runs rm {' '.join(names)} --yes",
        )
    if not click.confirm(f"Remove {len(found)} run{'s' * (len(found) != 1)} permanently?", err=True):
        raise click.Abort


@click.command(epilog="\b\nExamples:\n  recast wait last\n  recast wait monday tuesday --timeout 3600")
@click.argument("names", nargs=-1, required=True, metavar="RUN...")
@click.option(
    "--timeout", type=click.FloatRange(0), metavar="SECONDS", help="Maximum waiting time [default: no limit]."
)
@output_option
def wait(names: tuple[str, ...], timeout: float | None, output: str) -> None:
    """Wait for RUNs in the background to end; exit code 1 unless all of them succeeded."""
    states = wait_for([run_directory(name) for name in names], timeout)
    rows = [{"run": run, "state": state} for run, state in states.items()]
    emit({"runs": rows}, rows, ("run", "state"), output)
    bad = {run: state for run, state in states.items() if state != "succeeded"}
    if bad:
        first, state = next(iter(bad.items()))
        raise WorkflowFailed(
            f"{len(bad)} of {len(states)} runs did not succeed" if state != LIVE else f"Run {first} is still running",
            why=", ".join(f"{run} {state}" for run, state in bad.items()),
            next_step=f"recast wait {first}" if state == LIVE else f"recast show {first}, then: recast resume {first}",
        )
