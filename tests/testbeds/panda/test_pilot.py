"""Real pilots: what PanDA's pilot makes of our jobs, from the parameters of a task to the outcome at the store."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from recast.executors.conformance import Case
from recast.executors.protocol import Executor, JobStatus
from recast.jobs import FailureClass, JobState
from tests.processes import every, link
from tests.testbeds.panda.bed import PandaBed
from tests.testbeds.panda.fixture import *  # noqa: F403
from tests.testbeds.panda.runs import MISSING, busybox, case
from tests.waiting import until_async

pytestmark = pytest.mark.rare
PILOTS_AT_ONCE = 4


@pytest.fixture(scope="module")
def image(own_panda: PandaBed, tmp_path_factory: pytest.TempPathFactory) -> str:
    own_panda.ask("shift", most=PILOTS_AT_ONCE, pilots="")
    return busybox(own_panda, tmp_path_factory.mktemp("images"))


def _lose_node(bed: PandaBed, job: int) -> None:
    """Kill a pilot with all that it started, by process id, as when its node dies."""
    folder = f"{bed.folder}/pilots/{job}/"
    for pid in [pid for pid in every() if link(pid, "cwd").startswith(folder)]:
        if link(pid, "cwd").startswith(folder):
            os.kill(pid, signal.SIGKILL)


async def _drive(executor: Executor, runs: Case, bed: PandaBed) -> dict[str, JobStatus]:
    jobs = {
        "0": runs.job("echo good >out.txt; sleep 3; cat /proc/self/cgroup >log.txt", ["out.txt"]),
        "7": runs.job("echo bad; sleep 3; exit 7"),
        "killed": runs.job("echo begun >begun.txt; sleep 400"),
        "missing": runs.job("true", image=MISSING),
    }
    await executor.submit(list(jobs.values()))
    names = {job.job_id: name for name, job in jobs.items()}
    ended: dict[str, JobStatus] = {}
    lost = asyncio.create_task(_lose_when_begun(bed))
    async for batch in executor.changes():
        ended |= {names[status.job_id]: status for status in batch if status.state.final}
        if len(ended) == len(jobs):
            break
    await lost
    return ended


async def _lose_when_begun(bed: PandaBed) -> None:
    def begun() -> list[Path]:
        return list(bed.folder.glob("pilots/*/work/*/*/recast/attempt/work/begun.txt"))

    await until_async(begun, "the payload that is killed has not begun")
    job = begun()[0].relative_to(bed.folder / "pilots").parts[0]
    _lose_node(bed, int(job))


def test_four_pilots_at_once_and_what_becomes_of_each(
    own_panda: PandaBed,
    image: str,
    tmp_path: Path,
) -> None:
    runs = case(own_panda, tmp_path, image)

    async def drive(executor: Executor) -> dict[str, JobStatus]:
        return await _drive(executor, runs, own_panda)

    ended = runs.drive(drive)
    failures = {name: status.outcome and status.outcome.failure for name, status in ended.items()}
    good = ended["0"].outcome
    assert good is not None and good.failure is None, good
    assert runs.blob(good.outputs[0].digest).read_text() == "good\n"
    assert good.image == image
    bad = ended["7"].outcome
    assert bad is not None and (bad.failure, bad.exit_code) == (FailureClass.USER, 7), bad
    assert failures["missing"] is FailureClass.INFRASTRUCTURE, ended["missing"]
    assert ended["killed"].state is JobState.LOST, ended["killed"]
