"""RECAST's executor over the real request entry and the real job maker; a stand-in of ours runs the phases."""

from __future__ import annotations

from pathlib import Path

import pytest

from recast.jobs import FailureClass, JobState
from tests.testbeds.panda.bed import PandaBed
from tests.testbeds.panda.fixture import *  # noqa: F403
from tests.testbeds.panda.runs import MISSING, busybox, case

STANDINS_AT_ONCE = 4


@pytest.fixture(scope="module")
def image(own_panda: PandaBed, tmp_path_factory: pytest.TempPathFactory) -> str:
    own_panda.ask("shift", most=STANDINS_AT_ONCE, pilots="^$")
    return busybox(own_panda, tmp_path_factory.mktemp("images"))


def test_an_array_in_its_container_with_inputs_and_outputs(
    own_panda: PandaBed,
    image: str,
    tmp_path: Path,
) -> None:
    runs = case(own_panda, tmp_path, image)
    jobs = []
    for number in range(3):
        given = runs.put(f"{number}\n".encode(), "/recast/run/before/in.txt")
        command = f"cat /recast/run/before/in.txt >out.txt; echo $FROM_US >>out.txt; exit {7 if number == 2 else 0}"
        jobs.append(runs.job(command, ["out.txt"], inputs=(given,), env={"FROM_US": f"is {number}"}))
    statuses = {status.job_id: status for status in runs.run(*jobs)}
    first, second, failed = (statuses[job.job_id] for job in jobs)
    for number, status in enumerate((first, second)):
        assert status.outcome is not None and status.outcome.failure is None, status
        (output,) = status.outcome.outputs
        assert runs.blob(output.digest).read_text() == f"{number}\nis {number}\n"
        assert status.outcome.image == image
    assert failed.outcome is not None
    assert (failed.outcome.failure, failed.outcome.exit_code) == (FailureClass.USER, 7)
    assert {str(status.native_id).partition(".")[0] for status in statuses.values()} == {
        str(first.native_id).partition(".")[0]
    }


def test_an_image_that_is_not_there_is_no_fault_of_the_payload(
    own_panda: PandaBed,
    image: str,
    tmp_path: Path,
) -> None:
    runs = case(own_panda, tmp_path, MISSING)
    (status,) = runs.run(runs.job("true"))
    assert status.state is JobState.DONE
    assert status.outcome is not None
    assert status.outcome.failure is FailureClass.INFRASTRUCTURE
