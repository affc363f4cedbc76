"""The log of a step in the browser: its newest lines beside `tail`, and a log of 1 GB beside one of 1 MB."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.measure import Failed, paired
from benchmarks.place import PYTHON, ROOT, Place
from benchmarks.table import Bar, Row

__all__ = ["logs"]

_SMALL, _LARGE = 1_000_000, 1_000_000_000
_BLOCK_LINES = 20_000
_MOST_S = 900.0


def logs(place: Place) -> Iterator[Row]:
    """Write two logs, and ask a service for parts of each; the service is a process of its own for each."""
    large = _LARGE // 10 if place.quick else _LARGE
    told = {size: _asked(place, size) for size in (_SMALL, large)}
    small, big = told[_SMALL], told[large]
    name = f"log of {large / 1e9:g} GB"
    tail_ms = median(_tail_ms(Path(big["log"])) for _ in range(place.rounds))
    yield Row(
        f"{name}: the page with its newest 1,000 lines",
        big["page_ms"],
        "ms",
        tail_ms,
        bar=Bar(300, "ms"),
        note="theirs: tail -n 1000",
    )
    yield Row(
        f"{name}: the page, beside that of a log of 1 MB",
        big["page_ms"],
        "ms",
        big["small_ms"],
        big["ratio"],
        Bar(1.5, "times"),
    )
    yield Row(
        f"{name}: peak memory of the service, beside that with 1 MB",
        big["peak_mb"],
        "MB",
        small["peak_mb"],
        big["peak_mb"] / small["peak_mb"],
        Bar(1.1, "times"),
        "pages, searches and the whole download",
    )
    yield Row(f"{name}: one step of a search (8 MB) that finds nothing", big["search_ms"], "ms")
    yield Row(f"{name}: download, without secrets", large / 1e6 / big["download_s"], "MB/s")


def _asked(place: Place, size: int) -> dict[str, Any]:
    """Return what a service with a log of some size took."""
    folder = place.folder / f"logs-{size}"
    log = folder / "run/jobs/job-2/log"
    for path, bytes_ in ((folder / "run/jobs/job-1/log", _SMALL), (log, size)):
        path.parent.mkdir(parents=True)
        _write(path, bytes_)
    command = [PYTHON, "-m", "benchmarks.logs", str(folder), str(place.rounds)]
    env = {**os.environ, "RECAST_HOME": str(folder / "home")}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=_MOST_S, check=False)
    if done.returncode:
        raise Failed(done.stderr[-2000:])
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {**told, "log": str(log)}


def _write(log: Path, size: int) -> None:
    written = number = 0
    with log.open("wb") as file:
        while written < size:
            lines = (
                f"\x1b[32mINFO\x1b[0m fit: step {number + it} of many, -2 ln L = {it / 7:.6f}\n"
                for it in range(_BLOCK_LINES)
            )
            written += file.write("".join(lines).encode())
            number += _BLOCK_LINES


def _tail_ms(log: Path) -> float:
    start = time.perf_counter()
    subprocess.run(["tail", "-n", "1000", str(log)], stdout=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - start) * 1000


def _main(folder: Path, rounds: int) -> None:
    """Serve the log in `folder` and ask for it; print what that took."""
    import resource

    from tests.service.running import running
    from tests.service.staged import Staged
    from tests.service.test_runs import picture

    with running(folder) as service:
        staged = Staged(service)
        run = staged.run(staged.request("released"), folder=str(folder / "run"))
        picture(service, run)
        client, page = service.client(), f"{service.url}/runs/{run}/steps/fit/0"

        def ms(**query: str) -> float:
            start = time.perf_counter()
            answer = client.get(page, params=query)
            taken = (time.perf_counter() - start) * 1000
            assert answer.status_code == 200, answer.text[:500]
            return taken

        pair = paired(ms, lambda: ms(attempt="1"), rounds)
        search_ms = median(ms(q="not there") for _ in range(rounds))
        start, got = time.perf_counter(), 0
        with client.stream("GET", f"/runs/{run}/log/file", params={"step": "fit/0"}) as answer:
            for piece in answer.iter_raw():
                got += len(piece)
        took = time.perf_counter() - start
        assert got == (folder / "run/jobs/job-2/log").stat().st_size, got
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    told = {"page_ms": pair.ours, "small_ms": pair.theirs, "ratio": pair.ratio, "search_ms": search_ms}
    print(json.dumps({**told, "download_s": took, "peak_mb": peak_mb}))


if __name__ == "__main__":
    _main(Path(sys.argv[1]), int(sys.argv[2]))
