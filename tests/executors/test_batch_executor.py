"""The batch executor when things go wrong: outcomes that lie, engines that are silent or refuse, drivers that die."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recast.errors import CredentialsProblem, ExecutorError, NetworkError, RuntimeUnavailable
from recast.executors.batch import Array, Refused
from recast.executors.batch.executor import BatchExecutor, _end
from recast.executors.batch.task import NodeImage, TaskContext
from recast.executors.conformance import Case
from recast.executors.protocol import JobStatus
from recast.jobs import FailureClass, JobState
from recast.site import Site
from tests.executors.sandboxed import Nodes, SandboxedEngine
from tests.waiting import until_async


class Bench:
    """One run's folders over nodes, and executors over them."""

    def __init__(self, tmp_path: Path, *, shared: bool, shows_stdout: bool = False) -> None:
        self.nodes = Nodes(tmp_path / "nodes", slots=3, shared=shared, shows_stdout=shows_stdout)
        self.run_dir, self.store = tmp_path / "run", tmp_path / "store"
        self.engine = SandboxedEngine(self.nodes)
        self.case = Case(make=self.executor, store=self.store)

    def executor(self) -> BatchExecutor:
        shared = self.nodes.shared
        jobs, store = (str(self.run_dir / "jobs"), str(self.store)) if shared else ("", "")
        around = TaskContext(jobs=jobs, store=store, runtimes=(), site=Site(), node={})
        return BatchExecutor(self.engine, self.run_dir, self.store, around, python=sys.executable, grace_s=0.5)

    def drive(self, what: Callable[[BatchExecutor], Coroutine[Any, Any, Any]]) -> Any:
        return self.case.drive(what)  # type: ignore[arg-type]


@pytest.fixture(params=["shared", "carried"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path, shared=request.param == "shared")
    yield bench
    bench.nodes.close()


@pytest.fixture(params=["shared", "carried", "stdout"])
def logs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """As `bench`, and with an engine that shows nothing of a running job but its standard output."""
    bench = Bench(tmp_path, shared=request.param == "shared", shows_stdout=request.param == "stdout")
    yield bench
    bench.nodes.close()


@pytest.fixture
def carried(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path, shared=False)
    yield bench
    bench.nodes.close()


async def ends(executor: BatchExecutor, count: int) -> dict[str, JobStatus]:
    found: dict[str, JobStatus] = {}
    async for batch in executor.changes():
        found.update((status.job_id, status) for status in batch if status.state.final)
        if len(found) == count:
            break
    return found


def test_a_thousand_jobs_are_few_submissions_and_few_questions(bench: Bench) -> None:
    jobs = [bench.case.job("true") for _ in range(120)]

    async def drive(executor: BatchExecutor) -> dict[str, JobStatus]:
        await executor.submit(jobs)
        return await ends(executor, len(jobs))

    statuses = bench.drive(drive)
    assert {status.state for status in statuses.values()} == {JobState.DONE}
    assert bench.nodes.calls["submit"] == 3  # of 50 each


def test_jobs_of_other_resources_go_out_apart(bench: Bench) -> None:
    small, large = bench.case.job("true"), bench.case.job("true")
    large = replace(large, resources=replace(large.resources, memory_mb=900))

    async def drive(executor: BatchExecutor) -> None:
        await executor.submit([small, large, bench.case.job("true")])
        await ends(executor, 3)

    bench.drive(drive)
    assert sorted(len(array.jobs) for array in bench.nodes.arrays.values()) == [1, 2]


def test_an_engine_that_is_silent_says_nothing_about_jobs(bench: Bench) -> None:
    job = bench.case.job("echo > x", ["x"])

    async def drive(executor: BatchExecutor) -> tuple[str, JobStatus]:
        await executor.submit([job])
        await until_async(lambda: bench.nodes.calls.get("survey", 0) > 0)
        bench.engine.broken = "the network is down"
        await until_async(lambda: bool(executor.trouble))
        trouble, bench.engine.broken = executor.trouble, ""
        return trouble, (await ends(executor, 1))[job.job_id]

    trouble, status = bench.drive(drive)
    assert "the network is down" in trouble
    assert status.outcome is not None and status.outcome.succeeded


@pytest.mark.parametrize(
    ("problem", "failure"),
    [
        (RuntimeUnavailable("Nodes cannot get the image"), FailureClass.SPEC),
        (ImportError("_ssl.so: undefined symbol"), FailureClass.SPEC),
        (NetworkError("The registry cannot be reached"), FailureClass.INFRASTRUCTURE),
    ],
)
def test_an_image_that_no_node_can_get(tmp_path: Path, problem: Exception, failure: FailureClass) -> None:
    """What a later try would not change is not tried again."""
    nodes = Nodes(tmp_path / "nodes")
    around = TaskContext(str(tmp_path / "jobs"), str(tmp_path / "store"), (), Site(), {})

    def image_of(digest: str) -> NodeImage:
        raise problem

    store = tmp_path / "store"
    made = lambda: BatchExecutor(SandboxedEngine(nodes), tmp_path, store, around, image_of)  # noqa: E731
    case = Case(make=made, store=store, image="sha256:" + "0" * 64)
    (status,) = case.run(case.job("true"))
    assert status.outcome is not None and status.outcome.failure is failure
    assert str(problem.args[0]) in status.outcome.message


def test_a_refused_array_is_submitted_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[str] = []
    submit = bench.engine.submit

    async def refusing(array: Array) -> str:
        tries.append(array.name)
        if len(tries) < 3:
            raise Refused("The queue is closed for a moment")
        return await submit(array)

    monkeypatch.setattr(bench.engine, "submit", refusing)
    monkeypatch.setattr("recast.executors.batch.polling.Patience.pause", lambda self: 0.01)

    async def drive(executor: BatchExecutor) -> JobStatus:
        await executor.submit([job])
        return (await ends(executor, 1))[job.job_id]

    job = bench.case.job("true")
    status = bench.drive(drive)
    assert status.outcome is not None and status.outcome.succeeded
    assert len(tries) == 3


@pytest.mark.parametrize(
    ("problem", "failure"),
    [
        (Refused("There is no partition 'x'", failure=FailureClass.SPEC), FailureClass.SPEC),
        (CredentialsProblem("The proxy has expired"), FailureClass.AUTHENTICATION),
    ],
)
def test_what_no_second_try_can_mend_is_told_at_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, problem: Exception, failure: FailureClass
) -> None:
    async def refusing(array: Array) -> str:
        raise problem

    monkeypatch.setattr(bench.engine, "submit", refusing)
    job = bench.case.job("true")

    async def drive(executor: BatchExecutor) -> JobStatus:
        await executor.submit([job])
        return (await ends(executor, 1))[job.job_id]

    status = bench.drive(drive)
    assert status.outcome is not None
    assert (status.outcome.failure, str(problem) in status.outcome.message) == (failure, True)


def test_a_submission_that_got_through_unnoticed_is_not_repeated(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    submit = bench.engine.submit

    async def breaking(array: Array) -> str:
        await submit(array)
        raise ExecutorError("The connection broke before the answer came")

    monkeypatch.setattr(bench.engine, "submit", breaking)
    monkeypatch.setattr("recast.executors.batch.polling.Patience.pause", lambda self: 0.01)
    job = bench.case.job("true")

    async def drive(executor: BatchExecutor) -> JobStatus:
        await executor.submit([job])
        return (await ends(executor, 1))[job.job_id]

    status = bench.drive(drive)
    assert status.outcome is not None and status.outcome.succeeded
    assert bench.nodes.calls["submit"] == 1


def test_a_driver_that_dies_between_intent_and_submission(bench: Bench) -> None:
    """Its job was never submitted, says the next one, and does not count it as a try; it cannot turn up later."""
    job = bench.case.job("true")
    bench.engine.broken = "the network is down"

    async def second(executor: BatchExecutor) -> JobStatus:
        return (await executor.status([job.job_id]))[0]

    bench.engine.broken = ""
    status = bench.drive(second)
    assert (status.state, status.counted) == (JobState.LOST, False)
    assert "never submitted" in status.reason


def test_jobs_that_ended_while_nobody_watched(bench: Bench) -> None:
    jobs = [bench.case.job(f"echo {number} > n", ["n"]) for number in range(20)]
    ids = [job.job_id for job in jobs]

    async def first(executor: BatchExecutor) -> None:
        await executor.submit(jobs)
        await until_async(lambda: len(bench.nodes.arrays) == 1)

    async def second(executor: BatchExecutor) -> list[JobStatus]:
        left = [status for status in await executor.status(ids) if not status.state.final]
        if left:
            await ends(executor, len(left))
        return await executor.status(ids)

    bench.drive(first)
    while len(bench.nodes.ended) < len(jobs):
        bench.nodes.turn()
    statuses = bench.drive(second)
    values = [int(bench.case.blob(s.outcome.outputs[0].digest).read_text()) for s in statuses if s.outcome]
    assert values == list(range(20))
    assert bench.nodes.calls["submit"] == 1


def test_a_job_that_left_no_outcome_is_lost(bench: Bench) -> None:
    """The worker was killed with everything: nobody says it failed."""
    job = bench.case.job("kill -9 $PPID")

    async def drive(executor: BatchExecutor) -> JobStatus:
        await executor.submit([job])
        return (await ends(executor, 1))[job.job_id]

    status = bench.drive(drive)
    assert status.state is JobState.LOST
    assert "left no outcome" in status.reason or "it never began" in status.reason


def lie(bench: Bench, tell: Callable[[Path], None]) -> JobStatus:
    """Run a job, change what it left before it is brought home, and return how it ended."""
    job = bench.case.job("echo true > x; mkdir d; echo 2 > d/y", ["x", "d"])

    async def drive(executor: BatchExecutor) -> JobStatus:
        await executor.submit([job])
        await until_async(lambda: len(bench.nodes.ended) == 1)
        return (await ends(executor, 1))[job.job_id]

    collect = bench.engine.collect

    async def lying(native_ids: Any) -> dict[str, str]:
        problems = await collect(native_ids)
        for folder in native_ids.values():
            tell(folder / "out")
        return problems

    bench.engine.collect = lying  # type: ignore[method-assign]
    status: JobStatus = bench.drive(drive)
    return status


def changed(**values: Any) -> Callable[[Path], None]:
    def tell(out: Path) -> None:
        outcome = json.loads((out / "outcome.json").read_text())
        for name, value in values.items():
            if name == "outcome":
                outcome.update(value)
            else:
                outcome["outputs"][0][name] = value
        (out / "outcome.json").unlink()
        (out / "outcome.json").write_text(json.dumps(outcome))

    return tell


def torn(out: Path) -> None:
    text = (out / "outcome.json").read_text()
    (out / "outcome.json").unlink()
    (out / "outcome.json").write_text(text[: len(text) // 2])


def linked(out: Path) -> None:
    (out / "outcome.json").unlink()
    (out / "outcome.json").symlink_to("/etc/passwd")


def other_bytes(out: Path) -> None:
    for path in out.iterdir():
        if len(path.name) == 64:
            path.chmod(0o644)
            path.write_bytes(b"other\n")


def other_files(out: Path) -> None:
    for path in out.iterdir():
        if len(path.name) == 64:
            path.unlink()
            path.symlink_to("/etc/hostname")


@pytest.mark.parametrize(
    ("tell", "why"),
    [
        (torn, "damaged"),
        (linked, "cannot be read"),
        (other_bytes, "other bytes"),
        (other_files, "not a file"),
        (changed(digest="sha256:" + "0" * 64), "did not come back"),
        (changed(digest="../../../etc/passwd"), "has the digest"),
        (changed(path="../../escape"), "an output is called"),
        (changed(path="/etc/cron.d/x"), "an output is called"),
        (changed(path=7), "of another kind"),
        (changed(outcome={"job_id": "another"}), "of job another"),
        (changed(outcome={"outputs": 3}), "damaged"),
        (changed(outcome={"failure": "fine"}), "damaged"),
        (changed(outcome={"version": 99}), "damaged"),
    ],
)
def test_an_outcome_that_cannot_be_true_is_not_believed(carried: Bench, tell: Callable[[Path], None], why: str) -> None:
    status = lie(carried, tell)
    assert status.state is JobState.LOST, status
    assert why in status.reason
    assert not (carried.run_dir / "escape").exists()


def test_logs_come_home_and_work_folders_are_laid_out(logs: Bench) -> None:
    job = logs.case.job("echo hello; mkdir d; echo 1 > d/x", ["d"])

    async def drive(executor: BatchExecutor) -> bytes | None:
        await executor.submit([job])
        await ends(executor, 1)
        return await executor.peek(job.job_id, 0)

    assert logs.drive(drive) == b"hello\n"
    assert (logs.run_dir / "jobs" / job.job_id / "work" / "d" / "x").read_text() == "1\n"


def test_the_log_of_a_job_that_runs_can_be_read(logs: Bench) -> None:
    job = logs.case.job("echo begun; sleep 30")

    async def drive(executor: BatchExecutor) -> bytes:
        await executor.submit([job])
        said: bytes | None = b""
        while not said:
            said = await executor.peek(job.job_id, 0)
            await asyncio.sleep(0.02)
        await executor.cancel([job.job_id])
        return said

    assert logs.drive(drive) == b"begun\n"


def test_bytes_moved_are_bytes_referenced(carried: Bench) -> None:
    """Each job takes along what it refers to, however much else the run has made."""
    large = carried.case.put(b"x" * 1_000_000, "/recast/run/init/large")
    small = [carried.case.put(str(n).encode() * 100, f"/recast/run/init/{n}") for n in range(10)]
    jobs = [carried.case.job("true", inputs=(artifact,)) for artifact in small]

    async def drive(executor: BatchExecutor) -> None:
        await executor.submit(jobs)
        await ends(executor, len(jobs))

    carried.drive(drive)
    overhead = sum(path.stat().st_size for path in carried.run_dir.glob("arrays/*/worker.pyz")) * len(jobs)
    assert carried.nodes.bytes_sent - overhead < large.size / 10


def test_a_task_that_swallows_a_cancellation_is_cancelled_again() -> None:
    """Python 3.11's wait_for does so when what it waits for comes at the same moment; a run hung at its end."""

    async def stubborn() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    async def closed() -> bool:
        task = asyncio.create_task(stubborn())
        await asyncio.sleep(0)
        await asyncio.wait_for(_end([task]), 10)
        return task.cancelled()

    assert asyncio.run(closed())
