"""The engine by itself against the real Slurm: what it refuses, what its books say, what ten thousand jobs cost."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from recast.executors.batch.system import Array, EngineState, Refused, Sighting, Watched
from recast.executors.slurm import SlurmSystem
from recast.jobs import ContainerJob, FailureClass, Resources
from tests.testbeds.slurm import SlurmBed
from tests.testbeds.slurm.fixture import *  # noqa: F403
from tests.waiting import BOUND_S

pytestmark = pytest.mark.slow


@pytest.fixture(params=["sacct", "no-sacct"])
def bed(request: pytest.FixtureRequest) -> SlurmBed:
    bed: SlurmBed = request.getfixturevalue("slurm" if request.param == "sacct" else "slurm_plain")
    return bed


def array(folder: Path, script: str, jobs: int = 2, **resources: int) -> Array:
    (folder / "engine").mkdir(parents=True)
    (folder / "array.json").touch()
    asked = Resources(cpus=1, memory_mb=resources.get("memory_mb", 100), walltime_s=60)
    job = ContainerJob("j", None, "true", None, "sh", "/recast/run/a", resources=asked)
    name = f"recast-{folder.parent.name}-{os.urandom(4).hex()}"
    return Array(name, folder, (job,) * jobs, ("sh", "-c", script))


def connected(bed: SlurmBed, what: Callable[[SlurmSystem], Coroutine[Any, Any, Any]], **values: object) -> Any:
    async def whole() -> Any:
        engine = SlurmSystem({"memory_margin_mb": 0, "margin_s": 0, **values}, {**os.environ, **bed.env})
        await engine.connect()
        return await asyncio.wait_for(what(engine), BOUND_S)

    return asyncio.run(whole())


async def ends(engine: SlurmSystem, wanted: Array) -> dict[str, Sighting]:
    """Submit an array, wait until Slurm is done with it, and ask its books."""
    native = await engine.submit(wanted)
    watched = Watched(wanted.name, wanted.folder, native, len(wanted.jobs), frozenset())
    while {s.state for s in await engine.survey([watched])} != {EngineState.ENDED}:
        await asyncio.sleep(0.1)
    ids = [engine.native_id(native, index) for index in range(len(wanted.jobs))]
    found = await engine.autopsy(ids)
    assert found.keys() == set(ids)
    return {native_id.partition("_")[2]: sighting for native_id, sighting in found.items()}


@pytest.mark.parametrize(
    ("values", "failure"),
    [
        ({"partition": "nowhere"}, FailureClass.SPEC),
        ({"constraint": "quantum"}, FailureClass.SPEC),
        ({"reservation": "nobody"}, FailureClass.SPEC),
        ({"options": "--no-such-option"}, FailureClass.SPEC),
        ({"options": "--nodelist=node77"}, FailureClass.SPEC),
    ],
)
def test_what_slurm_does_not_take(
    slurm: SlurmBed, tmp_path: Path, values: dict[str, object], failure: FailureClass
) -> None:
    with pytest.raises(Refused) as caught:
        connected(slurm, lambda engine: engine.submit(array(tmp_path / "a", "true")), **values)
    assert caught.value.failure is failure
    assert "sbatch" in caught.value.why


def test_an_account_and_a_qos_that_are_not_ours(slurm: SlurmBed, tmp_path: Path) -> None:
    for number, values in enumerate(({"account": "cms"}, {"qos": "gold"})):
        with pytest.raises(Refused) as caught:
            connected(slurm, lambda e, n=number: e.submit(array(tmp_path / str(n), "true")), **values)
        assert caught.value.failure is FailureClass.SPEC


def test_more_memory_than_any_node_has(bed: SlurmBed, tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        connected(bed, lambda engine: engine.submit(array(tmp_path / "a", "true", memory_mb=10**6)))
    assert caught.value.failure is FailureClass.SPEC


def test_a_script_that_fails_is_no_payload_that_fails(bed: SlurmBed, tmp_path: Path) -> None:
    found = connected(bed, lambda engine: ends(engine, array(tmp_path / "a", 'exit "$0"', jobs=3)))
    assert [found[str(i)].failure for i in range(3)] == [None, FailureClass.INFRASTRUCTURE, FailureClass.INFRASTRUCTURE]
    assert found["1"].host.startswith("node")


def test_slurm_kills_for_memory(bed: SlurmBed, tmp_path: Path) -> None:
    eat = 'python3 -c "import time; x = bytes([1]) * 10**9; time.sleep(30)"'
    found = connected(bed, lambda engine: ends(engine, array(tmp_path / "a", eat, jobs=1)))
    assert found["0"].failure is FailureClass.MEMORY


def test_what_somebody_else_cancelled_is_lost(bed: SlurmBed, tmp_path: Path) -> None:
    async def cancelled(engine: SlurmSystem) -> dict[str, Sighting]:
        wanted = array(tmp_path / "a", "sleep 100", jobs=12)
        task = asyncio.create_task(ends(engine, wanted))
        while not await engine.find({wanted.name: wanted.folder}):
            await asyncio.sleep(0.1)
        bed.call("scancel", f"--name={wanted.name}")
        return await task

    found = connected(bed, cancelled)
    assert {sighting.failure for sighting in found.values()} == {FailureClass.LOST}
    assert "CANCELLED" in found["11"].reason


def test_a_held_job_says_why_and_goes_on_when_it_is_released(bed: SlurmBed, tmp_path: Path) -> None:
    async def held(engine: SlurmSystem) -> None:
        wanted = array(tmp_path / "a", "sleep 0.1", jobs=30)
        native = await engine.submit(wanted)
        bed.call("scontrol", "hold", f"{native}_29")
        watched = Watched(wanted.name, wanted.folder, native, 30, frozenset())
        last: dict[int, Sighting] = {}
        while last.get(29) is None or last[29].state is not EngineState.HELD:
            last.update((s.index, s) for s in await engine.survey([watched]))
        assert "JobHeld" in last[29].reason and last[29].failure is None
        bed.call("scontrol", "release", f"{native}_29")
        while last[29].state is not EngineState.ENDED:
            last.update((s.index, s) for s in await engine.survey([watched]))

    connected(bed, held)


def test_an_array_is_found_by_its_name_even_after_slurm_forgot_it(bed: SlurmBed, tmp_path: Path) -> None:
    async def find(engine: SlurmSystem) -> None:
        wanted, never = array(tmp_path / "a", "true"), array(tmp_path / "b", "true")
        await ends(engine, wanted)
        names = {wanted.name: wanted.folder, never.name: never.folder}
        found = await engine.find(names)
        assert found.keys() == {wanted.name}
        # A name that Slurm does not know, in a folder with the logs of its tasks: those were written by tasks of it.
        assert await engine.find({"recast-forgotten": wanted.folder}) == {"recast-forgotten": found[wanted.name]}

    connected(bed, find)


def test_ten_thousand_waiting_jobs_are_one_call_of_few_bytes(slurm_plain: SlurmBed, tmp_path: Path) -> None:
    async def wait(engine: SlurmSystem) -> tuple[int, float]:
        arrays = [array(tmp_path / str(n), "true", jobs=1000) for n in range(9)]
        ids = [await engine.submit(each) for each in arrays]
        watched = [Watched(a.name, a.folder, i, 1000, frozenset()) for a, i in zip(arrays, ids, strict=True)]
        first = await engine.survey(watched)
        before, since = engine.calls["squeue"], time.process_time()
        told = [len(await engine.survey(watched)) for _ in range(10)]
        taken_s = (time.process_time() - since) / 10
        await engine.cancel(ids)
        assert engine.calls["squeue"] - before == 10
        assert {s.state for s in first} <= {EngineState.WAITING, EngineState.HELD}
        return sum(told), taken_s

    told, taken_s = connected(slurm_plain, wait, partition="down")
    print(f"a look at 9,000 waiting jobs took {taken_s * 1000:.1f} ms of a core")
    assert told == 0
    assert taken_s < 0.25  # 5 % of a core at a look each five seconds; looks are rarer where nothing happens
