"""Who wants a test-bed: processes that live, and whoever took it for some time."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from tests.testbeds.processes import alive, born

__all__ = ["are_held", "drop", "take"]


def take(leases: Path, life_s: float = 0, what_for: str = "") -> None:
    """Take a lease for as long as this process lives, and for `life_s` from now, whoever lives."""
    leases.mkdir(exist_ok=True)
    (leases / _ours(what_for)).write_text(str(time.time() + life_s))


def drop(leases: Path, what_for: str = "") -> None:
    """Give a lease of this process back; those that it has for other reasons stay."""
    (leases / _ours(what_for)).unlink(missing_ok=True)


def are_held(leases: Path) -> bool:
    """Return whether anybody has a lease; remove those that are over."""
    try:
        held = [lease for lease in leases.iterdir() if _is_held(lease)]
    except OSError:
        return False
    return bool(held)


def _is_held(lease: Path) -> bool:
    pid, when = lease.name.split("-")[:2]
    if alive(int(pid)) and born(int(pid)) == when:
        return True
    with suppress(OSError, ValueError):
        if time.time() < float(lease.read_text()):
            return True
    lease.unlink(missing_ok=True)
    return False


def _ours(what_for: str) -> str:
    return f"{os.getpid()}-{born(os.getpid())}-{what_for}"
