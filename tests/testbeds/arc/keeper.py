"""Who starts the bed and who keeps it: it lives as long as a process that uses it, or as a lease."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from tests.testbeds.arc.bed import Bed
from tests.testbeds.slurm.keeper import keep
from tests.testbeds.slurm.processes import spawn

__all__ = ["join", "keep", "lease"]

_ROOT = Path(__file__).resolve().parents[3]


def join(bed: Bed) -> None:
    """Start the bed if it does not run; it lives at least as long as this process."""
    started = bed.start()
    users = bed.folder / "users"
    users.mkdir(exist_ok=True)
    (users / str(os.getpid())).touch()
    if started:
        _start_keeper(bed)


def lease(bed: Bed, hours: float) -> None:
    """Start the bed if it does not run; it lives some hours if nobody stops it."""
    started = bed.start()
    (bed.folder / "lease").write_text(str(time.time() + hours * 3600))
    if started:
        _start_keeper(bed)


def _start_keeper(bed: Bed) -> None:
    command = [sys.executable, "-m", "tests.testbeds.arc", "keep", f"--folder={bed.folder}"]
    # Not marked as the bed's: it has to outlive what it ends.
    spawn(command, Path("/"), bed.folder.parent / f"{bed.folder.name}.keeper.log", {"PYTHONPATH": str(_ROOT)})
