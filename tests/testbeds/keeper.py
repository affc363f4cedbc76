"""The keeper of a test-bed: a process that looks after it, and ends it when nobody wants it any more."""

from __future__ import annotations

import importlib
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.testbeds.processes import spawn
from tests.waiting import until

if TYPE_CHECKING:
    from tests.testbeds.bed import Bed

__all__ = ["begin", "keep"]

LOOK_S = 0.3
GRACE_S = 20.0
_ROOT = Path(__file__).resolve().parents[2]


def begin(bed: Bed) -> None:
    """Start the keeper of a bed."""
    kind = type(bed)
    command = [sys.executable, "-m", "tests.testbeds.keeper", kind.__module__, kind.__name__, str(bed.folder)]
    # Not marked as the bed's: it has to outlive what it ends.
    spawn(command, Path("/"), bed.keeper_log, {"PYTHONPATH": str(_ROOT)})
    until(lambda: bed.pid("keeper"), "the keeper")


def keep(bed: Bed, grace_s: float = GRACE_S) -> None:
    """Look after a bed until nobody has wanted it for a while, or until it has another keeper or none."""
    wanted_s = time.monotonic()
    bed.note("keeper", os.getpid())
    while bed.pid("keeper") == os.getpid():
        if bed.is_wanted():
            wanted_s = time.monotonic()
        elif time.monotonic() - wanted_s > grace_s and bed.end_if_unwanted():
            return
        bed.tend()
        time.sleep(LOOK_S)


def main(module: str, kind: str, folder: str) -> None:
    """Keep the bed of a class in a folder."""
    keep(getattr(importlib.import_module(module), kind)(Path(folder)))


if __name__ == "__main__":
    main(*sys.argv[1:])
