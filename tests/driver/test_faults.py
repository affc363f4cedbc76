"""What the driver makes of failures on a grid: pauses, back-off, nodes to avoid, jobs that are put back."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter

import pytest

from recast.errors import CredentialsProblem
from recast.executors.protocol import JobStatus
from recast.jobs import ContainerJob, FailureClass, JobState
from tests.driver.scripted import Desk, Scripted, done

PROXY = "The proxy has expired\nIt ended an hour ago.\nvoms-proxy-init -voms atlas"


def kinds(desk: Desk) -> list[str]:
    return [kind for kind, _ in desk.events()]


def test_an_expired_proxy_pauses_the_run_until_it_is_renewed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recast.driver.interrupts.ASK_EVERY_S", 0.01)

    def script(executor: Scripted, job: ContainerJob) -> list[JobStatus]:
        return [done(job, FailureClass.AUTHENTICATION if len(executor.submitted) == 1 else None)]

    executor = Scripted(script, obstacles=[PROXY, PROXY, PROXY, ""])
    code, _, said = desk.run(executor, [1], patience=1.0)
    assert code == 0, said
    assert executor.calls == ["submit", *["obstacle"] * 4, "submit", "close"]
    told = kinds(desk)
    assert told.count("Paused") == 2, "once for the failure, once more for what the executor says of it"
    assert told.index("Unpaused") < len(told) - 1 - told[::-1].index("SubmitIntended")
    assert "voms-proxy-init" in said
    shown = json.loads(desk.recast("show", "last", "-o", "json")[1])
    assert shown["steps"][1]["attempts"] == 2


def test_a_try_to_come_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where there is no terminal: else a run that backs off looks as if it hung."""
    failures = iter([FailureClass.INFRASTRUCTURE, FailureClass.INFRASTRUCTURE, None])
    executor = Scripted(lambda _, job: [done(job, next(failures), message="the node is on fire")])
    code, _, said = desk.run(executor, [1], patience=0.01)
    assert code == 0, said
    again = [line for line in said.splitlines() if line.startswith("again")]
    assert len(again) == 2
    assert "/map/0  at " in again[0] and "the node is on fire" in again[0]


def test_a_paused_run_is_told_and_can_be_resumed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recast.driver.interrupts.ASK_EVERY_S", 0.01)
    paused = Scripted(lambda _, job: [done(job, FailureClass.AUTHENTICATION)], obstacles=[PROXY] * 3)

    async def stop() -> str:
        if len(paused.obstacles) == 1:
            os.kill(os.getpid(), signal.SIGTERM)
        return paused.obstacles.pop(0)

    monkeypatch.setattr(paused, "obstacle", stop)
    code, _, _ = desk.run(paused, [1, 2])
    assert code == 130
    status = json.loads(desk.recast("status", "last", "-o", "json")[1])
    assert status["state"] == "interrupted"
    assert status["paused"]["obstacle"] == PROXY
    explained = desk.recast("explain", "last", "map_0")[1]
    assert "paused since" in explained
    assert "voms-proxy-init" in explained
    assert "paused for" in desk.recast("status", "last")[1]
    renewed = desk.use(Scripted(lambda _, job: [done(job)]))
    code, _, said = desk.recast("resume", "last")
    assert code == 0, said
    assert renewed.calls[:2] == ["obstacle", "submit"]


def test_a_paused_run_waits_for_credentials_from_its_very_start(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recast.driver.interrupts.ASK_EVERY_S", 0.01)
    stopped = Scripted(lambda _, job: [done(job, FailureClass.AUTHENTICATION)])

    async def stop() -> str:
        os.kill(os.getpid(), signal.SIGTERM)
        return PROXY

    monkeypatch.setattr(stopped, "obstacle", stop)
    desk.run(stopped, [1])
    back = desk.use(Scripted(lambda _, job: [done(job)]))
    ready, refusals = back.start, iter([True, True, False])

    async def start() -> None:
        if next(refusals):
            raise CredentialsProblem("The proxy has expired", next_step="voms-proxy-init")
        await ready()

    monkeypatch.setattr(back, "start", start)
    code, _, said = desk.recast("resume", "last")
    assert code == 0, said
    assert said.count("still paused: The proxy has expired; voms-proxy-init") == 2


def test_a_failed_job_is_tried_again_later_and_later(desk: Desk) -> None:
    executor = Scripted(lambda own, job: [done(job, FailureClass.INFRASTRUCTURE if len(own.submitted) < 5 else None)])
    code, _, said = desk.run(executor, [1], patience=0.001)
    assert code == 0, said
    submitted = [body["time"] for kind, body in desk.events() if kind == "SubmitIntended"]
    ended = [body["time"] for kind, body in desk.events() if kind == "JobEnded"]
    waits = [after - before for before, after in zip(ended, submitted[1:], strict=False)]
    assert all(wait >= 0.03 * 2**number for number, wait in enumerate(waits)), waits


def test_a_node_that_eats_every_job_costs_nobody_a_try(desk: Desk) -> None:
    def script(_: Scripted, job: ContainerJob) -> list[JobStatus]:
        node = "hole" if "hole" not in job.avoid_hosts else "n1"
        running = JobStatus(job.job_id, JobState.RUNNING, "7", host=node)
        return [running, done(job, FailureClass.STAGING if node == "hole" else None, node)]

    def first(executor: Scripted, job: ContainerJob) -> list[JobStatus]:
        if len(executor.submitted) == 1:
            return [JobStatus(job.job_id, JobState.RUNNING, "1", host="n1"), done(job, host="n1")]
        return script(executor, job)

    executor = Scripted(first)
    code, _, said = desk.run(executor, list(range(40)))
    assert code == 0, said
    assert max(Counter(job.job_id.rsplit("-", 1)[0] for job in executor.submitted).values()) == 2
    status = json.loads(desk.recast("status", "last", "-o", "json")[1])
    assert list(status["avoided_hosts"]) == ["hole"]
    told = json.loads(desk.recast("explain", "last", "map_5", "-o", "json")[1])
    assert [attempt["host"] for attempt in told["attempts"]] == ["hole", "n1"]
    assert told["attempts"][1]["avoided_hosts"] == ["hole"]


def test_a_run_whose_nodes_all_eat_jobs_ends_and_says_so(desk: Desk) -> None:
    def script(executor: Scripted, job: ContainerJob) -> list[JobStatus]:
        node = f"n{len(executor.submitted) % 2}"
        return [JobStatus(job.job_id, JobState.RUNNING, "7", host=node), done(job, FailureClass.STAGING, node)]

    code, _, said = desk.run(Scripted(script), [1, 2, 3])
    assert code == 4
    assert "All nodes that this run has used fail its jobs" in said


def test_memory_grows_and_says_why(desk: Desk) -> None:
    executor = Scripted(lambda own, job: [done(job, FailureClass.MEMORY if len(own.submitted) < 3 else None)])
    assert desk.run(executor, [1])[0] == 0
    assert [job.resources.memory_mb for job in executor.submitted] == [2000, 4000, 8000]
    reasons = [body["reason"] for kind, body in desk.events() if kind == "SubmitIntended"]
    assert "now with 8000 MB instead of 4000 MB" in reasons[2]


def test_native_ids_come_later_and_jobs_may_be_held_and_put_back(desk: Desk) -> None:
    def script(_: Scripted, job: ContainerJob) -> list[JobStatus]:
        return [
            JobStatus(job.job_id, JobState.QUEUED, "7.0"),
            JobStatus(job.job_id, JobState.QUEUED, "7.0"),
            JobStatus(job.job_id, JobState.HELD, "7.0", reason="no such group"),
            JobStatus(job.job_id, JobState.QUEUED, "7.0"),
            JobStatus(job.job_id, JobState.RUNNING, "7.0", host="n1"),
            JobStatus(job.job_id, JobState.QUEUED, "7.0", reason="its node died"),
            JobStatus(job.job_id, JobState.RUNNING, "7.0", host="n2"),
            done(job, host="n2"),
        ]

    assert desk.run(Scripted(script), [1])[0] == 0
    assert kinds(desk)[2:-1] == [
        "JobAccepted",
        "JobHeld",
        "JobAccepted",
        "JobStarted",
        "JobAccepted",
        "JobStarted",
        "JobEnded",
    ]
    shown = json.loads(desk.recast("show", "last", "-o", "json")[1])
    assert (shown["steps"][1]["host"], shown["steps"][1]["held"]) == ("n2", False)
    assert shown["usage"][0]["jobs"] == 1
