"""Faults on the real Slurm: whatever breaks, no result is lost, none is counted twice, and the run ends well."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.executors.fault_table import Faults
from tests.executors.faulty import moments, spoiling_python, times
from tests.executors.slurm.faulty import SlurmRun
from tests.processes import command, every, kill
from tests.registry.real import free_port, real_registry
from tests.testbeds.slurm import SlurmBed
from tests.testbeds.slurm.fixture import *  # noqa: F403
from tests.waiting import until

pytestmark = pytest.mark.slow

MakeRun = Callable[..., SlurmRun]


@pytest.fixture
def make_run(own_slurm: SlurmBed, tmp_path: Path) -> MakeRun:
    """Make a run on this module's own Slurm, which is whole again."""
    own_slurm.fix()
    numbers = iter(range(1000))
    return lambda **how: SlurmRun(own_slurm, tmp_path / f"run{next(numbers)}", **how)


def count(faults: Faults, run: SlurmRun, tried: int = 1) -> None:
    faults.count(*run.losses(), tried=tried)


def tend(bed: SlurmBed, driver: subprocess.Popen[bytes]) -> None:
    """Be the operator until a driver has ended: a scheduler that forgot jobs which run drains their nodes."""

    def ended() -> bool:
        bed.resume_nodes()
        return driver.poll() is not None

    until(ended, "the run has not ended")


def test_slurmctld_is_killed_and_started_again(own_slurm: SlurmBed, make_run: MakeRun) -> None:
    faults = Faults("slurm", "slurmctld killed and started again")
    for after in moments(12, 1):
        run = make_run(jobs=30, command="sleep 1; echo {n} > {out}")
        with run.driven() as driver:
            run.wait_for_ended(after)
            until(lambda run=run: written_down(own_slurm, run), "slurmctld does not write its state")
            own_slurm.quit("slurmctld", signal.SIGKILL)
            until(lambda run=run: not workers(run), "jobs go on for ever")
            own_slurm.begin("slurmctld")
            tend(own_slurm, driver)
        count(faults, run)
    faults.report()


def written_down(bed: SlurmBed, run: SlurmRun) -> bool:
    """Return whether the scheduler has its newest array on its disk: what was not, is lost to it, and run again."""
    arrays = [path.stat().st_mtime for path in run.workdir.glob("arrays/*/native")]
    state = bed.folder / "state/job_state"
    return bool(arrays) and state.exists() and state.stat().st_mtime > max(arrays)


@pytest.mark.rare
def test_slurmd_is_killed_and_started_again(own_slurm: SlurmBed, make_run: MakeRun) -> None:
    faults = Faults("slurm", "slurmd killed and started again")
    for after in moments(1, 6):
        node = f"node{1 + after // 6}"
        run = make_run()
        with run.driven():
            run.wait_for_ended(after)
            own_slurm.quit(node, signal.SIGKILL)
            run.wait_for_ended(after + 6)
            own_slurm.begin(node)
        count(faults, run)
    faults.report()


@pytest.mark.rare
def test_a_node_dies(own_slurm: SlurmBed, make_run: MakeRun) -> None:
    faults = Faults("slurm", "a node dies")
    run = make_run(command="sleep 2; echo {n} > {out}")
    with run.driven():
        until(lambda: len(workers(run)) == 6, "the nodes are not busy")
        own_slurm.lose("node2")
    assert run.failures().keys() & {"infrastructure", "lost"}
    count(faults, run)
    faults.report()


@pytest.mark.rare
def test_a_node_eats_every_job(own_slurm: SlurmBed, make_run: MakeRun) -> None:
    """Each job that starts there fails at once, so that the node is always free for the next."""
    faults = Faults("slurm", "a node eats every job")
    python = Path(sys.executable).resolve()
    own_slurm.spoil("node1", f"mount --bind /bin/false {python}")
    run = make_run()
    try:
        with run.driven():
            pass
    finally:
        own_slurm.spoil("node1", f"umount {python}")
    count(faults, run)
    faults.report()


def test_a_worker_is_killed(own_slurm: SlurmBed, make_run: MakeRun) -> None:
    faults = Faults("slurm", "a job killed by a signal")
    run = make_run(command="sleep 2; echo {n} > {out}", jobs=12)
    with run.driven():
        until(lambda: len(workers(run)) > 2, "no workers")
        kill(workers(run)[:2])
    assert run.failures().total() >= 1
    count(faults, run)
    faults.report()


def workers(run: SlurmRun) -> list[int]:
    """Return the workers of a run on all nodes."""
    arrays = str(run.workdir / "arrays")
    told = ((pid, command(pid)) for pid in every())
    return [pid for pid, words in told if "node" in words and any(word.startswith(arrays) for word in words)]


def test_a_job_needs_more_memory_than_it_says(make_run: MakeRun) -> None:
    faults = Faults("slurm", "a job killed for memory")
    eat = f'{sys.executable} -c "import time; x = bytes([1]) * (130 << 20); time.sleep(1)" && echo {{n}} > {{out}}'
    run = make_run(jobs=2, command=eat, memory_mb=90)
    with run.driven():
        pass
    assert run.failures()["memory"] >= 1
    count(faults, run)
    faults.report()


@pytest.mark.rare
def test_a_job_needs_more_time_than_it_says(make_run: MakeRun) -> None:
    faults = Faults("slurm", "a job killed at its wall time")
    run = make_run(jobs=2, command="sleep 2.5; echo {n} > {out}", walltime_s=2)
    with run.driven():
        pass
    assert run.failures()["walltime"] >= 1
    count(faults, run)
    faults.report()


@pytest.mark.rare
def test_the_scheduler_refuses_for_a_while(own_slurm: SlurmBed, make_run: MakeRun) -> None:
    """The seventh refusal of a submission comes after a minute."""
    faults = Faults("slurm", "the scheduler refuses submissions")
    partition = ("scontrol", "update", "PartitionName=grid")
    own_slurm.call(*partition, "State=INACTIVE")
    run = make_run()
    with run.driven():
        until(lambda: len(list(run.workdir.glob("arrays/*/array.json"))) > 0, "nothing was submitted")
        until(lambda: refusals(own_slurm) >= times(quick=3, full=7), "nothing was refused")
        own_slurm.call(*partition, "State=UP")
    count(faults, run)
    faults.report()


def refusals(bed: SlurmBed) -> int:
    return (bed.folder / "log/slurmctld.log").read_text(errors="replace").count("Required partition not available")


@pytest.mark.rare
def test_the_spool_of_the_scheduler_is_full(own_slurm: SlurmBed, make_run: MakeRun) -> None:
    faults = Faults("slurm", "the scheduler's spool is full")
    small = "mkdir -p small && mount -t tmpfs -o size=8m small small && cp -a state/. small && mount --bind small state"
    own_slurm.spoil("slurmctld", f"{small}; dd if=/dev/zero of=state/filler bs=64k count=200 2>/dev/null || true")
    run = make_run()
    with run.driven():
        log = own_slurm.folder / "log/slurmctld.log"
        until(lambda: "No space left" in log.read_text(errors="replace"), "the spool does not get full")
        own_slurm.spoil("slurmctld", "rm state/filler")
    count(faults, run)
    faults.report()


@pytest.mark.rare
def test_the_spool_of_a_node_is_full(own_slurm: SlurmBed, make_run: MakeRun) -> None:
    faults = Faults("slurm", "a node's spool is full")
    full = "mount -t tmpfs -o size=64k full spool/node3; dd if=/dev/zero of=spool/node3/filler bs=1k count=200 || true"
    own_slurm.quit("node3")
    own_slurm.begin("node3")
    own_slurm.wait_until_idle(["node3"])
    own_slurm.spoil("node3", full)
    run = make_run()
    log = own_slurm.folder / "log/node3.log"
    with run.driven():
        until(lambda: "Could not launch" in log.read_text(errors="replace"), "the spool is not full")
        failed_s = time.monotonic()
        run.wait_for_ended(run.jobs - 2)
        # For MessageTimeout and BatchStartTimeout Slurm believes that the other two may yet begin; then it forgets them
        # when their node registers anew.
        until(lambda: time.monotonic() > failed_s + 14, "time stands still")
        own_slurm.quit("node3")
        own_slurm.begin("node3")
    count(faults, run)
    faults.report()


@pytest.mark.rare
def test_squeue_hangs(make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faults = Faults("slurm", "squeue hangs")
    hangs = tmp_path / "hangs"
    wrapper = tmp_path / "bin/squeue"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\n[ -e {hangs} ] && sleep 1000\nexec {shutil.which("squeue")} "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", str(wrapper.parent), prepend=":")
    run = make_run(settings={"command_timeout_s": 1})
    with run.driven() as driver:
        run.wait_for_ended(4)
        hangs.touch()
        run.wait_for_ended(run.jobs)
        with pytest.raises(subprocess.TimeoutExpired):
            driver.wait(3)  # the gathering step cannot be submitted while nobody knows that the jobs have ended
        hangs.unlink()
    count(faults, run)
    faults.report()


def test_outcomes_that_cannot_be_believed(make_run: MakeRun, tmp_path: Path) -> None:
    """Each job is run again. Who looks before the file is spoiled sees a good one, which is not a fault."""
    faults = Faults("slurm", "an outcome torn, missing or a lie")
    each = times(quick=1, full=3)
    torn, missing = 'truncate -s 40 "$outcome"', 'rm "$outcome"'
    lie = f"""sed -i 's/sha256:[0-9a-f]*/sha256:{"0" * 64}/g' "$outcome\""""
    find = """outcome=$(sed 's/.*"attempt_dir": "\\([^"]*\\)".*/\\1/' "$3/$4.json")/outcome.json"""
    python = spoiling_python(tmp_path / "spoiled", sys.executable, [torn, missing, lie] * each, find)
    run = make_run(jobs=12, settings={"python": python})
    with run.driven():
        pass
    spoiled = run.failures()["lost"]
    assert spoiled >= 1, run.failures()
    count(faults, run, tried=spoiled)
    faults.report()


@pytest.mark.rare
def test_the_registry_is_down_when_the_image_is_needed(own_slurm: SlurmBed, make_run: MakeRun, tmp_path: Path) -> None:
    """Jobs that have waited find no image; they are tried again until there is one."""
    faults = Faults("slurm", "the registry is down when the image is needed")
    port, folder = free_port(), tmp_path / "registry"
    own = {"image_registry": f"127.0.0.1:{port}/recast/busybox", "image_sources": "registry"}
    run = make_run(jobs=6, in_container=True, settings={**own, "node_cache": str(tmp_path / "node")})
    partition = ("scontrol", "update", "PartitionName=grid")
    own_slurm.call(*partition, "State=DOWN")
    with ExitStack() as later, run.driven():
        with real_registry(folder, port=port):
            until(lambda: own_slurm.call("squeue", "--noheader").stdout.strip(), "nothing was submitted")
        own_slurm.call(*partition, "State=UP")
        until(lambda: run.failures()["infrastructure"] >= 2, "no job missed its image")
        later.enter_context(real_registry(folder, port=port))
    told = " ".join(body["outcome"]["message"] for body in run.events("JobEnded"))
    assert "cannot be reached" in told
    count(faults, run)
    faults.report()
