"""The process that judges by a stranger's schema: one request in, one answer out, within bounds of time and memory.

    python -I judge_child.py '["/folders", "of packages"]' CPU_S < request

A request is `{"schema": ..., "inputs": ...}`, or without `inputs` if the schema itself is to be judged.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
import time
from typing import Any

__all__ = ["answer"]

MOST_MEMORY_BYTES = 1 << 30
QUICK_START_S = 0.5
"""The start of this process takes less where the bounds are right. A machine that needs longer is as much slower."""


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Return `{"faults": [[pointer, what, allowed], ...]}` of inputs, or `{"fault": text}` of a schema."""
    from recast.inputs.faults import fault_of_schema, schema_faults

    if "inputs" in request:
        return {"faults": list(schema_faults(request["inputs"], request["schema"]))}
    return {"fault": fault_of_schema(request["schema"])}


def _main(folders: list[str], most_cpu_s: float) -> None:
    sys.path += folders  # an isolated Python does not look at PYTHONPATH, nor in a user's own packages
    # Before the clock starts: all that is imported, and one judgement, for which jsonschema imports the rest.
    answer({"schema": {"type": "object"}})
    answer({"schema": {"type": "object"}, "inputs": {}})
    slowness = max(1.0, time.process_time() / QUICK_START_S)
    request = json.load(sys.stdin)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, most_cpu_s * slowness)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        said = answer(request)
    except Exception as problem:  # whatever a schema does to its judge, it cannot be judged by
        said = {"error": f"{type(problem).__name__}: {problem}"[:500]}
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    _main(json.loads(sys.argv[1]), float(sys.argv[2]))
