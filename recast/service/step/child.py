"""The process that opens one run to tell of one step: what a journal costs, it costs here.

python -m recast.service.step.child FOLDER RUN STEP
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from recast.errors import RecastError, in_words
from recast.json_types import JsonDict
from recast.operations.step_facts import step_facts
from recast.rundir import RunDirectory

__all__ = ["main"]

_MOST_CPU_S, _MOST_BYTES = 20, 4 << 30


def main(folder: str, run: str, step: str) -> int:
    """Print what a run knows of a step, or why it cannot be told."""
    resource.setrlimit(resource.RLIMIT_CPU, (_MOST_CPU_S, _MOST_CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
    try:
        told: JsonDict = {"facts": step_facts(RunDirectory(Path(folder), run), step)}
    except (RecastError, OSError) as problem:
        told = {"problem": in_words(problem).what}
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
