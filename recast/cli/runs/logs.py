"""`recast logs`: what a step wrote, also while it still writes, and also where its node's disk is not ours."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from recast.cli.find_run import run_directory
from recast.cli.output import message, print_error, write_bytes, write_log
from recast.engine import StepRun
from recast.errors import NotFound
from recast.jobs import StepState
from recast.reports.find_step import find_step
from recast.reports.live_log import Peek
from recast.runs import LiveRun, open_run
from recast.runs.open_run import catch_up

__all__ = ["logs", "start_of_tail", "whole_lines"]

FOLLOW_INTERVAL_S = 0.2
PEEK_INTERVAL_S = 5.0
"""Asking a batch system for a log costs it something."""
PIECE_BYTES = 1 << 20
"""What is read and held at once, however long the log."""
LONGEST_LINE_BYTES = 64 << 10
"""A line without an end is shown in pieces of this."""

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
@click.option("-f", "--follow", is_flag=True, help="Go on until the step has ended.")
@click.option("-n", "--tail", "lines", type=click.IntRange(min=0), metavar="LINES", help="Only the last lines.")
@click.option("--raw", is_flag=True, help="Its very bytes: a terminal may obey them, and secrets are not masked.")
def logs(run: str, step: str | None, follow: bool, lines: int | None, raw: bool) -> None:
    """Print what a step wrote (by default the first failed one, else the last that ran).

    What a terminal would obey is written as an escape, and secrets that can be told are masked. The log of a job that
    runs on a node without a disk in common is fetched from there, if the engine can do that.
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
    pieces = _log(live, chosen.step.id, follow, lines)
    for piece in pieces if raw else whole_lines(pieces):
        write_bytes(piece) if raw else write_log(piece.decode("utf-8", errors="backslashreplace"))


def whole_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes cut after ends of lines, so that no letter and no secret is cut; a line has a bound."""
    rest = b""
    for piece in pieces:
        rest += piece
        cut = rest.rfind(b"\n") + 1
        while not cut and len(rest) > LONGEST_LINE_BYTES:
            yield rest[:LONGEST_LINE_BYTES]
            rest = rest[LONGEST_LINE_BYTES:]
        if cut:
            yield rest[:cut]
            rest = rest[cut:]
    if rest:
        yield rest


def _log(live: LiveRun, step_id: str, follow: bool, lines: int | None) -> Iterator[bytes]:
    """Yield the log of the step's newest attempt in pieces; with `follow`, until the step has ended."""
    run = live.engine.runs[step_id]
    position, job_id = start_of_tail(_path(live, run), lines), run.job_id
    with Peek(live) as peek:
        while True:
            if run.job_id != job_id:
                position, job_id = 0, run.job_id
                message(f"--- attempt {run.attempts}: {run.reason}")
            ended = run.state.final
            path = _path(live, run)
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
                if len(piece) == PIECE_BYTES:
                    continue
            if not follow or (ended and not piece):
                return
            time.sleep(PEEK_INTERVAL_S if away and peek.possible else FOLLOW_INTERVAL_S)
            live = catch_up(live)


def start_of_tail(path: Path, lines: int | None) -> int:
    """Return where the last `lines` of a file begin, looking from its end; 0 for all of it, or for no file."""
    if lines is None:
        return 0
    try:
        with path.open("rb") as reader:
            place = end = reader.seek(0, os.SEEK_END)
            if not lines:
                return end
            wanted = lines + 1
            while place > 0:
                start = max(0, place - LONGEST_LINE_BYTES)
                reader.seek(start)
                piece = reader.read(place - start)
                if place == end and not piece.endswith(b"\n"):
                    wanted -= 1  # the last line has no end
                while (found := piece.rfind(b"\n")) >= 0:
                    wanted -= 1
                    if wanted <= 0:
                        return start + found + 1
                    piece = piece[:found]
                place = start
    except OSError:
        pass
    return 0


def _path(live: LiveRun, run: StepRun) -> Path:
    return live.directory.jobs / str(run.job_id) / "log"


def _read_from(path: Path, position: int) -> bytes:
    try:
        with path.open("rb") as reader:
            reader.seek(position)
            return reader.read(PIECE_BYTES)
    except OSError:
        return b""


def _step(live: LiveRun, name: str | None) -> StepRun:
    everything = [run for run in live.engine.runs.values() if run.step.packtivity is not None]
    if name is not None:
        return find_step(live, name, among=everything)
    failed = [run for run in everything if run.state in (StepState.FAILED, StepState.LOST)]
    logged = [run for run in everything if run.job_id is not None]
    if not (failed or logged):
        run = live.request.run
        raise NotFound("No step of this run has a log", where=f"run {run}", next_step=f"recast show {run}")
    return failed[0] if failed else logged[-1]
