"""Commands that look at runs: `runs`, `status`, `show`, `logs`."""

from __future__ import annotations

import datetime
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from recast.cli.output import emit, message, output_option
from recast.cli.runs import run_directory
from recast.cli.waiting import print_open
from recast.engine import StepRun
from recast.errors import NotFound, StoreError
from recast.jobs import StepState
from recast.places import places
from recast.rundir import RunDirectory, list_runs
from recast.runs import LiveRun, open_run
from recast.runs.ahead import open_stages
from recast.runs.find_step import find_step
from recast.runs.origin import origin_lines, override_lines
from recast.runs.show import run_json

__all__ = ["logs", "runs", "show", "status"]

FOLLOW_INTERVAL_S = 0.2


@click.command(epilog="\b\nExample:\n  recast runs -o json")
@output_option
def runs(output: str) -> None:
    """List all runs, the newest last."""
    rows = [_row(directory) for directory in list_runs(places().runs)]
    emit({"runs": rows}, rows, ("run", "state", "what", "created", "directory"), output)


@click.command(epilog="\b\nExamples:\n  recast status last\n  recast status 3f2 -o json")
@click.argument("run")
@output_option
def status(run: str, output: str) -> None:
    """Say how a run stands: its state, the states of its steps, and what is awaited."""
    live = open_run(run_directory(run))
    counts = {str(state): count for state, count in live.engine.counts.items() if count}
    waiting = open_stages(live.engine)
    document = {
        "run": live.request.run,
        "state": live.state,
        "reason": live.engine.reason,
        "driver_pid": live.driver_pid,
        "steps": counts,
        "open": waiting,
        "in_flight": [{"id": item.step.id, "job_id": job} for job, item in live.engine.in_flight.items()],
    }
    emit(document, [{**document, **counts}], ("run", "state", *counts, "reason"), output)
    if output == "table":
        print_open(waiting)
    if output == "table" and live.state in ("interrupted", "failed", "cancelled"):
        message(f"to go on: recast resume {live.request.run}")


@click.command(epilog="\b\nExamples:\n  recast show last\n  recast show last -o json\n  recast show last -o csv")
@click.argument("run")
@output_option
def show(run: str, output: str) -> None:
    """Show a run and every step of it; or a version, ANALYSIS@VERSION or oci://..., as `recast catalogue show` does."""
    if "@" in run or run.startswith("oci://"):
        from recast.cli.catalogue import show_version

        show_version(run, output)
        return
    document = run_json(open_run(run_directory(run)))
    if output == "table":
        print(f"run {document['run']}: {document['state']}, {document['directory']}")
        for line in (*origin_lines(document["origin"]), *override_lines(document["overrides"])):
            print(line)
    emit(document, document["steps"], ("id", "state", "cached", "attempts", "exit_code", "reason"), output)


@click.command(epilog="\b\nExamples:\n  recast logs last /fit/0\n  recast logs last fit_0 --follow")
@click.argument("run")
@click.argument("step", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on until the step has ended.")
def logs(run: str, step: str | None, follow: bool) -> None:
    """Print what a step wrote (by default the first failed one, else the last that ran)."""
    directory = run_directory(run)
    live = open_run(directory)
    chosen = _step(live, step)
    if chosen.job_id is None:
        raise NotFound(
            f"Step {chosen.step.id} has no log",
            where=f"run {live.request.run}",
            why=f"It is {chosen.state}" + (f", taken from {chosen.cached_from}." if chosen.cached_from else "."),
            next_step=f"recast show {live.request.run}",
        )
    for piece in _log(directory, chosen.step.id, follow):
        sys.stdout.buffer.write(piece)
        sys.stdout.flush()


def _log(directory: RunDirectory, step_id: str, follow: bool) -> Iterator[bytes]:
    """Yield the log of the step's newest attempt; with `follow`, until the step has ended."""
    position, job_id = 0, None
    while True:
        run = open_run(directory).engine.runs[step_id]
        if run.job_id != job_id:
            position, job_id = 0, run.job_id
        path = directory.jobs / str(job_id) / "log"
        piece = _read_from(path, position)
        position += len(piece)
        if piece:
            yield piece
        if not follow or (run.state.final and not piece):
            return
        time.sleep(FOLLOW_INTERVAL_S)


def _read_from(path: Path, position: int) -> bytes:
    try:
        with path.open("rb") as reader:
            reader.seek(position)
            return reader.read()
    except OSError:
        return b""


def _step(live: LiveRun, name: str | None) -> StepRun:
    everything = [run for run in live.engine.runs.values() if run.step.packtivity is not None]
    if name is not None:
        return find_step(live, name, among=everything)
    failed = [run for run in everything if run.state in (StepState.FAILED, StepState.LOST)]
    logged = [run for run in everything if run.job_id is not None]
    if not (failed or logged):
        raise NotFound("No step of this run has a log", where=f"run {live.request.run}", next_step="recast show last")
    return failed[0] if failed else logged[-1]


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
    from recast.journal import Journal, RunLock

    if not directory.journal.exists():
        return "running" if RunLock(directory.lock).holder() else "interrupted"
    try:
        journal = Journal(directory.journal, read_only=True)
        last = journal.last()
        journal.close()
    except StoreError:
        return "damaged"
    if last is not None and last.kind == "RunEnded":
        return str(last.body["state"])
    return "running" if RunLock(directory.lock).holder() else "interrupted"
