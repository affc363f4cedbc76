"""Trivial jobs on the real HTCondor of the test-bed, beside one hand-written cluster of the same worker, and DAGMan."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import specs
from benchmarks.measure import Failed
from benchmarks.place import Place
from benchmarks.table import Bar, Row
from tests.testbeds.htcondor.config import HEAD, USER
from tests.testbeds.htcondor.pool import HOME, Pool

__all__ = ["against_condor_submit"]

_MOST_S = 1800.0
_LOOK_S = 0.5
_CLUSTER = {
    "universe": "vanilla",
    "executable": "/usr/bin/env",
    "transfer_executable": "false",
    "arguments": "python3 worker.pyz node . $(index)",
    "environment": '"PATH=/usr/local/bin:/usr/bin:/bin"',
    "initialdir": "$(folder)",
    "transfer_input_files": "$(files)",
    "transfer_output_files": "out",
    "should_transfer_files": "YES",
    "output": "/dev/null",
    "error": "worker.err",
    "request_cpus": "1",
    "request_memory": "1969",
    "request_disk": "9765709",
}


def against_condor_submit(place: Place) -> Iterator[Row]:
    """1,000 jobs of `recast run --executor htcondor`, each pair in turn with the cluster one would write by hand."""
    count, rounds = place.size(1000), 1 if place.quick else 3
    pool = Pool(HOME / "pool")
    pool.start()
    ours, theirs = [], []
    for _ in range(rounds):
        seconds, run = _recast(place, count, pool)
        ours.append(seconds)
        theirs.append(_by_hand(place.fresh(), run, count, pool))
    ratio = median(a / b for a, b in zip(ours, theirs, strict=True))
    name = f"{count:,} jobs on HTCondor : one cluster of the same worker"
    yield Row(name, median(ours), "s", median(theirs), ratio, Bar(1.2, "times"))
    yield Row("  the same graph by DAGMan", _by_dagman(run, count, pool), "s")


def _recast(place: Place, count: int, pool: Pool) -> tuple[float, Path]:
    """Run it as a user would; return how long it took, and the run's folder."""
    folder = specs.write(place.fresh(), specs.files(None))
    run = place.fresh() / "run"
    where = ["--htcondor-collector", pool.collector, "--htcondor-token-dir", str(pool.tokens)]
    where += ["--executor", "htcondor", "--workdir", str(run)]
    return place.recast(folder, f"points: {list(range(count))}", *where).seconds, run


def _by_hand(folder: Path, run: Path, count: int, pool: Pool) -> float:
    """Submit the run's own tasks once more as one cluster; return how long it took until all outcomes were home."""
    os.environ["CONDOR_CONFIG"] = str(pool.client)
    import htcondor2

    (array,) = run.glob("arrays/*")
    items = [_item(folder / str(index), array, index) for index in range(count)]
    start = time.perf_counter()
    schedd = htcondor2.Schedd(next(iter(htcondor2.Collector().locateAll(htcondor2.DaemonType.Schedd))))
    result = schedd.submit(htcondor2.Submit(_CLUSTER), itemdata=iter(items), spool=True)
    schedd.spool(result)
    schedd.reschedule()
    ours = f"ClusterId == {result.cluster()}"
    while schedd.query(f"{ours} && JobStatus =!= 4", ["ProcId"], limit=1):
        if time.perf_counter() - start > _MOST_S:
            raise Failed(f"not all of {count} jobs have ended within {_MOST_S:.0f} s")
        time.sleep(_LOOK_S)
    schedd.retrieve(ours)
    schedd.act(htcondor2.JobAction.Remove, ours)
    taken_s = time.perf_counter() - start
    if not all((folder / str(index) / "out/outcome.json").exists() for index in range(count)):
        raise Failed("a job of the cluster has left no outcome")
    return taken_s


def _item(sandbox: Path, array: Path, index: int) -> dict[str, str]:
    sandbox.mkdir()
    files = f"{array}/worker.pyz,{array}/tasks/{index}.json"
    return {"folder": str(sandbox), "index": str(index), "files": files}


def _by_dagman(run: Path, count: int, pool: Pool) -> float:
    """Run the same jobs as nodes of a DAG, on the schedd's machine as one would; return how long it took."""
    (array,) = run.glob("arrays/*")
    folder = pool.shared / f"dag{os.getpid()}"
    shutil.copytree(array / "tasks", folder / "tasks")
    shutil.copy(array / "worker.pyz", folder)
    items: dict[str, Any] = {**_CLUSTER, "initialdir": f"{folder}/$(index)", "log": f"{folder}/log"}
    items["transfer_input_files"] = f"{folder}/worker.pyz,{folder}/tasks/$(index).json"
    (folder / "job.sub").write_text("".join(f"{name} = {value}\n" for name, value in items.items()) + "queue\n")
    nodes = [f'JOB n{index} job.sub\nVARS n{index} index="{index}"\n' for index in range(count)]
    (folder / "all.dag").write_text("".join(nodes))
    for index in range(count):
        (folder / str(index)).mkdir()
    subprocess.run(["chmod", "-R", "a+rwX", str(folder)], check=True)
    start = time.perf_counter()
    pool.on(HEAD, "runuser", "-u", USER, "--", "sh", "-c", f"cd {folder} && condor_submit_dag -f all.dag")
    while not (folder / "all.dag.metrics").exists():
        if time.perf_counter() - start > _MOST_S:
            raise Failed(f"DAGMan has not ended within {_MOST_S:.0f} s")
        time.sleep(_LOOK_S)
    taken_s = time.perf_counter() - start
    if not all((folder / str(index) / "out/outcome.json").exists() for index in range(count)):
        raise Failed("a node of the DAG has left no outcome")
    shutil.rmtree(folder)
    return taken_s
