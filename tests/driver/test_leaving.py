"""Ctrl-C on an executor whose jobs outlive the driver: the first leaves, the second cancels; and coming back."""

from __future__ import annotations

import json
import os
import signal

import pytest

from recast.executors.protocol import JobStatus
from recast.jobs import ContainerJob, JobState
from tests.driver.scripted import Desk, Scripted, done


def interrupting() -> Scripted:
    """Jobs that are held; with the second of them comes a Ctrl-C."""

    def script(executor: Scripted, job: ContainerJob) -> list[JobStatus]:
        if len(executor.submitted) == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return [JobStatus(job.job_id, JobState.QUEUED, "7"), JobStatus(job.job_id, JobState.HELD, "7", reason="quota")]

    return Scripted(script)


def test_the_first_ctrl_c_leaves_the_jobs_alone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recast.driver.interrupts.SECOND_THOUGHTS_S", 0.02)
    left = interrupting()
    code, out, said = desk.run(left, [1, 2])
    run = out.strip()
    assert code == 130
    assert left.cancelled == []
    assert "2 jobs on simulated continue" in said
    assert f"recast resume {run}" in said
    status = json.loads(desk.recast("status", "last", "-o", "json")[1])
    assert status["stages"][0] | {"since": None} == {
        "stage": "map",
        "waiting": 0,
        "idle": 0,
        "running": 0,
        "done": 0,
        "cached": 0,
        "failed": 0,
        "held": 2,
        "skipped": 0,
        "awaited": "/map/0",
        "since": None,
        "why_held": "quota",
    }
    told = desk.recast("explain", "last", "map_1")[1]
    assert "job 7 is held" in told
    assert "quota" in told
    assert "held: 2 of map: quota" in desk.recast("status", "last")[1]


def test_coming_back_finds_every_job_before_anything_is_submitted(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recast.driver.interrupts.SECOND_THOUGHTS_S", 0.02)
    left = interrupting()
    desk.run(left, [1, 2])
    first = left.submitted[0]
    back = desk.use(Scripted(lambda _, job: [done(job)], known={first.job_id: done(first)}))
    code, _, said = desk.recast("resume", "last")
    assert code == 0, said
    assert back.calls == ["status", "submit", "close"]
    assert [job.job_id for job in back.submitted] == [left.submitted[1].job_id[:-1] + "2"]
    gone = [body for kind, body in desk.events() if kind == "JobGone"]
    assert [body["counted"] for body in gone] == [False]


def test_the_second_ctrl_c_cancels_the_run(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    said_so: list[str] = []
    executor = interrupting()

    def again(words: str) -> None:
        said_so.append(words)
        if len(said_so) == 1:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr("recast.cli.runs.run.message", again)
    code, _, _ = desk.run(executor, [1, 2])
    assert code == 1
    assert "Ctrl-C again" in said_so[0]
    assert sorted(executor.cancelled) == sorted(job.job_id for job in executor.submitted)
    assert json.loads(desk.recast("status", "last", "-o", "json")[1])["state"] == "cancelled"


def test_a_run_that_nobody_drives_is_cancelled_with_its_jobs(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recast.driver.interrupts.SECOND_THOUGHTS_S", 0.02)
    left = interrupting()
    desk.run(left, [1, 2])
    waits = {job.job_id: JobStatus(job.job_id, JobState.QUEUED, "7") for job in left.submitted}
    back = desk.use(Scripted(lambda _, job: [], known=waits))
    assert desk.recast("cancel", "last")[0] == 0
    assert sorted(back.cancelled) == sorted(waits)
    assert back.submitted == []
    assert json.loads(desk.recast("status", "last", "-o", "json")[1])["state"] == "cancelled"


def test_the_log_of_a_job_on_a_node_is_fetched_from_there(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recast.driver.interrupts.SECOND_THOUGHTS_S", 0.02)
    asked: list[tuple[str, int]] = []

    async def peek(_: object, native_id: str, offset: int) -> bytes:
        asked.append((native_id, offset))
        return b"event 1000 of 2000\n"

    monkeypatch.setattr("recast.executors.batch.simulated.SimulatedSystem.peek", peek)
    left = interrupting()
    desk.run(left, [1, 2])
    assert desk.recast("logs", "last", "map_1")[1] == "event 1000 of 2000\n"
    assert asked == [("7", 0)]


def test_where_nobody_can_look_there_is_no_log(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recast.driver.interrupts.SECOND_THOUGHTS_S", 0.02)
    desk.run(interrupting(), [1, 2])
    code, out, _ = desk.recast("logs", "last", "map_1")
    assert (code, out) == (0, "")
