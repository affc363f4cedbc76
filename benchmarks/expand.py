"""A child of the benchmarks: expand a workflow without running anything, and print the seconds that it took.

python -m benchmarks.expand FOLDER COUNT
"""

from __future__ import annotations

import resource
import sys
import time
from collections import deque
from pathlib import Path

from recast.spec import load_workflow
from recast.workflow import Expansion

__all__ = ["expand"]


def expand(folder: Path, count: int) -> tuple[float, int]:
    """Return the seconds that the expansion over `count` points takes, and how many steps there are in the end."""
    workflow = load_workflow("workflow.yml", folder).workflow
    start = time.perf_counter()
    expansion = Expansion(workflow)
    todo = deque(expansion.start({"points": list(range(count))}, {}))
    while todo:
        todo.extend(expansion.finish(todo.popleft(), {}))
    taken = time.perf_counter() - start
    if expansion.problems or expansion.rules:
        sys.exit(f"not expanded to its end: {expansion.problems[:1]}")
    return taken, len(expansion.steps)


if __name__ == "__main__":
    seconds, steps = expand(Path(sys.argv[1]), int(sys.argv[2]))
    print(seconds, steps, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
