"""Limits without control groups, as an ordinary user has them."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from recast.executors.bundle import build_worker
from recast.jobs import ContainerJob, FailureClass, Outcome, OutputPattern, Resources
from recast.runtimes import Sandbox, runtime_by_name
from recast.worker.limits.hierarchy import Hierarchy, take_hierarchy
from recast.worker.limits.memoryfiles import memory_files_bytes
from tests.waiting import BOUND_S

NOBODY = 65534
PYTHON = next((p for p in ("/usr/bin/python3", sys.executable) if os.access(p, os.X_OK)), sys.executable)
SETPRIV = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


def usable_by_others():
    if os.geteuid() != 0:
        return True
    if shutil.which("setpriv") is None:
        return False
    return subprocess.run([*SETPRIV, PYTHON, "-c", ""], capture_output=True, check=False).returncode == 0


pytestmark = pytest.mark.skipif(not usable_by_others(), reason="no ordinary user can start Python here")


@pytest.fixture
def open_folder():
    """A folder that an ordinary user owns and can reach."""
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="recast-test-"))
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    yield folder
    shutil.rmtree(folder)


def attempt(folder, command, runtime=None, image=None, **resources):
    job = ContainerJob(
        job_id="j1",
        image=image,
        command=command,
        script=None,
        interpreter="sh",
        workdir="/recast/run/s/0",
        outputs=(OutputPattern("x", required=False),),
        resources=Resources(**{"memory_mb": 100, "disk_mb": 100, "walltime_s": 20, **resources}),
    )
    task = {
        "job": job.as_json(),
        "attempt_dir": str(folder / "attempt"),
        "store": str(folder / "store"),
        "runtime": runtime(job) if runtime else {"name": "host", "argv": None, "cgroup": False},
        "image_digest": image,
    }
    (folder / "task.json").write_text(json.dumps(task))
    worker = build_worker(folder / "worker")
    (folder / "worker").chmod(0o755)
    user = SETPRIV if os.geteuid() == 0 else []
    argv = [*user, PYTHON, "-I", "-S", "-E", str(worker), "run", str(folder / "task.json")]
    assert subprocess.run(argv, check=False, timeout=BOUND_S).returncode == 0
    return Outcome.from_json(json.loads((folder / "attempt/outcome.json").read_text()))


def test_memory_is_watched(open_folder):
    outcome = attempt(open_folder, "head -c 900000000 /dev/zero | tail -c 800000000 > /dev/null; sleep 5")
    assert outcome.failure is FailureClass.MEMORY
    if "memory" in outcome.unheld:  # an ordinary user's own systemd may have helped
        assert outcome.peak_memory_bytes > 100_000_000


def test_what_is_only_watched_is_told_once_with_the_reason(open_folder, capfd):
    """In the outcome, by name, and in words to whoever started it."""
    outcome = attempt(open_folder, "true", memory_mb=100, cpus=0.5)
    said = capfd.readouterr().err
    if outcome.unheld:
        assert outcome.unheld == ("memory", "processes", "cpus")
        assert said.count("the kernel holds no limits on memory, processes, cpus here: ") == 1
        assert "memory and processes are looked at four times a second; a step may use all cpus" in said
    else:
        assert said == ""


def test_a_fork_bomb_is_ended(open_folder):
    command = "i=0; while [ $i -lt 2200 ]; do sleep 19 & i=$((i+1)); done; wait"
    outcome = attempt(open_folder, command, memory_mb=20_000)
    assert outcome.failure is FailureClass.USER
    if "processes" in outcome.unheld:
        assert "processes" in outcome.message


def test_a_file_cannot_be_larger_than_the_disk(open_folder):
    outcome = attempt(open_folder, "cat /dev/zero > big", disk_mb=2)
    assert outcome.failure is FailureClass.USER
    assert "2 MB (disk_mb)" in outcome.message
    assert (open_folder / "attempt/work/big").stat().st_size == 2_000_000


@pytest.mark.skipif(not runtime_by_name("bubblewrap").probe().ok, reason="bubblewrap starts no container here")
def test_bubblewrap_works_for_an_ordinary_user(open_folder):
    sys.path.insert(0, str(Path(__file__).parents[1] / "runtimes"))
    from tinyroot import make_root

    bubblewrap = runtime_by_name("bubblewrap")
    root = make_root(open_folder / "root")

    def runtime(job):
        attempt_dir = f"{open_folder}/attempt"
        return bubblewrap.launch(job, Sandbox(str(root), attempt_dir + "/work", attempt_dir + "/in")).as_json("bwrap")

    outcome = attempt(open_folder, "id -u > x; grep CapEff /proc/self/status >> x", runtime, "sha256:" + "0" * 64)
    assert outcome.succeeded, outcome.message
    assert (open_folder / "attempt/work/x").read_text() == "0\nCapEff:\t0000000000000000\n"

    # A file in memory is nobody's: half here and half there is too much, though each has room for it.
    shutil.rmtree(open_folder / "attempt")
    command = "head -c 200000000 /dev/zero > /tmp/x; head -c 200000000 /dev/zero > /dev/shm/x; sleep 19"
    outcome = attempt(open_folder, command, runtime, "sha256:" + "0" * 64, memory_mb=300, disk_mb=1000)
    assert outcome.failure is FailureClass.MEMORY, outcome.message
    assert outcome.peak_memory_bytes > 300_000_000


def test_files_in_memory_are_counted_once(tmp_path):
    fd = os.memfd_create("big")
    try:
        os.write(fd, bytes(5_000_000))
        pid = os.fork()
        if pid == 0:
            signal.pause()
        try:
            assert 5_000_000 <= memory_files_bytes([os.getpid(), pid, 1 << 30]) < 6_000_000
            assert memory_files_bytes([]) == 0
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    finally:
        os.close(fd)


def test_control_groups_are_found_by_what_the_kernel_says(tmp_path):
    """Version 1: our own folder of each controller; nothing is usable where nothing can be written."""
    for name in ("memory/us", "pids/us"):
        (tmp_path / name).mkdir(parents=True)
    mounts, own = tmp_path / "mounts", tmp_path / "own"
    mounts.write_text(
        f"cgroup {tmp_path}/memory cgroup rw,relatime,memory 0 0\ncgroup {tmp_path}/pids cgroup rw,pids 0 0\n"
        f"cgroup {tmp_path}/gone cgroup rw,cpu,cpuacct 0 0\n"
    )
    own.write_text("3:memory:/us\n2:pids:/us\n1:cpu,cpuacct:/us\n0::/\n")
    found = take_hierarchy(may_ask=False, mounts=str(mounts), own=str(own))
    assert found.folders == {"memory": f"{tmp_path}/memory/us", "pids": f"{tmp_path}/pids/us"}
    assert found.usable and not found.unified
    own.write_text("0::/\n")
    mounts.write_text("")
    found = take_hierarchy(may_ask=False, mounts=str(mounts), own=str(own))
    assert not found.usable and found.lack.why == "no control groups are mounted here"


def test_a_sweep_leaves_the_empty_group_of_a_living_process(tmp_path):
    """Another worker's sweep once removed a group between its making and its owner's move into it."""
    import os
    import subprocess

    from recast.worker.limits.cgroup import sweep

    gone = subprocess.Popen(["true"])
    gone.wait()
    for pid in (os.getpid(), gone.pid):
        (tmp_path / f"recast-worker-{pid}").mkdir()
    sweep(Hierarchy({"memory": str(tmp_path)}, False))
    assert [path.name for path in tmp_path.iterdir()] == [f"recast-worker-{os.getpid()}"]
