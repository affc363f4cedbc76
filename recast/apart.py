"""Strangers' data judged in a separate process, which may run out of time or memory instead of us."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

from recast.errors import InfrastructureError
from recast.json_types import JsonDict

__all__ = ["ask_apart"]

_MOST_WALL_S = 600.0
"""The wall-time limit, for a machine that is too busy; the child itself has a limit on CPU time."""


def ask_apart(
    child: Path, feed: bytes | IO[bytes], most_cpu_s: float, failed: Callable[[str], InfrastructureError]
) -> JsonDict | None:
    """Return what the program `child` says about `feed`, a JSON object; None if its limits ended it.

    The child gets the folders to import from and the CPU time as arguments. Raises what `failed` makes of the reason if
    the process cannot do its work, which is not the fault of the data.
    """
    command = [sys.executable, "-I", "-X", "utf8", str(child), json.dumps(_folders()), str(most_cpu_s)]
    try:
        done = subprocess.run(
            command,
            input=feed if isinstance(feed, bytes) else None,
            stdin=None if isinstance(feed, bytes) else feed,
            capture_output=True,
            timeout=_MOST_WALL_S,
            check=False,
            env={"TZ": "UTC"},
            cwd="/",
        )
        said: JsonDict = json.loads(done.stdout) if done.returncode == 0 else {}
    except (OSError, subprocess.TimeoutExpired, ValueError) as problem:
        raise failed(str(problem)) from None
    if not said and done.returncode > 0:
        raise failed((done.stderr.decode(errors="replace").strip().splitlines() or ["it says nothing"])[-1])
    return said or None


def _folders() -> list[str]:
    """Return the folders from which this Python imports RECAST and its dependencies."""
    return [str(Path(__file__).parents[1]), *(path for path in sys.path if path)]
