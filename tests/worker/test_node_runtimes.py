"""A job on a node, from task to outcome, in a real container of whatever the node has."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from recast.executors.batch.task import NodeImage, TaskContext, task_of
from recast.images import ImageStore
from recast.jobs import ContainerJob, OutputPattern
from recast.runtimes import runtime_by_name
from recast.site import Site
from tests.busybox import add_busybox
from tests.waiting import BOUND_S
from tests.worker.nodes import worker_in

ROOT = Path(__file__).parents[2]
RUNTIMES = [
    "bubblewrap",
    pytest.param("podman", marks=pytest.mark.podman),
    pytest.param("apptainer", marks=pytest.mark.slow),
]


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    store = ImageStore(tmp_path_factory.mktemp("images"))
    digest = add_busybox(store)
    return store, digest


@pytest.mark.parametrize("name", RUNTIMES)
def test_a_job_runs_in_the_pinned_image(name, image, tmp_path, monkeypatch):
    if name == "apptainer":
        monkeypatch.setenv("PATH", f"{apptainer_folder()}:{os.environ['PATH']}")
    store, digest = image
    outcomes = [run_on_a_node(name, store, digest, tmp_path, f"job-{number}") for number in range(2)]
    for outcome in outcomes:
        assert outcome["failure"] is None, outcome["message"]
        assert outcome["runtime"] == name and outcome["image"] == digest
    kept = tmp_path / "job-1/out" / outcomes[1]["outputs"][0]["digest"][7:]
    assert kept.read_text().split() == ["yes", "text"]
    assert len(list((tmp_path / "cache/entries").iterdir())) == 1


def apptainer_folder():
    """Start the test-bed, which takes a moment if it was there before."""
    done = subprocess.run([ROOT / "tests/testbeds/apptainer"], capture_output=True, text=True, timeout=BOUND_S)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip()).parent


def run_on_a_node(name, store, digest, folder, job_id):
    source = {"kind": "layout", "path": str(store.root)}
    config = store.manifest(digest).config.digest
    node = {"cache": str(folder / "cache"), "cache_mb": 100, "wait_s": 60}
    around = TaskContext("", "", [runtime_by_name(name)], Site(), node)
    job = ContainerJob(
        job_id=job_id,
        image=digest,
        command="echo $FROM_IMAGE $(cat /opt/site.txt) > answer",
        script=None,
        interpreter="",
        workdir="/recast/run/a",
        env={"FROM_IMAGE": "yes"},
        texts={"/opt/site.txt": "text"},
        outputs=(OutputPattern("answer"),),
    )
    here = folder / job_id
    (here / "tasks").mkdir(parents=True)
    task = task_of(job, NodeImage(digest, config, (source,)), around)
    (here / "tasks/0.json").write_text(json.dumps(task))
    subprocess.run(
        [sys.executable, "-I", "-S", worker_in(folder), "node", "tasks", "0"], cwd=here, check=True, timeout=BOUND_S
    )
    return json.loads(Path(here, "out/outcome.json").read_text())
