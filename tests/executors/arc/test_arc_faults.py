"""Faults on a real computing element: whatever breaks, no result is lost, none is counted twice, the run ends well."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.executors.arc.faulty import ArcRun, Cutting, kill_workers
from tests.executors.arc.runs import PYTHON
from tests.executors.fault_table import Faults
from tests.executors.faulty import kill_drivers, moments, spoiling_python, times
from tests.testbeds.arc import ArcBed
from tests.testbeds.arc.fixture import *  # noqa: F403
from tests.waiting import until

pytestmark = pytest.mark.slow

MakeRun = Callable[..., ArcRun]


@pytest.fixture
def make_run(own_arc: ArcBed, tmp_path: Path) -> MakeRun:
    """Make a run on this module's own computing element."""
    own_arc.renew_proxy()
    numbers = iter(range(1000))
    return lambda **how: ArcRun(own_arc, tmp_path / f"run{next(numbers)}", **how)


def count(faults: Faults, run: ArcRun, tried: int = 1) -> None:
    faults.count(*run.losses(), tried=tried)


def wait_until_written(run: ArcRun, name: str) -> None:
    until(lambda: any(run.workdir.glob(f"arrays/*/{name}")), f"there is no {name}: {run.said()}")


@pytest.mark.rare
def test_arex_is_killed_and_started_again(own_arc: ArcBed, make_run: MakeRun) -> None:
    faults = Faults("arc", "A-REX killed and started again")
    for after in moments(4, 0):
        run = make_run()
        with run.driven():
            wait_until_written(run, "array.json")
            run.wait_for_ended(after)
            own_arc.kill()
            own_arc.begin()
        count(faults, run)
    faults.report()


@pytest.mark.rare
def test_a_proxy_expires(own_arc: ArcBed, make_run: MakeRun) -> None:
    """The run waits, says why and what to type, and goes on by itself with the new one."""
    faults = Faults("arc", "a proxy expires")
    run = make_run(jobs=6, command="sleep 6; echo {n} > {out}")
    own_arc.renew_proxy(life_s=8)
    with run.driven() as driver:
        wait_until_written(run, "engine/arc.json")
        with pytest.raises(subprocess.TimeoutExpired):
            driver.wait(12)
        print(run.said())
        own_arc.renew_proxy()
    count(faults, run)
    faults.report()


@pytest.mark.rare
def test_workers_are_killed(own_arc: ArcBed, make_run: MakeRun) -> None:
    faults = Faults("arc", "a job killed by a signal")
    run = make_run(command="sleep 2; echo {n} > {out}")
    killed = 0

    def killed_two() -> bool:
        nonlocal killed
        killed += kill_workers(own_arc, 2 - killed)
        return killed == 2

    with run.driven():
        until(killed_two, "nothing runs")
    # A worker that was killed when its outcome had left is not a failure; that both were is rare.
    assert run.failures().total() >= 1
    count(faults, run)
    faults.report()


def test_a_job_needs_more_memory_than_it_says(make_run: MakeRun) -> None:
    faults = Faults("arc", "a job killed for memory")
    eat = 'python3 -c "x = bytearray(130 << 20); import time; time.sleep(1)"; echo {n} > {out}'
    run = make_run(jobs=2, command=eat, memory_mb=90)
    with run.driven():
        pass
    assert run.failures()["memory"] >= 1
    count(faults, run)
    faults.report()


@pytest.mark.rare
def test_a_job_needs_more_time_than_it_says(make_run: MakeRun) -> None:
    faults = Faults("arc", "a job killed at its wall time")
    run = make_run(jobs=2, command="sleep 2.5; echo {n} > {out}", walltime_s=2)
    with run.driven():
        pass
    assert run.failures()["walltime"] >= 1
    count(faults, run)
    faults.report()


@pytest.mark.rare
def test_outcomes_that_cannot_be_believed(own_arc: ArcBed, make_run: MakeRun) -> None:
    """Each job is run again; what was wrong is told."""
    faults = Faults("arc", "an outcome torn, missing or a lie")
    torn, missing = "truncate -s 40 out/outcome.json", "rm -r out"
    lie = f"for blob in out/{'?' * 64}; do chmod 644 $blob; echo 666 > $blob; done"
    each = times(quick=1, full=2)
    python = spoiling_python(own_arc.folder / "tmp/spoiled", PYTHON, [torn, missing, lie] * each)
    run = make_run(jobs=8, settings={"python": python})
    with run.driven():
        pass
    assert run.failures() == {"lost": 3 * each}
    told = " ".join(body["reason"] for body in run.events("JobGone"))
    for words in ("damaged", "left no outcome", "other bytes"):
        assert told.count(words) == each, told
    count(faults, run, tried=3 * each)
    faults.report()


@pytest.mark.rare
def test_uploads_are_cut_off(own_arc: ArcBed, make_run: MakeRun) -> None:
    faults = Faults("arc", "an upload cut off")
    with Cutting(own_arc, connections=12, after_bytes=40_000) as way:
        run = make_run(jobs=8, settings={"endpoints": way.endpoint})
        with run.driven():
            pass
        cuts = way.cuts
    assert cuts >= 4
    count(faults, run, tried=cuts)
    faults.report()


def test_the_driver_is_killed_at_any_time(make_run: MakeRun) -> None:
    faults = Faults("arc", "driver killed")

    def make() -> ArcRun:
        return make_run(jobs=10, command="sleep 1; echo {n} > {out}")

    kill_drivers(faults, make, times(quick=5, full=50), per_run=5, between_s=(0.3, 4.0))
    faults.report()
