"""The process that looks at an upload: the file on stdin, one JSON document out, with limits on time and memory.

python -I judge_child.py '["/folders", "of packages"]' CPU_S < file
"""

from __future__ import annotations

import json
import resource
import signal
import sys
import time
from typing import IO, Any

__all__ = ["look"]

MOST_MEMORY_BYTES = 1 << 30
QUICK_START_S = 0.5
"""The CPU time of this process's start on a machine for which the limits are right; a slower one gets more in
proportion.
"""


def look(file: IO[bytes]) -> dict[str, Any]:
    """Return `{"kind": ..., "notes": [...]}` of a file, or `{"error": why}`."""
    from recast.ledger.uploads.kinds import Unusable, look_at

    try:
        kind, notes = look_at(file)
    except Unusable as problem:
        return {"error": str(problem)}
    return {"kind": kind, "notes": notes}


def _main(folders: list[str], most_cpu_s: float) -> None:
    sys.path += folders  # an isolated Python ignores PYTHONPATH and the user's site-packages
    import recast.ledger.uploads.kinds  # noqa: F401 - before the timer starts

    slowness = max(1.0, time.process_time() / QUICK_START_S)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, most_cpu_s * slowness)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        said = look(sys.stdin.buffer)
    except MemoryError:
        said = {"error": "It takes too much memory to read."}
    except Exception as problem:  # whatever the exception, the file cannot be read
        said = {"error": f"{type(problem).__name__}: {problem}"[:500]}
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    _main(json.loads(sys.argv[1]), float(sys.argv[2]))
