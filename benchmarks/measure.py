"""How things are measured: wall time and peak memory of a child, pairs in turn, growth as an exponent."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

__all__ = ["Failed", "Pair", "Taken", "exponent", "paired", "take"]


class Failed(Exception):
    """A command that had to succeed did not, or took too long; the text is the end of what it said."""


class Taken(NamedTuple):
    """What a command took: wall time in seconds, peak memory (ru_maxrss of the largest of its processes) in MB."""

    seconds: float
    peak_mb: float


class Pair(NamedTuple):
    """Two things run in turn: the medians of both in seconds, and the median of the ratios pair by pair."""

    ours: float
    theirs: float
    ratio: float


def take(
    command: Sequence[str], folder: Path, env: Mapping[str, str] | None = None, text: str = "", most_s: float = 1800.0
) -> Taken:
    """Run a command in a folder and return what it took; raise Failed if it fails or runs longer than `most_s`."""
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as given:
        given.write(text.encode())
        given.seek(0)
        start = time.perf_counter()
        child = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **(env or {})}, stdin=given, stdout=said, stderr=said
        )
        status, peak_kb = _wait(child, start + most_s)
        taken = time.perf_counter() - start
        if status:
            said.seek(0)
            why = f"exit code {status}" if status > 0 else f"ended by signal {-status} after {taken:.0f} s"
            raise Failed(f"{why}: {said.read()[-2000:].decode(errors='replace')}")
    return Taken(taken, peak_kb / 1000)


def _wait(child: subprocess.Popen[bytes], until: float) -> tuple[int, int]:
    """Return exit code and peak memory in kB of a child, which is killed if it takes too long."""
    fd = os.pidfd_open(child.pid)
    try:
        import select

        left_ms = max(0.0, until - time.perf_counter()) * 1000
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        if not poll.poll(left_ms):
            child.kill()
        _, status, usage = os.wait4(child.pid, 0)
    finally:
        os.close(fd)
    child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, usage.ru_maxrss


def paired(ours: Callable[[], float], theirs: Callable[[], float], rounds: int) -> Pair:
    """Run both in turn (A B A B ...), after one of each that does not count: machines are noisy, and warm up."""
    ours(), theirs()
    pairs = []
    for number in range(rounds):
        if sys.stderr.isatty():
            print(f"  round {number + 1} of {rounds}", end="\r", file=sys.stderr, flush=True)
        pairs.append((ours(), theirs()))
    return Pair(median(a for a, _ in pairs), median(b for _, b in pairs), median(a / b for a, b in pairs))


def exponent(small: tuple[int, float], large: tuple[int, float]) -> float:
    """Return how time grows between two (count, seconds): 1.0 is linear, 2.0 quadratic."""
    return math.log(large[1] / small[1]) / math.log(large[0] / small[0])
