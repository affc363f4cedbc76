"""The process that evaluates an untrusted schema: one request in, one answer out, with limits on time and memory.

    python -I judge_child.py '["/folders", "of packages"]' CPU_S < request

A request is `{"schema": ..., "inputs": ...}`, or `many` inputs in a list, or without them to check the schema itself.
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
"""The CPU time of this process's start on a machine for which the limits are right; a slower one gets more in
proportion.
"""


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Return `{"faults": [[pointer, what, allowed], ...]}` of inputs, `{"many": [faults, ...]}` of several, or
    `{"fault": text}` of a schema.
    """
    from recast.inputs.faults import fault_of_schema, faults_of_many, schema_faults

    if "many" in request:
        return {"many": list(faults_of_many(request["many"], request["schema"]))}
    if "inputs" in request:
        return {"faults": list(schema_faults(request["inputs"], request["schema"]))}
    return {"fault": fault_of_schema(request["schema"])}


def _main(folders: list[str], most_cpu_s: float) -> None:
    sys.path += folders  # an isolated Python ignores PYTHONPATH and the user's site-packages
    # Before the timer starts: all imports, and one evaluation, for which jsonschema imports the rest.
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
    except Exception as problem:  # whatever the exception, the schema cannot be evaluated
        said = {"error": f"{type(problem).__name__}: {problem}"[:500]}
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    _main(json.loads(sys.argv[1]), float(sys.argv[2]))
