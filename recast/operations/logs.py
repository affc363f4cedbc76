"""The log of a step, in chunks, also while the step is running."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from recast.engine import StepRun
from recast.errors import NotFound, RecastError
from recast.jobs import StepState
from recast.reports.find_step import find_step
from recast.reports.live_log import LiveLog
from recast.runs import OpenRun
from recast.runs.known_secrets import known_secrets, without_secrets
from recast.runs.open_run import catch_up

__all__ = ["log_of", "start_of_tail", "step_with_log", "whole_lines"]

FOLLOW_INTERVAL_S = 0.2
PEEK_INTERVAL_S = 5.0
"""Asking a batch system for a log puts load on it."""
PIECE_BYTES = 1 << 20
"""The chunk size, however long the log is."""
LONGEST_LINE_BYTES = 64 << 10
"""A longer line is shown in pieces of this size."""


def whole_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes split at line ends, so that no character or secret is split; very long lines are split."""
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


def log_of(
    live: OpenRun,
    step_id: str,
    *,
    follow: bool = False,
    lines: int | None = None,
    say: Callable[[str], None] = lambda _: None,
    trouble: Callable[[RecastError], None] = lambda _: None,
) -> Iterator[bytes]:
    """Yield the log of a step's newest attempt in chunks, or its last `lines`; with `follow`, until the step has ended.

    `say` hears of a new attempt, `trouble` why a log elsewhere cannot be seen. Secrets that this machine knows are
    stars, also while a job still runs.
    """
    pieces = _pieces(live, step_id, follow, lines, say, trouble)
    secrets = known_secrets(live.engine.plan.overrides)
    yield from (without_secrets(piece, secrets) for piece in whole_lines(pieces)) if secrets else pieces


def _pieces(
    live: OpenRun,
    step_id: str,
    follow: bool,
    lines: int | None,
    say: Callable[[str], None],
    trouble: Callable[[RecastError], None],
) -> Iterator[bytes]:
    run = live.engine.runs[step_id]
    position, job_id = start_of_tail(_path(live, run), lines), run.job_id
    with LiveLog(live) as peek:
        while True:
            if run.job_id != job_id:
                position, job_id = 0, run.job_id
                say(f"--- attempt {run.attempts}: {run.reason}")
            ended = run.state.final
            path = _path(live, run)
            piece = _read_from(path, position)
            away = not piece and run.in_flight and not path.exists()
            if away:
                piece = peek.read(run, position)
                if peek.trouble is not None:
                    trouble(peek.trouble)
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
    """Return the offset of the last `lines` of a file, searching from its end; 0 for the whole file, or if there is
    none.
    """
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
                    wanted -= 1  # the last line does not end with a newline
                while (found := piece.rfind(b"\n")) >= 0:
                    wanted -= 1
                    if wanted <= 0:
                        return start + found + 1
                    piece = piece[:found]
                place = start
    except OSError:
        pass
    return 0


def _path(live: OpenRun, run: StepRun) -> Path:
    return live.directory.jobs / str(run.job_id) / "log"


def _read_from(path: Path, position: int) -> bytes:
    try:
        with path.open("rb") as reader:
            reader.seek(position)
            return reader.read(PIECE_BYTES)
    except OSError:
        return b""


def step_with_log(live: OpenRun, name: str | None) -> StepRun:
    """Return a step by name; without a name the first that failed, else the newest with a log. Raises NotFound."""
    everything = [run for run in live.engine.runs.values() if run.step.packtivity is not None]
    if name is not None:
        return find_step(live, name, among=everything)
    failed = [run for run in everything if run.state in (StepState.FAILED, StepState.LOST)]
    logged = [run for run in everything if run.job_id is not None]
    if not (failed or logged):
        run = live.request.run
        raise NotFound("No step of this run has a log", where=f"run {run}", next_step=f"recast show {run}")
    return failed[0] if failed else logged[-1]
