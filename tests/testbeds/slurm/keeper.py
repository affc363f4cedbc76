"""Who stops a test-bed that nobody needs any more: a process that watches those who use it."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from tests.testbeds.slurm.bed import Bed
from tests.testbeds.slurm.processes import alive, spawn

__all__ = ["join", "keep", "lease"]

_LOOK_S = 0.5
_GRACE_S = 20.0
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
    command = [sys.executable, "-m", "tests.testbeds.slurm", "keep", f"--folder={bed.folder}"]
    # Not marked as the bed's: it has to outlive what it ends.
    spawn(command, Path("/"), bed.folder.parent / f"{bed.folder.name}.keeper.log", {"PYTHONPATH": str(_ROOT)})


def keep(bed: Bed) -> None:
    """Wait until the lease is over and no user lives, then stop the bed; ends as well if somebody stops it."""
    unused_since = time.monotonic()
    while (bed.folder / "ready").exists():
        if _is_leased(bed) or _is_used(bed):
            unused_since = time.monotonic()
        elif time.monotonic() - unused_since > _GRACE_S:
            bed.stop()
        time.sleep(_LOOK_S)


def _is_leased(bed: Bed) -> bool:
    try:
        return time.time() < float((bed.folder / "lease").read_text())
    except (OSError, ValueError):
        return False


def _is_used(bed: Bed) -> bool:
    used = False
    with suppress(OSError):
        for path in (bed.folder / "users").iterdir():
            if alive(int(path.name)):
                used = True
            else:
                path.unlink(missing_ok=True)
    return used
