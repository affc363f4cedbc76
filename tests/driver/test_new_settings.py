"""Other settings for a run that exists: taken where they can be, refused where they would break it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from recast.executors.batch.simulated import SimulatedSystem
from recast.executors.protocol import JobStatus
from recast.executors.settings import Setting
from recast.jobs import ContainerJob, FailureClass, JobState
from tests.driver.scripted import Desk, Scripted, done
from tests.driver.test_leaving import interrupting


def failed(desk: Desk) -> None:
    """Leave a run of which a step has failed for good."""
    code, _, _ = desk.run(Scripted(lambda _, job: [done(job, FailureClass.SPEC, message="no such queue")]), [1])
    assert code == 1


def settings(desk: Desk) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(desk.recast("show", "last", "-o", "json")[1])["executor_settings"]
    return found


@pytest.mark.parametrize("command", ["resume", "retry"])
def test_what_was_wrong_is_said_anew(desk: Desk, command: str) -> None:
    failed(desk)
    before = settings(desk)
    assert "accepts other settings of simulated" in desk.recast(command, "last")[2]
    desk.use(Scripted(lambda _, job: [done(job)]))
    code, _, said = desk.recast(command, "last", "--simulated-python", "/opt/python3", "--simulated-node-cache-mb", "7")
    assert code == 0, said
    assert "changed    python of simulated: python3 -> /opt/python3" in said
    assert settings(desk) == {**before, "python": "/opt/python3", "node_cache_mb": 7}
    assert "changed" not in desk.recast(command, "last", "--simulated-python", "/opt/python3")[2]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--simulated-patience", "3"], "patience of this run cannot be changed"),
        (["--simulated-memory-cap-mb", "64GB"], "memory_cap_mb of this run cannot be changed"),
        (["--simulated-python", "/p", "--simulated-growth", "3"], "growth of this run cannot be changed"),
        (["--simulated-node-cache-mb", "much"], "it takes a whole number"),
        (["--slurm-partition", "long"], "--slurm-partition is for the executor slurm"),
        (["--simulated-pythn", "/p"], "--simulated-pythn"),
    ],
)
def test_what_cannot_be_changed_changes_nothing(desk: Desk, arguments: list[str], words: str) -> None:
    failed(desk)
    before, events = settings(desk), desk.events()
    code, _, said = desk.recast("resume", "last", *arguments)
    assert code == 2
    assert words in said
    assert (settings(desk), desk.events()) == (before, events)


def test_what_jobs_are_found_by_stays_while_there_are_any(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recast.driver.interrupts.SECOND_THOUGHTS_S", 0.02)
    place = Setting("place", "where jobs are", stays="jobs", default="here")
    monkeypatch.setattr(SimulatedSystem, "settings", (*SimulatedSystem.settings, place))
    left = interrupting()
    desk.run(left, [1, 2])
    code, _, said = desk.recast("resume", "last", "--simulated-place", "there")
    assert code == 2
    assert "2 jobs are in flight" in said
    waits = {job.job_id: JobStatus(job.job_id, JobState.QUEUED, "7") for job in left.submitted}
    desk.use(Scripted(lambda _, job: [], known=waits))
    assert desk.recast("cancel", "last")[0] == 0
    desk.use(Scripted(_succeed))
    code, _, said = desk.recast("resume", "last", "--simulated-place", "there")
    assert code == 0, said
    assert settings(desk)["place"] == "there"


def test_a_run_on_this_machine_has_none(desk: Desk) -> None:
    spec = ["workflow.yml", "--toplevel", str(desk.folder), "-p", "values=[1]", "--allow-host-process"]
    assert desk.recast("run", *spec)[0] == 0
    code, _, said = desk.recast("resume", "last", "--slurm-partition", "long")
    assert code == 2
    assert "start another run with --executor slurm" in said


def _succeed(_: Scripted, job: ContainerJob) -> list[JobStatus]:
    return [done(job)]
