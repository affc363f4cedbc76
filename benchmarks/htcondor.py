"""Trivial jobs on the real HTCondor of the test-bed, beside one hand-written cluster of the same worker, and DAGMan."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import specs
from benchmarks.measure import Failed
from benchmarks.place import Place
from benchmarks.submitted import tasks_of
from benchmarks.table import Bar, Row
from tests.testbeds.htcondor.config import HEAD, USER
from tests.testbeds.htcondor.pool import HOME, Pool

__all__ = ["against_condor_submit"]

_MOST_S = 1800.0
_LOOK_S = 0.5
_CPUS = 12
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
    """1,000 jobs of `recast run --executor htcondor`, then the cluster one would write by hand, then DAGMan.

    Jobs of HTCondor wait most of their time, so the nodes say that they have more cores than there are.
    """
    count = place.size(1000)
    with Pool(HOME / "bench", cpus=_CPUS).owned() as pool:
        ours, run = _recast(place, count, pool)
        theirs = _by_hand(place.fresh(), run, count, pool)
        name = f"{count:,} jobs on HTCondor : one cluster of the same worker"
        yield Row(name, ours, "s", theirs, ours / theirs, Bar(1.2, "times"))
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

    worker, tasks = tasks_of(run, count)
    items = [_item(folder / str(index), worker, task) for index, task in enumerate(tasks)]
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


def _item(sandbox: Path, worker: Path, task: Path) -> dict[str, str]:
    sandbox.mkdir()
    return {"folder": str(sandbox), "index": task.stem, "files": f"{worker},{task}"}


def _by_dagman(run: Path, count: int, pool: Pool) -> float:
    """Run the same jobs as nodes of a DAG, on the schedd's machine as one would; return how long it took."""
    worker, tasks = tasks_of(run, count)
    folder = pool.shared / f"dag{os.getpid()}"
    (folder / "tasks").mkdir(parents=True)
    for index, task in enumerate(tasks):
        shutil.copy(task, folder / f"tasks/{index}.json")
    shutil.copy(worker, folder)
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
