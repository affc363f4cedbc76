"""What jobs leave at the store under their names: it counts, whatever PanDA says, and whenever it shows up."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from recast.executors.batch.executor import BatchExecutor
from recast.executors.batch.task import TaskContext
from recast.executors.conformance import Case
from recast.executors.panda import PandaSystem
from recast.executors.protocol import JobStatus
from recast.jobs import FailureClass, JobState
from recast.site import Site
from recast.store import ArtifactStore
from tests.executors.panda.fakepanda import FakeJob, FakePanda, fake_panda
from tests.executors.panda.settings import values
from tests.worker.webstore import WebStore, web_store

OLD_PYTHON = next(iter(sorted(Path.home().glob(".pyenv/versions/3.9.*/bin/python3"))), None)
CANARY = "canary-4f1d2c"


@dataclass
class Runs:
    """Jobs of mode `own` without containers, over a store behind a URL."""

    panda: FakePanda
    path: Path
    server: WebStore
    case: Case
    given: dict[str, Any]
    token: str = ""

    def executor(self) -> BatchExecutor:
        node = {"cache": str(self.path / "cache"), "cache_mb": 100, "wait_s": 20}
        secret = self.given.get("store_token_secret") or ""
        around = TaskContext("", "", (), Site(), node, self.server.url, self.token, 0, True, secret)
        return BatchExecutor(
            PandaSystem(self.given), self.path / "run", self.path / "store", around, python=sys.executable
        )

    def ended(self, command: str, *outputs: str, **changed: Any) -> JobStatus:
        (status,) = self.case.run(self.case.job(command, outputs, **changed))
        return status


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    with web_store() as server, fake_panda(tmp_path / "nodes", runs=True) as panda:
        given = values(panda, tmp_path, mode="own", store_url=server.url)
        made = Runs(panda, tmp_path, server, Case(make=lambda: made.executor(), store=tmp_path / "store"), given)
        yield made


def test_outcome_log_and_outputs_lie_at_the_store(runs: Runs) -> None:
    status = runs.ended("echo hello; echo result > out.txt", "out.txt")
    assert status.outcome is not None and status.outcome.succeeded, status
    named = sorted(name for name in runs.server.files if "/outcomes/" in name)
    assert [name.partition("/outcomes/")[2] for name in named] == [
        f"{status.job_id}/log",
        f"{status.job_id}/outcome.json",
    ]
    assert (runs.path / "run/jobs" / status.job_id / "log").read_text() == "hello\n"
    digest = status.outcome.outputs[0].digest
    assert ArtifactStore(runs.path / "store").read(digest, 100) == b"result\n"
    assert status.native_id == "1.0"


def test_a_pilot_that_lies_in_both_directions(runs: Runs) -> None:
    def lie(job: FakeJob, code: int) -> tuple[str, dict[str, Any]]:
        return ("failed", {"pilotErrorCode": 1305, "transExitCode": 3}) if code == 0 else ("finished", {})

    runs.panda.end = lie
    good, bad = runs.case.run(runs.case.job("true"), runs.case.job("exit 7"))
    assert good.outcome is not None and good.outcome.succeeded, good
    assert bad.outcome is not None and (bad.outcome.failure, bad.outcome.exit_code) == (FailureClass.USER, 7)


def test_a_job_that_ended_and_left_nothing_is_lost_after_a_while(runs: Runs) -> None:
    runs.panda.runs = False

    def end() -> None:
        job = next(iter(runs.panda.jobs.values()))
        with runs.panda.lock:
            runs.panda.finish(job, "finished")

    runs.panda.after = lambda path: end() if path == "task/get_job_descriptions" else None  # type: ignore[func-returns-value]
    status = runs.ended("true")
    assert status.state is JobState.LOST and "PanDA says finished" in status.reason


def test_an_outcome_may_come_later_than_the_end(runs: Runs, tmp_path: Path) -> None:
    """PanDA says that it is over while the store does not show it yet."""
    runs.given["outcome_grace_s"] = 30.0
    hidden: dict[str, bytes] = {}
    asked = [0]

    class Late(dict[str, bytes]):
        def __contains__(self, name: object) -> bool:
            if str(name).endswith("outcome.json") and super().__contains__(name):
                asked[0] += 1
                return asked[0] > 4  # the worker looks once before, and once after it was sent
            return super().__contains__(name)

    runs.server.files = Late(hidden)
    status = runs.ended("true")
    assert status.outcome is not None and status.outcome.succeeded, status
    assert asked[0] > 4


def test_a_store_that_is_down_at_the_end_loses_nothing(runs: Runs) -> None:
    runs.given["outcome_grace_s"] = 0.2
    real = runs.panda.finish

    def finish(job: FakeJob, status: str, **more: Any) -> None:
        runs.server.ill = [403] * 6
        real(job, status, **more)

    runs.panda.finish = finish  # type: ignore[method-assign]
    status = runs.ended("true")
    assert status.outcome is not None and status.outcome.succeeded, status
    assert not runs.server.ill


def test_a_job_that_panda_holds_is_over_when_its_outcome_is_there(runs: Runs) -> None:
    """The pilot is done; the server takes its time."""
    runs.panda.end = lambda job, code: ("holding", {})
    status = runs.ended("true")
    assert status.outcome is not None and status.outcome.succeeded, status
    assert next(iter(runs.panda.jobs.values())).status == "holding"


@pytest.mark.skipif(OLD_PYTHON is None, reason="Python 3.9 is not here")
def test_a_node_with_the_oldest_python(runs: Runs) -> None:
    runs.panda.python = str(OLD_PYTHON)
    status = runs.ended("echo result > out.txt", "out.txt")
    assert status.outcome is not None and status.outcome.succeeded, status


def test_a_log_that_never_comes(runs: Runs) -> None:
    class NoLog(dict[str, bytes]):
        def __setitem__(self, name: str, content: bytes) -> None:
            if not name.endswith("/log"):
                super().__setitem__(name, content)

    runs.server.files = NoLog()
    status = runs.ended("echo hello")
    assert status.outcome is not None and status.outcome.succeeded, status
    assert not (runs.path / "run/jobs" / status.job_id / "log").exists()


@pytest.mark.parametrize(
    "tricks",
    [
        {"outputs": [{"path": "../../escape", "digest": "sha256:" + "ab" * 32, "size": 1, "executable": False}]},
        {"outputs": [{"path": "/etc/passwd", "digest": "sha256:" + "ab" * 32, "size": 1, "executable": False}]},
        {"outputs": [{"path": "x", "digest": "sha256:../../etc/passwd", "size": 1, "executable": False}]},
        {"outputs": [{"path": "x", "digest": "sha256:" + "ab" * 32, "size": 1, "executable": False}]},
        {"job_id": "another"},
        {"failure": "unheard-of"},
        {"version": 99},
    ],
)
def test_an_outcome_with_tricks_is_not_believed(runs: Runs, tricks: dict[str, Any]) -> None:
    real = runs.panda.finish

    def finish(job: FakeJob, status: str, **more: Any) -> None:
        (name,) = (name for name in runs.server.files if name.endswith("outcome.json"))
        runs.server.files[name] = json.dumps({**json.loads(runs.server.files[name]), **tricks}).encode()
        real(job, status, **more)

    runs.panda.finish = finish  # type: ignore[method-assign]
    status = runs.ended("echo hello")
    assert status.state is JobState.LOST and status.reason
    assert not (runs.path / "escape").exists()


def test_outputs_with_names_of_all_kinds(runs: Runs) -> None:
    status = runs.ended("mkdir d; echo 1 > 'd/a b;$(id)'; echo 2 > d/-rf; echo 3 > \"d/ä'\\\"\"", "d")
    assert status.outcome is not None and status.outcome.succeeded, status
    assert [item.path for item in status.outcome.outputs] == ["d/-rf", "d/a b;$(id)", "d/ä'\""]


def test_a_job_runs_once_though_panda_starts_it_twice(runs: Runs) -> None:
    status = runs.ended(f"echo x >> {runs.path}/count")
    assert status.outcome is not None and status.outcome.succeeded, status
    job = next(iter(runs.panda.jobs.values()))
    with runs.panda.lock:
        os.rename(runs.path / "nodes" / str(job.job), runs.path / "nodes/first")
        job.status = "activated"
        runs.panda._start(job)
        thread = runs.panda.threads[-1]
    thread.join(30)
    assert not thread.is_alive() and job.status == "failed"
    assert (runs.path / "count").read_text() == "x\n"


def test_jobs_that_panda_has_forgotten_are_found_at_the_store(runs: Runs) -> None:
    job = runs.case.job("true")
    (status,) = runs.case.run(job)
    assert status.state is JobState.DONE
    for path in (runs.path / "run/jobs" / job.job_id / "outcome.json", runs.path / "run/jobs" / job.job_id / "out"):
        path.unlink() if path.is_file() else [each.unlink() for each in path.iterdir()]
    with runs.panda.lock:
        runs.panda.tasks.clear()
    for path in (runs.path / "run/arrays").glob("*/engine/panda.json"):
        os.utime(path, (0, 0))

    async def ask(executor: Any) -> list[JobStatus]:
        return list(await executor.status([job.job_id]))

    (found,) = runs.case.drive(ask)
    assert found.state is JobState.DONE and found.outcome is not None and found.outcome.succeeded


def test_a_secret_reaches_no_parameter_sandbox_or_folder(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the token of PanDA, nor that of the store, nor what the driver has in its environment."""
    monkeypatch.setenv("SOMEBODYS_PASSWORD", CANARY)
    runs.token = str(runs.path / "store-token")
    Path(runs.token).write_text(CANARY + "-store")
    runs.server.token = CANARY + "-store"
    runs.given["store_token_file"], runs.given["store_token_secret"] = runs.token, "RECAST_STORE"
    (runs.path / "token").write_text(CANARY)
    runs.panda.tokens = {CANARY}
    secrets = json.dumps({"RECAST_STORE": CANARY + "-store"})
    real = runs.panda._start

    def start(job: FakeJob) -> None:
        """Do as the pilot does with a user's secrets: a file in the job's folder, gone before the log is packed."""
        folder = runs.path / "nodes" / str(job.job)
        mkdir = Path.mkdir

        def made(self: Path, *rest: Any, **more: Any) -> None:
            mkdir(self, *rest, **more)
            if self == folder:
                (self / "panda_secrets.json").write_text(secrets)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "mkdir", made)
            real(job)

    runs.panda._start = start  # type: ignore[method-assign]
    given = runs.case.put(b"input", "/recast/run/init/in")
    status = runs.ended("cat /recast/run/init/in > out.txt; echo done", "out.txt", inputs=(given,))
    assert status.outcome is not None and status.outcome.succeeded, status
    assert runs.panda.tasks[1].parameters["useSecrets"] is True
    for path in (runs.path / "nodes").rglob("panda_secrets.json"):
        path.unlink()
    texts = {
        str(path): path.read_bytes()
        for folder in ("run", "nodes")
        for path in (runs.path / folder).rglob("*")
        if path.is_file()
    }
    texts |= {"parameters": json.dumps(runs.panda.tasks[1].parameters).encode(), **runs.panda.cache}
    texts |= {name: content for name, content in runs.server.files.items() if "/outcomes/" in name}
    assert len(texts) > 6
    assert not [name for name, content in texts.items() if CANARY.encode() in content]
    assert not [line for line in runs.panda.asked if CANARY in line]


def test_what_is_signed_does_not_stay_in_the_folder_of_the_job(runs: Runs) -> None:
    status = runs.ended("ls -a ../../tasks ../.. > out.txt 2>&1 || true", "out.txt")
    assert status.outcome is not None and status.outcome.succeeded, status
    (folder,) = (runs.path / "nodes").iterdir()
    assert sorted(path.name for path in folder.iterdir()) == ["pilot.log"]


def test_one_answer_for_many_jobs(runs: Runs) -> None:
    runs.panda.slots = 4
    ends = runs.case.run(*(runs.case.job("true") for _ in range(12)))
    assert all(end.outcome is not None and end.outcome.succeeded for end in ends)
    assert runs.panda.count("task/submit") == 1 and len(runs.panda.tasks) == 1


def test_a_job_of_another_array_is_not_taken_for_ours(runs: Runs) -> None:
    job = replace(runs.case.job("true"), job_id="../evil")
    (receipt,) = runs.case.drive(lambda executor: executor.submit([job]))
    assert receipt.failure is FailureClass.SUBMISSION
