"""Faults that befall jobs on the real HTCondor, and the driver: none is lost or counted twice, the run ends well."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

import pytest

from tests.executors.fault_table import Faults
from tests.executors.faulty import kill_drivers, times
from tests.executors.htcondor.faulty import CondorRun
from tests.executors.htcondor.whole import *  # noqa: F403
from tests.executors.htcondor.whole import SLOW, MakeRun
from tests.testbeds.htcondor.config import HEAD
from tests.testbeds.htcondor.pool import Pool

pytestmark = pytest.mark.slow


@pytest.mark.rare
def test_a_job_killed_by_a_signal(make_run: MakeRun) -> None:
    faults = Faults("htcondor", "a job killed by a signal")
    run = make_run(command="sleep 2; echo {n} > {out}")
    killed: set[int] = set()

    def killed_two() -> bool:
        for pid in run.workers()[: 2 - len(killed)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
        return len(killed) == 2

    with run.driven():
        run.wait_for("two workers", killed_two)
    assert run.failures().total() >= 1
    faults.count(*run.losses())
    faults.report()


def test_a_job_needs_more_memory_than_it_says(make_run: MakeRun) -> None:
    faults = Faults("htcondor", "a job killed for memory")
    eat = 'python3 -c "import time; x = bytearray(130 << 20); time.sleep(2)"; echo {n} > {out}'
    run = make_run(jobs=2, command=eat, memory_mb=90)
    with run.driven():
        pass
    assert run.failures()["memory"] >= 1
    faults.count(*run.losses())
    faults.report()


@pytest.mark.rare
def test_a_job_needs_more_time_than_it_says(make_run: MakeRun) -> None:
    faults = Faults("htcondor", "a job killed at its wall time")
    run = make_run(jobs=2, command="sleep 2.5; echo {n} > {out}", walltime_s=2)
    with run.driven():
        pass
    assert run.failures()["walltime"] >= 1
    faults.count(*run.losses())
    faults.report()


@pytest.mark.rare
def test_somebody_holds_jobs_and_releases_them(own_pool: Pool, make_run: MakeRun) -> None:
    faults = Faults("htcondor", "jobs held and released by a person")
    run = make_run(command=SLOW)
    with run.driven():
        run.wait_for_ended(1)
        own_pool.on(HEAD, "condor_hold", "-reason", "lunch", "-constraint", "JobStatus == 1 || JobStatus == 2")
        held = run.queue("HoldReasonCode == 1")
        assert held
        # HTCondor never runs a job again that is released while its shadow is still on its way out.
        run.wait_for("the end of their shadows", lambda: not own_pool.daemons("condor_shadow"))
        run.wait_for("all but the held ones", lambda: run.ended() >= run.jobs - len(held))
        own_pool.on(HEAD, "condor_release", "-constraint", "HoldReasonCode == 1")
    faults.count(*run.losses())
    faults.report()


@pytest.mark.rare
def test_a_policy_of_the_pool_holds_jobs_for_good(own_pool: Pool, make_run: MakeRun) -> None:
    """A hold that no time fixes ends the attempt; the next one is another job."""
    faults = Faults("htcondor", "jobs held by a policy")
    run = make_run(command=SLOW)
    with run.driven():
        run.wait_for_queue("JobStatus == 2")
        victim = run.queue("JobStatus == 2")[0]
        own_pool.on(HEAD, "condor_hold", "-reason", "the site says no", victim)
        own_pool.on(HEAD, "condor_qedit", victim, "HoldReasonCode", "26")
    assert run.failures().total() >= 1
    faults.count(*run.losses())
    faults.report()


@pytest.mark.rare
def test_somebody_removes_a_job(own_pool: Pool, make_run: MakeRun) -> None:
    """Nobody has cancelled the run, so the job is tried again."""
    faults = Faults("htcondor", "a job removed by somebody")
    run = make_run(command=SLOW)
    with run.driven():
        run.wait_for_queue("JobStatus == 2")
        own_pool.on(HEAD, "condor_rm", run.queue("JobStatus == 2")[0])
    assert run.failures().total() >= 1
    faults.count(*run.losses())
    faults.report()


def test_the_driver_is_killed_at_any_time(make_run: MakeRun) -> None:
    faults = Faults("htcondor", "driver killed")

    def make() -> CondorRun:
        return make_run(jobs=30, command=SLOW)

    kill_drivers(faults, make, times(quick=5, full=50), per_run=10, between_s=(0.3, 2.5))
    faults.report()
