"""The command line of a test-bed: `python -m tests.testbeds.NAME start|stop|status [--folder F] [--hours H]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from tests.testbeds.bed import Bed
from tests.testbeds.processes import BedProblem

__all__ = ["parser", "run"]


def parser(name: str, says: str | None) -> argparse.ArgumentParser:
    """Return what every test-bed understands."""
    made = argparse.ArgumentParser(prog=f"python -m tests.testbeds.{name}", description=says)
    made.add_argument("what", choices=["start", "stop", "status"], help="start and status print what a shell exports")
    made.add_argument("--folder", type=Path, help=f"where its state is (below .cache/testbeds/{name})")
    made.add_argument("--hours", type=float, default=8.0, help="how long it lives if nobody stops it")
    return made


def run(bed: Bed, given: argparse.Namespace, status: Callable[[], str] = str) -> int:
    """Do what was asked for; return the exit code. `status` has more to say about a bed that runs."""
    if given.what == "stop":
        bed.stop()
        return 0
    try:
        if given.what == "start":
            bed.start(given.hours * 3600)
    except BedProblem as problem:
        print(problem, file=sys.stderr)
        return 1
    if not bed.running():
        print("stopped", file=sys.stderr)
        return 1
    for name, value in bed.env.items():
        print(f"export {name}={value}")
    if given.what == "status":
        print(status(), end="", file=sys.stderr)
    return 0
