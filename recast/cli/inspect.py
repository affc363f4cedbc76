"""Commands that look at runs: `runs`, `show`."""

from __future__ import annotations

import datetime
from typing import Any

import click

from recast.cli.output import emit, message, output_option, say
from recast.cli.runs import run_directory
from recast.errors import SpecError, StoreError
from recast.places import places
from recast.rundir import RunDirectory, left_out, list_runs
from recast.runs import open_run
from recast.runs.intact import check_spec
from recast.runs.origin import origin_lines, override_lines
from recast.runs.show import run_json

__all__ = ["runs", "show"]


@click.command(epilog="\b\nExample:\n  recast runs -o json")
@output_option
def runs(output: str) -> None:
    """List all runs, the newest last."""
    rows = []
    for directory in list_runs(places().runs):
        try:
            rows.append(_row(directory))
        except StoreError as problem:
            message(left_out(directory, problem))
    emit({"runs": rows}, rows, ("run", "state", "what", "created", "directory"), output)


@click.command(epilog="\b\nExamples:\n  recast show last\n  recast show last -o json\n  recast show last -o csv")
@click.argument("run")
@output_option
def show(run: str, output: str) -> None:
    """Show a run and every step of it; or a version, ANALYSIS@VERSION or oci://..., as `recast catalogue show` does."""
    if "@" in run or run.startswith("oci://"):
        from recast.cli.catalogue import show_version

        show_version(run, output)
        return
    live = open_run(run_directory(run))
    try:
        check_spec(live.directory, live.request)
    except SpecError as problem:
        message(f"warning    {problem.what}: this is not what ran ({problem.where})")
    document = run_json(live)
    if output == "table":
        say(f"run {document['run']}: {document['state']}, {document['directory']}")
        for line in (*origin_lines(document["origin"]), *override_lines(document["overrides"])):
            say(line)
    emit(document, document["steps"], ("id", "state", "cached", "attempts", "exit_code", "reason"), output)


def _row(directory: RunDirectory) -> dict[str, Any]:
    request = directory.request()
    created = datetime.datetime.fromtimestamp(request.created, datetime.UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    return {
        "run": request.run,
        "state": _state(directory),
        "what": request.title,
        "created": created,
        "directory": str(directory.path),
    }


def _state(directory: RunDirectory) -> str:
    """Return a run's state from its newest event alone, so that a list of many runs stays quick."""
    from recast.journal import Journal, RunLock, is_begun

    last = None
    try:
        if is_begun(directory.journal):
            journal = Journal(directory.journal, read_only=True)
            try:
                last = journal.last()
            finally:
                journal.close()
    except StoreError:
        return "damaged"
    if last is not None and last.kind == "RunEnded":
        return str(last.body.get("state", "damaged"))
    return "running" if RunLock(directory.lock).holder() else "interrupted"
