"""`recast run` over the simulated batch system, in this process: what the driver itself takes, jobs apart.

python -m benchmarks.simulated_run through ARGUMENTS...            run to the end
python -m benchmarks.simulated_run waiting COUNT SECONDS ARGUMENTS...   let COUNT jobs wait, watch for SECONDS, detach

The last line of standard output is one JSON object: what it took.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

from recast.executors import registry
from recast.executors.batch.simulated import SimulatedSystem
from recast.executors.batch.system import Array

__all__ = ["Counted"]

_made: list[Counted] = []


class Counted(SimulatedSystem):
    """The simulated batch system, with the numbers that are asked for at the end."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.submitted = 0
        _made.append(self)

    async def submit(self, array: Array) -> str:
        """Count the jobs."""
        self.submitted += len(array.jobs)
        return await super().submit(array)


def main(arguments: list[str]) -> int:
    """Run the command line with `simulated` among the executors; print what it took."""
    # As `__main__` this module is another one than the executor's class is looked up in.
    sys.modules.setdefault("benchmarks.simulated_run", sys.modules[__name__])
    registry.OWN["simulated"] = "benchmarks.simulated_run:Counted"
    found: dict[str, Any] = {}
    if arguments[0] == "waiting":
        count, seconds, arguments = int(arguments[1]), float(arguments[2]), arguments[2:]
        threading.Thread(target=_watch, args=(count, seconds, found), daemon=True).start()
    code = _recast(arguments[1:])
    engine = _made[-1]
    found |= {
        "code": code,
        "submitted": engine.submitted,
        "submit_calls": engine.calls.get("submit", 0),
        "survey_calls": engine.calls.get("survey", 0),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
        "cpu_s": time.process_time(),
    }
    print(json.dumps(found))
    return 0


def _recast(arguments: list[str]) -> int:
    from recast.cli.app import run

    return run(["run", *arguments, "--executor", "simulated"])


def _watch(count: int, seconds: float, found: dict[str, Any]) -> None:
    """When all jobs wait, measure what the process takes for a while; then detach, as Ctrl-C does."""
    while not _made or _made[-1].submitted < count:
        time.sleep(0.1)
    time.sleep(2)  # the last events are written
    before, surveys, start = time.process_time(), _made[-1].calls.get("survey", 0), time.monotonic()
    time.sleep(seconds)
    found["busy"] = (time.process_time() - before) / (time.monotonic() - start)
    found["surveys_while_waiting"] = _made[-1].calls.get("survey", 0) - surveys
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
