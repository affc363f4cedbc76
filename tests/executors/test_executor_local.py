"""What the local executor does when something dies."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import uuid

import pytest

from recast.errors import ExecutorError, ImageCorrupt
from recast.executors.conformance import Case
from recast.executors.local import LocalExecutor
from recast.jobs import FailureClass, JobState
from recast.runtimes import runtime_by_name
from tests.processes import children, command, every, kill, stat
from tests.waiting import until

DRIVER = """
import asyncio, sys
from pathlib import Path
from recast.executors.local import LocalExecutor
from recast.jobs import ContainerJob

async def main():
    root, mark = Path(sys.argv[1]), sys.argv[2]
    executor = LocalExecutor(root / "run", root / "store", 2, worker_dir=root / "worker")
    await executor.start()
    command = f"setsid sleep {mark} & (setsid sh -c 'sleep {mark}; true' &) ; echo ready > ready; sleep {mark}"
    job = ContainerJob("first", None, command, None, "sh", "/recast/run/a")
    await executor.submit([job])
    async for batch in executor.changes():
        print(executor.worker_pid, flush=True)

asyncio.run(main())
"""


@pytest.fixture
def case(tmp_path):
    return Case(
        lambda: LocalExecutor(tmp_path / "run", tmp_path / "store", 2, None, None, tmp_path / "worker"),
        tmp_path / "store",
    )


@pytest.fixture
def mark():
    return f"4711.{uuid.uuid4().int % 10**9}"


def running(mark):
    return [pid for pid in every() if command(pid) == ["sleep", mark]]


@pytest.fixture
def driver(tmp_path, mark):
    process = subprocess.Popen([sys.executable, "-c", DRIVER, str(tmp_path), mark], stdout=subprocess.PIPE, text=True)
    worker_pid = int(process.stdout.readline())
    until(lambda: len(running(mark)) >= 3)
    yield process, worker_pid
    process.kill()
    process.wait()
    process.stdout.close()


def test_no_payload_survives_a_killed_driver(driver, mark, tmp_path, case):
    process, worker_pid = driver
    process.kill()
    until(lambda: not running(mark) and not stat(worker_pid))
    assert not (tmp_path / "run/jobs/first/outcome.json").exists()
    (status,) = case.drive(lambda executor: executor.status(["first"]))
    assert (status.state, status.reason) == (JobState.LOST, "it started, but its worker ended first")


def test_no_payload_survives_a_terminated_driver(driver, mark):
    process, worker_pid = driver
    process.terminate()
    until(lambda: not running(mark) and not stat(worker_pid))


def test_no_payload_survives_a_killed_supervisor(driver, mark):
    os.kill(driver[1], signal.SIGKILL)
    until(lambda: not running(mark))


def test_the_next_driver_ends_what_nobody_watches(driver, mark, case):
    """Driver, supervisor and slots all killed at once: only /proc still knows the payload."""
    process, worker_pid = driver
    slots = children(worker_pid)
    for signum in (signal.SIGSTOP, signal.SIGKILL):
        kill((process.pid, worker_pid, *slots), signum)
    assert running(mark)
    (status,) = case.drive(lambda executor: executor.status(["first"]))
    assert status.state is JobState.LOST
    assert not running(mark)


def test_a_killed_slot_loses_its_job_and_no_other(case, mark):
    endless, fine = case.job(f"setsid sleep {mark} & sleep {mark}"), case.job("echo hello > x", ["x"])

    async def kill(executor):
        await executor.submit([endless])
        stream = executor.changes()
        (status,) = await anext(stream)
        assert status.state is JobState.RUNNING
        parent = int(stat(int(status.native_id))[1])
        os.kill(parent, signal.SIGKILL)
        (lost,) = await anext(stream)
        left = running(mark)
        await executor.submit([fine])
        (done,) = await anext(stream)
        return lost, left, done

    lost, left, done = case.drive(kill)
    assert (lost.state, lost.reason, left) == (JobState.LOST, "the worker's slot was killed", [])
    assert done.outcome.succeeded


def test_a_killed_worker_is_started_once_more_and_then_no_more(case, mark):
    async def kill_twice(executor):
        stream, states = executor.changes(), []
        for _ in range(2):
            await executor.submit([case.job(f"sleep {mark}")])
            await anext(stream)
            os.kill(executor.worker_pid, signal.SIGKILL)
            states += [status.state for status in await anext(stream)]
        with pytest.raises(ExecutorError, match="cannot be restarted"):
            await anext(stream)
        (receipt,) = await executor.submit([case.job("true")])
        return states, receipt

    states, receipt = case.drive(kill_twice)
    assert states == [JobState.LOST, JobState.LOST]
    assert receipt.failure is FailureClass.SUBMISSION
    assert not running(mark)


def test_a_cancel_waits_for_its_own_jobs_only(case, mark):
    stays, goes = case.job(f"sleep {mark}"), case.job("sleep 4712")

    async def cancel(executor):
        await executor.submit([stays, goes])
        await executor.cancel([goes.job_id])
        return await executor.status([stays.job_id, goes.job_id])

    first, second = case.drive(cancel)
    assert not first.state.final
    assert second.state is JobState.CANCELLED


def test_a_script_whose_interpreter_cannot_be_read_is_of_class_spec(case, tmp_path):
    runtime = runtime_by_name("bubblewrap")
    case.make = lambda: LocalExecutor(
        tmp_path / "run", tmp_path / "store", 2, runtime, lambda digest: str(tmp_path), tmp_path / "worker"
    )
    job = case.job(None, script="x", interpreter="sh 'open", image="sha256:" + "0" * 64)
    (status,) = case.run(job)
    assert status.outcome.failure is FailureClass.SPEC


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"version": 1}', "[]", '{"version": 99}', "\x00\x01"],
    ids=["empty", "torn", "part", "list", "new", "junk"],
)
def test_a_damaged_outcome_is_a_lost_job(case, tmp_path, text):
    folder = tmp_path / "run/jobs/old"
    folder.mkdir(parents=True)
    (folder / "outcome.json").write_text(text)
    (status,) = case.drive(lambda executor: executor.status(["old"]))
    assert status.state is JobState.LOST
    assert "damaged" in status.reason


def test_an_outcome_of_another_job_is_not_believed(case, tmp_path):
    done = case.job("true")
    case.run(done)
    (tmp_path / "run/jobs" / done.job_id).rename(tmp_path / "run/jobs/other")
    (status,) = case.drive(lambda executor: executor.status(["other"]))
    assert status.state is JobState.LOST


def test_a_job_that_never_began_is_told_so(case):
    (status,) = case.drive(lambda executor: executor.status(["never"]))
    assert (status.state, status.reason) == (JobState.LOST, "never started")


@pytest.mark.parametrize("job_id", ["../x", "", "a/b", ".hidden", "x" * 300, "a b"])
def test_a_job_id_that_is_no_name_is_refused(case, job_id):
    async def submit(executor):
        return await executor.submit([case.job("true", job_id=job_id)]), await executor.status([job_id])

    (receipt,), (status,) = case.drive(submit)
    assert receipt.failure is FailureClass.SUBMISSION
    assert status.state is JobState.LOST


def test_a_job_is_submitted_once(case):
    job = case.job("echo x > x", ["x"])
    case.run(job)

    async def again(executor):
        return await executor.submit([job])

    (receipt,) = case.drive(again)
    assert receipt.failure is FailureClass.SUBMISSION


def test_long_tasks_and_long_outcomes_go_by_files(case):
    command = "for i in $(seq 300); do echo $i > a_rather_long_name_of_a_file_$i; done #" + "x" * 100_000
    (status,) = case.run(case.job(command, ["*"]))
    assert status.outcome.succeeded, status
    assert len(status.outcome.outputs) == 300


def test_an_image_that_is_not_usable_fails_its_jobs_with_the_reason(case, tmp_path):
    def image_of(digest):
        raise ImageCorrupt("A blob was changed", where="sha256:abc", why="its bytes have another digest")

    runtime = runtime_by_name("bubblewrap")
    case.make = lambda: LocalExecutor(tmp_path / "run", tmp_path / "store", 2, runtime, image_of, tmp_path / "worker")
    (status,) = case.run(case.job("true", image="sha256:" + "0" * 64))
    assert status.outcome.failure is FailureClass.INFRASTRUCTURE
    assert "A blob was changed (sha256:abc): its bytes have another digest" in status.outcome.message


def test_an_image_is_made_ready_once(case, tmp_path):
    asked = []

    def image_of(digest):
        asked.append(digest)
        return "/nonexistent-root"

    runtime = runtime_by_name("bubblewrap")
    case.make = lambda: LocalExecutor(tmp_path / "run", tmp_path / "store", 2, runtime, image_of, tmp_path / "worker")
    statuses = case.run(*(case.job("true", image="sha256:" + "0" * 64) for _ in range(5)))
    assert len(asked) == 1
    assert {status.outcome.failure for status in statuses} == {FailureClass.INFRASTRUCTURE}
    assert "/nonexistent-root" in statuses[0].outcome.message


def test_closing_twice_is_harmless(case):
    async def close(executor):
        await executor.close()

    case.drive(close)


def test_the_journal_is_spared_what_did_not_change(case):
    """A trivial job is reported once: its end."""
    job = case.job("true")

    async def count(executor):
        await executor.submit([job])
        return await anext(executor.changes())

    assert [status.state for status in case.drive(count)] == [JobState.DONE]


def test_tasks_left_by_a_crash_do_not_count_as_outcomes(case, tmp_path):
    folder = tmp_path / "run/jobs/half"
    folder.mkdir(parents=True)
    (folder / "outcome.json.new").write_text(json.dumps({"version": 1}))
    (status,) = case.drive(lambda executor: executor.status(["half"]))
    assert status.state is JobState.LOST


def test_asyncio_is_left_clean(case):
    """No task, reader or child of ours is left after `close`."""

    async def whole():
        executor = case.make()
        await executor.start()
        await executor.submit([case.job("sleep 60")])
        await executor.close()
        return [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]

    assert asyncio.run(whole()) == []


def test_limits_that_the_kernel_does_not_hold_are_told_once(tmp_path):
    """Each slot of the worker says so."""
    said = []
    executor = LocalExecutor(tmp_path / "run", tmp_path / "store", 2, worker_dir=tmp_path / "worker", say=said.append)
    event = {"unheld": ["memory", "processes", "cpus"], "why": "nobody lingers", "next_step": "sudo loginctl ..."}
    executor._heard([event, event])
    executor._heard([event])
    assert said == [
        "warning    the kernel holds no limits on memory, processes, cpus here: nobody lingers",
        "           instead, memory and processes are looked at four times a second; a step may use all cpus",
        "           to have them held: sudo loginctl ...",
    ]


def test_a_payload_hears_an_interrupt_whoever_started_the_run(case):
    """`recast run ... &` in a script begins with SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        (status,) = case.run(case.job("kill -INT $$; true"))
    finally:
        signal.signal(signal.SIGINT, before)
    assert (status.outcome.signal, status.outcome.exit_code) == (signal.SIGINT, None), status
