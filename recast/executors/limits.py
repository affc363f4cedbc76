"""Which limits the kernel would enforce for a run that is started here, as determined by a worker."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from recast.executors.bundle import build_worker

__all__ = ["Limits", "limits_here"]

_BOUND_S = 240


@dataclass(frozen=True, slots=True)
class Limits:
    """What control groups of `version` enforce of cpu, memory and pids; `why` not all, and the command to fix it."""

    version: int
    held: tuple[str, ...]
    why: str = ""
    next_step: str = ""


def limits_here(folder: Path) -> Limits:
    """Start a worker, from its zipapp in `folder`, that exceeds a memory limit, and return the outcome; raises
    StoreError.

    It has its own session, as every worker, so that its process group is separate from ours.
    """
    command = [sys.executable, "-I", "-S", "-E", str(build_worker(folder)), "limits"]
    try:
        done = subprocess.run(
            command, check=True, capture_output=True, timeout=_BOUND_S, stdin=subprocess.DEVNULL, start_new_session=True
        )
        said = json.loads(done.stdout)
        return Limits(said["version"], tuple(said["held"]), said["why"], said["next_step"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError) as problem:
        return Limits(0, (), f"the worker cannot determine it: {problem}")
