"""The driver alone: what it takes while 10,000 jobs wait, and how it grows to 100,000 jobs of a simulated system."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks import specs
from benchmarks.measure import Failed, exponent
from benchmarks.place import PYTHON, ROOT, Place
from benchmarks.table import Bar, Row

__all__ = ["waiting"]

_WATCH_S = 20


def waiting(place: Place) -> Iterator[Row]:
    """Processor and memory while jobs wait; then jobs that end as fast as they can be taken in."""
    count = place.size(10_000)
    seconds = _WATCH_S // 4 if place.quick else _WATCH_S
    found = _run(
        place, count, ["waiting", str(count), str(seconds)], "--simulated-per-survey=0", "--simulated-poll-s=10"
    )
    yield Row(f"{count:,} jobs wait: the driver's share of a core", 100 * found["busy"], "%", bar=Bar(5, "%"))
    yield Row("  its memory", found["peak_mb"], "MB", bar=Bar(200, "MB"))
    yield Row("  calls to submit them", found["submit_calls"], "", bar=Bar(count / 100, "calls"))
    yield Row(f"  questions about them in {seconds} s", found["surveys_while_waiting"], "")
    yield from _growth(place)


def _growth(place: Place) -> Iterator[Row]:
    counts = [place.size(count) for count in (25_000, 50_000, 100_000)]
    taken = []
    for count in counts:
        start = time.perf_counter()
        found = _run(place, count, ["through"], "--simulated-per-survey", "2000")
        taken.append(time.perf_counter() - start)
        if found["code"]:
            raise Failed(f"exit code {found['code']}")
    yield Row(f"{counts[-1]:,} jobs of a simulated batch system", taken[-1])
    yield Row("  peak memory", found["peak_mb"], "MB")
    yield Row(
        "  growth with the jobs", exponent((counts[0], taken[0]), (counts[-1], taken[-1])), "", bar=Bar(1.1, "exponent")
    )


def _run(place: Place, count: int, how: Sequence[str], *more: str) -> dict[str, Any]:
    folder, home = specs.write(place.fresh(), specs.trivial()), place.fresh()
    (folder / "inputs.yml").write_text(f"points: {list(range(count))}")
    spec = ["workflow.yml", f"--toplevel={folder}", f"--inputs={folder}/inputs.yml", "-q", "--allow-host-process"]
    command = [PYTHON, "-m", "benchmarks.simulated_run", *how, *spec, *more]
    environ = {**os.environ, "RECAST_HOME": str(home)}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=1800, check=False)
    if done.returncode:
        raise Failed(done.stderr[-2000:])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
