"""What a look asks of the schedd, and what it makes of the answer; what a worker inside of an image is told."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from recast.executors.batch.in_image import task_inside
from recast.executors.batch.system import EngineState, Refused, Watched
from recast.executors.htcondor.look import Looks
from recast.jobs import Bind, ContainerJob, FailureClass


class Schedd:
    """Answers of a schedd that never was, and what it was asked."""

    def __init__(self) -> None:
        self.ads: list[dict[str, Any]] = []
        self.asked: list[tuple[str, str]] = []

    async def ask(self, call: str, **arguments: Any) -> Any:
        self.asked.append((call, arguments["constraint"]))
        return self.ads if call == "query" else len(self.ads)


def ad(process: int, status: int = 1, **more: Any) -> dict[str, Any]:
    return {"ClusterId": 7, "ProcId": process, "JobStatus": status, "ServerTime": 1000, **more}


@pytest.fixture
def schedd() -> Schedd:
    return Schedd()


@pytest.fixture
def looks(schedd: Schedd) -> Looks:
    return Looks(schedd, 60.0)  # type: ignore[arg-type]


def states(looks: Looks, *watched: Watched) -> dict[int, EngineState]:
    return {seen.index: seen.state for seen in asyncio.run(looks.look(watched))}


def test_all_is_asked_once_and_then_only_what_changed(schedd: Schedd, looks: Looks, tmp_path: Path) -> None:
    array = Watched("a", tmp_path, "7", 3, set())
    schedd.ads = [ad(0), ad(1), ad(2, 2, RemoteHost="slot1@n")]
    assert states(looks, array) == {0: EngineState.WAITING, 1: EngineState.WAITING, 2: EngineState.RUNNING}
    schedd.ads = [ad(2, 4)]
    assert states(looks, array) == {2: EngineState.ENDED}
    assert schedd.asked == [
        ("query", "((ClusterId == 7))"),
        ("query", "(((ClusterId == 7)) && EnteredCurrentStatus >= 997)"),
    ]


def test_ten_arrays_are_one_call(schedd: Schedd, looks: Looks, tmp_path: Path) -> None:
    states(looks, *(Watched(f"a{number}", tmp_path, str(number), 1000, set()) for number in range(10)))
    assert len(schedd.asked) == 1


def test_a_job_that_somebody_took_out_shows_in_a_look_at_all(schedd: Schedd, looks: Looks, tmp_path: Path) -> None:
    array = Watched("a", tmp_path, "7", 3, {0})
    schedd.ads = [ad(1), ad(2)]
    states(looks, array)
    schedd.ads = [ad(1)]
    assert 2 not in states(looks, array)
    looks._sweep_s = 0.0
    assert states(looks, array) == {1: EngineState.WAITING, 2: EngineState.GONE}


def test_a_broken_transfer_is_released(schedd: Schedd, looks: Looks, tmp_path: Path) -> None:
    schedd.ads = [ad(0, 5, HoldReasonCode=13, HoldReasonSubCode=104), ad(1, 5, HoldReasonCode=1)]
    assert states(looks, Watched("a", tmp_path, "7", 2, set())) == {0: EngineState.WAITING, 1: EngineState.HELD}
    assert schedd.asked[-1] == ("act", "(ClusterId == 7 && ProcId >= 0 && ProcId <= 0)")


def test_where_there_is_a_log_the_schedd_is_left_alone(schedd: Schedd, looks: Looks, tmp_path: Path) -> None:
    (tmp_path / "engine").mkdir()
    log = tmp_path / "engine/log"
    log.write_text("000 (7.0.0) D Job submitted\n...\n")
    array = Watched("a", tmp_path, "7", 2, set())
    schedd.ads = [ad(0)]
    states(looks, array)
    schedd.asked.clear()
    log.write_text(log.read_text() + "005 (7.0.0) D Job terminated.\n\t(1) Normal termination (return value 0)\n...\n")
    assert states(looks, array) == {0: EngineState.ENDED}
    assert schedd.asked == []


def job(**changed: Any) -> ContainerJob:
    return ContainerJob("t-1", "sha256:" + "ab" * 32, "true", None, "sh", "/recast/run/s/0", **changed)


def test_a_worker_inside_of_an_image_starts_no_other() -> None:
    task = task_inside({"image": {"digest": "x"}, "image_digest": "x", "runtimes": {"apptainer": {}}}, job())
    assert (task["image"], task["image_digest"], list(task["runtimes"])) == (None, "x", ["host"])


@pytest.mark.parametrize("changed", [{"binds": (Bind("/a", "/b"),)}, {"needs": ("cvmfs",)}, {"texts": {"/etc/x": "y"}}])
def test_what_only_our_own_worker_can_mount_is_refused_in_the_container_universe(changed: dict[str, Any]) -> None:
    with pytest.raises(Refused) as problem:
        task_inside({}, job(**changed))
    assert problem.value.failure is FailureClass.SPEC
