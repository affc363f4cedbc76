"""`recast logs`: what a step wrote, also while it still writes, and also where its node's disk is not ours."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click

from recast.cli.output import message, print_error
from recast.cli.runs import run_directory
from recast.engine import StepRun
from recast.errors import NotFound
from recast.jobs import StepState
from recast.runs import LiveRun, open_run
from recast.runs.find_step import find_step
from recast.runs.live import catch_up
from recast.runs.peek import Peek

__all__ = ["logs"]

FOLLOW_INTERVAL_S = 0.2
PEEK_INTERVAL_S = 5.0
"""Asking a batch system for a log costs it something."""

EPILOG = """
\b
Examples:
  recast logs last /fit/0
  recast logs last fit_0 --follow
"""


@click.command(epilog=EPILOG)
@click.argument("run")
@click.argument("step", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on until the step has ended.")
def logs(run: str, step: str | None, follow: bool) -> None:
    """Print what a step wrote (by default the first failed one, else the last that ran).

    The log of a job that runs on a node without a disk in common is fetched from there, if the engine can do that.
    """
    live = open_run(run_directory(run))
    chosen = _step(live, step)
    if chosen.job_id is None:
        raise NotFound(
            f"Step {chosen.step.id} has no log",
            where=f"run {live.request.run}",
            why=f"It is {chosen.state}" + (f", taken from {chosen.cached_from}." if chosen.cached_from else "."),
            next_step=f"recast show {live.request.run}",
        )
    for piece in _log(live, chosen.step.id, follow):
        sys.stdout.buffer.write(piece)
        sys.stdout.flush()


def _log(live: LiveRun, step_id: str, follow: bool) -> Iterator[bytes]:
    """Yield the log of the step's newest attempt; with `follow`, until the step has ended."""
    run = live.engine.runs[step_id]
    position, job_id = 0, run.job_id
    with Peek(live) as peek:
        while True:
            if run.job_id != job_id:
                position, job_id = 0, run.job_id
                message(f"--- attempt {run.attempts}: {run.reason}")
            ended = run.state.final
            path = live.directory.jobs / str(job_id) / "log"
            piece = _read_from(path, position)
            away = not piece and run.in_flight and not path.exists()
            if away:
                piece = peek.read(run, position)
                if peek.trouble is not None:
                    print_error(peek.trouble)
                    peek.trouble = None
            position += len(piece)
            if piece:
                yield piece
            if not follow or (ended and not piece):
                return
            time.sleep(PEEK_INTERVAL_S if away and peek.possible else FOLLOW_INTERVAL_S)
            live = catch_up(live)


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
