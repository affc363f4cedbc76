"""An executor that says what a test tells it to, and the command line over it, in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from recast.cli.app import run as run_cli
from recast.executors import registry
from recast.executors.batch.simulated import succeed
from recast.executors.protocol import Capabilities, JobStatus, Receipt
from recast.jobs import ContainerJob, FailureClass, JobState
from recast.jobs.outcome import Outcome
from recast.journal import Journal
from recast.rundir import find_run

Script = Callable[["Scripted", ContainerJob], list[JobStatus]]


def done(job: ContainerJob, failure: FailureClass | None = None, host: str = "n1", message: str = "") -> JobStatus:
    outcome: Outcome = replace(succeed(job), host=host, failure=failure, message=message or str(failure or ""))
    return JobStatus(job.job_id, JobState.DONE, "7", outcome, host=host)


@dataclass
class Scripted:
    """Answers each submitted job with the statuses of its script; `known` is what it says of older jobs."""

    script: Script
    known: dict[str, JobStatus] = field(default_factory=dict)
    obstacles: list[str] = field(default_factory=list)
    submitted: list[ContainerJob] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    name: str = "simulated"
    capabilities: Capabilities = field(default_factory=lambda: Capabilities(pushes=True))
    next_look: float | None = None
    trouble: str = ""

    async def start(self) -> None:
        self._news: asyncio.Queue[list[JobStatus]] = asyncio.Queue()

    async def submit(self, jobs: Sequence[ContainerJob]) -> list[Receipt]:
        self.calls.append("submit")
        for job in jobs:
            self.submitted.append(job)
            for status in self.script(self, job):
                self.tell(status)
        return [Receipt(job.job_id) for job in jobs]

    def tell(self, status: JobStatus) -> None:
        self._news.put_nowait([status])

    async def status(self, job_ids: Sequence[str]) -> list[JobStatus]:
        self.calls.append("status")
        unheard = JobStatus("", JobState.LOST, reason="never submitted", counted=False)
        return [self.known.get(job_id) or replace(unheard, job_id=job_id) for job_id in job_ids]

    async def changes(self) -> AsyncIterator[list[JobStatus]]:
        while True:
            yield await self._news.get()

    async def obstacle(self) -> str:
        self.calls.append("obstacle")
        return self.obstacles.pop(0) if self.obstacles else ""

    async def peek(self, job_id: str, offset: int) -> bytes | None:
        return None

    async def cancel(self, job_ids: Sequence[str]) -> None:
        self.cancelled += job_ids
        for job_id in job_ids:
            self.tell(JobStatus(job_id, JobState.CANCELLED, reason="cancelled"))

    async def close(self) -> None:
        self.calls.append("close")


@dataclass
class Desk:
    """A home, a spec of one stage over `values`, and the command line."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def __post_init__(self) -> None:
        step = {
            "process": {"process_type": "string-interpolated-cmd", "cmd": "echo {value}"},
            "environment": {"environment_type": "localproc-env"},
            "publisher": {"publisher_type": "constant-pub", "publish": {"out": "done"}},
        }
        scheduler = {
            "scheduler_type": "multistep-stage",
            "parameters": {"value": {"step": "init", "output": "values"}},
            "scatter": {"method": "zip", "parameters": ["value"]},
            "step": step,
        }
        stages = [{"name": "map", "dependencies": ["init"], "scheduler": scheduler}]
        (self.folder / "workflow.yml").write_text(yaml.safe_dump({"stages": stages}))
        self.monkeypatch.setenv("RECAST_HOME", str(self.folder / "home"))
        self.monkeypatch.setitem(registry.OWN, "simulated", "recast.executors.batch.simulated:SimulatedSystem")

    def recast(self, *arguments: str) -> tuple[int, str, str]:
        self.capsys.readouterr()
        code = run_cli(arguments)
        said = self.capsys.readouterr()
        return code, said.out, said.err

    def use(self, executor: Scripted) -> Scripted:
        self.monkeypatch.setattr("recast.runs.drive.make_executor", lambda *_: executor)
        return executor

    def run(self, executor: Scripted, values: list[int], patience: float = 0.0) -> tuple[int, str, str]:
        self.use(executor)
        spec = ["workflow.yml", "--toplevel", str(self.folder), "-p", f"values={values}", "--allow-host-process"]
        grid = ["--executor", "simulated", "--simulated-patience", str(patience), "--no-cache"]
        return self.recast("run", *spec, *grid)

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        journal = Journal(find_run(self.folder / "home/runs", "last").journal, read_only=True)
        try:
            return [(record.kind, record.body) for _, record in journal.read()]
        finally:
            journal.close()
