"""Lost replies and many jobs against the real request entry: what is asked is counted there."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from recast.errors import ExecutorError
from recast.executors.batch.system import Array, EngineState, Watched
from recast.executors.panda import PandaSystem
from recast.jobs import ContainerJob
from tests.testbeds.panda.bed import PandaBed
from tests.testbeds.panda.fixture import *  # noqa: F403
from tests.testbeds.panda.runs import MISSING, settings
from tests.waiting import BOUND_S, until

LOST, MANY = 1000, 1000
SURVEYS = 10
T = TypeVar("T")


def array_of(folder: Path, name: str, count: int) -> Array:
    (folder / "tasks").mkdir(parents=True)
    (folder / "worker.pyz").write_bytes(b"worker")
    jobs = []
    for index in range(count):
        job = ContainerJob(f"j-{name}-{index}", MISSING, "true", None, "sh", "/recast/run/a")
        sources = [{"kind": "registry", "reference": f"registry.example.org/recast/image:1@{MISSING}"}]
        task = {"version": 1, "job": job.as_json(), "image": {"digest": MISSING, "sources": sources}}
        (folder / f"tasks/{index}.json").write_text(json.dumps(task))
        jobs.append(job)
    return Array(name, folder, tuple(jobs), ("python3",))


def use(bed: PandaBed, folder: Path, what: Callable[[PandaSystem], Awaitable[T]]) -> T:
    async def whole() -> T:
        system = PandaSystem(settings(bed, folder))
        try:
            async with asyncio.timeout(BOUND_S):
                return await what(system)
        finally:
            await system.close()

    return asyncio.run(whole())


def named(bed: PandaBed, array: str) -> list[dict[str, Any]]:
    return [task for task in bed.ask("tasks") if task["name"] == f"user.jdoe.{array}/"]


@pytest.mark.rare
def test_a_thousand_lost_replies_are_one_task_started_once(own_panda: PandaBed, tmp_path: Path) -> None:
    array = array_of(tmp_path / "array", "lost", 1)
    # As long as JEDI has not taken the task in, no list shows it: only the answer to a submission does.
    own_panda.ask("takes_in", yes=False)
    own_panda.ask("lose", call="task/submit", times=LOST)
    own_panda.ask("calls", forget=True)

    async def insist(system: PandaSystem) -> tuple[str, int]:
        lost = 0
        while True:
            try:
                return await system.submit(array), lost
            except ExecutorError:
                lost += 1

    native, lost = use(own_panda, tmp_path, insist)
    assert (lost, own_panda.ask("calls")["task/submit"]) == (LOST, LOST + 1)
    own_panda.ask("takes_in", yes=True)
    until(lambda: named(own_panda, "lost")[0]["jobs"])
    (task,) = named(own_panda, "lost")
    assert (str(task["task"]), task["starts"], len(task["jobs"])) == (native, 1, 1)


def test_a_thousand_jobs_are_one_submission_and_two_questions_a_survey(
    own_panda: PandaBed,
    tmp_path: Path,
) -> None:
    array = array_of(tmp_path / "array", "many", MANY)
    spent: dict[str, float] = {}  # of the driver's processor, in seconds a survey

    async def live(system: PandaSystem) -> dict[str, dict[str, int]]:
        own_panda.ask("calls", forget=True)
        native = await system.submit(array)
        counted = {"submission": own_panda.ask("calls", forget=True)}
        watched = Watched(array.name, array.folder, native, MANY, set())
        await asyncio.to_thread(until, lambda: len(named(own_panda, "many")[0]["jobs"]) == MANY)
        for state, seen in (("activated", EngineState.WAITING), ("running", EngineState.RUNNING)):
            own_panda.ask("jobs", task=int(native), jobStatus=state)
            await system.survey([watched])
            own_panda.ask("calls", forget=True)
            used_s = time.process_time()
            for _ in range(SURVEYS):
                sightings = await system.survey([watched])
                assert len(sightings) == MANY
                assert {each.state for each in sightings} == {seen}
            spent[state] = (time.process_time() - used_s) / SURVEYS
            counted[state] = own_panda.ask("calls", forget=True)
        own_panda.ask("jobs", task=int(native), jobStatus="finished")
        sightings = await system.survey([watched])
        assert {each.state for each in sightings} == {EngineState.ENDED}
        return {**counted, "end": own_panda.ask("calls")}

    counted = use(own_panda, tmp_path, live)
    print(json.dumps({**counted, "driver_cpu_s_a_survey": spent}, indent=1))
    assert counted["submission"]["task/submit"] == counted["submission"]["file_server/upload_cache_file"] == 1
    for state in ("activated", "running"):
        assert sum(counted[state].values()) <= 2 * SURVEYS, counted
    # Its task has changed: that is one question more.
    assert sum(counted["end"].values()) <= 3, counted
