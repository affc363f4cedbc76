"""The conformance suite: the tests that every executor passes.

In a test module of your executor:

    from recast.executors.conformance import *  # noqa: F403

    @pytest.fixture
    def case(tmp_path):
        return Case(make=lambda: MyExecutor(...), store=tmp_path / "store", image=None)

`make` returns an executor that is not started; called again, it represents the next driver with the same folders.
`image` is the digest that the jobs name, None for processes on the host; it must contain `sh` and the coreutils.
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from recast.digests import from_hex
from recast.executors.poller import changes
from recast.executors.protocol import Executor, JobStatus
from recast.jobs import Artifact, ContainerJob, FailureClass, JobState, OutputPattern, Resources
from recast.store import ArtifactStore

__all__ = [
    "Case",
    "test_a_cancelled_job_leaves_nothing_running",
    "test_a_failing_job_tells_its_exit_code_and_last_words",
    "test_a_job_after_a_crash_is_found_by_its_token",
    "test_a_job_inherits_no_open_file",
    "test_a_job_of_which_nothing_is_known_is_lost",
    "test_a_job_sees_its_inputs_but_cannot_change_the_store",
    "test_a_job_that_refuses_what_it_was_given",
    "test_a_job_that_waits_can_be_cancelled",
    "test_a_job_that_wants_too_much_memory_is_stopped",
    "test_a_job_that_works_is_done",
    "test_a_job_that_writes_without_end_to_its_log",
    "test_a_job_whose_child_wanted_too_much_memory_has_failed",
    "test_a_missing_input_is_a_failure_of_staging",
    "test_a_missing_output_fails_the_job",
    "test_a_script_comes_on_standard_input",
    "test_a_symlink_out_of_the_work_folder_fails_the_job",
    "test_many_jobs_all_end",
    "test_names_in_any_script",
    "test_outputs_by_path_folder_and_glob",
    "test_the_walltime_ends_a_job_and_its_descendants",
]

BOUND_S = 600.0
"""More than ten times what a case takes where nobody else uses the machine."""
T = TypeVar("T")


@dataclass
class Case:
    """What the tests need from an executor.

    `many` jobs are run at once in one test; `crash` lets a driver vanish (the default closes it). Each run of a driver
    takes at most `bound_s`: a pilot of a grid may take longer to say that it is done than a job to run.
    """

    make: Callable[[], Executor]
    store: Path
    image: str | None = None
    many: int = 100
    crash: Callable[[Executor], Awaitable[None]] | None = None
    bound_s: float = BOUND_S

    def job(self, command: str | None = None, outputs: Sequence[str] = (), **changed: Any) -> ContainerJob:
        """Return a job with a new id."""
        job = ContainerJob(
            job_id=f"t-{uuid.uuid4().hex}",
            image=self.image,
            command=command,
            script=None,
            interpreter="sh",
            workdir="/recast/run/stage/0",
            outputs=tuple(OutputPattern(pattern) for pattern in outputs),
            resources=Resources(cpus=1, memory_mb=500, disk_mb=100, walltime_s=50),
        )
        return replace(job, **changed)

    def put(self, data: bytes, path: str, executable: bool = False) -> Artifact:
        """Put bytes into the store and return them as an input at `path`."""
        name = hashlib.sha256(data).hexdigest()
        blob = ArtifactStore(self.store).path(from_hex(name))
        blob.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(data)
        blob.chmod(0o555 if executable else 0o444)
        return Artifact(path, from_hex(name), len(data), executable)

    def blob(self, digest: str) -> Path:
        """Return where the store keeps a digest; what an executor has left behind a URL is brought first."""
        return ArtifactStore(self.store).local(digest)

    def run(self, *jobs: ContainerJob) -> list[JobStatus]:
        """Run jobs to their ends, in one driver."""

        async def drive(executor: Executor) -> list[JobStatus]:
            receipts = await executor.submit(jobs)
            assert [receipt.failure for receipt in receipts] == [None] * len(jobs), receipts
            return await _ends(executor, [job.job_id for job in jobs])

        return self.drive(drive)

    def drive(self, what: Callable[[Executor], Coroutine[Any, Any, T]]) -> T:
        """Start an executor, call a function with it, close it."""

        async def whole() -> T:
            executor = self.make()
            await executor.start()
            try:
                return await asyncio.wait_for(what(executor), self.bound_s)
            finally:
                await executor.close()

        return asyncio.run(whole())


async def _ends(executor: Executor, job_ids: Sequence[str], running: Sequence[str] = ()) -> list[JobStatus]:
    """Wait until all jobs have ended, and those in `running` are at least running; return their statuses in order."""
    latest: dict[str, JobStatus] = {}
    stream = changes(executor, lambda: job_ids)

    def is_there(job_id: str) -> bool:
        state = latest[job_id].state if job_id in latest else JobState.UNKNOWN
        return state.final or (state is JobState.RUNNING and job_id in running)

    while not all(is_there(job_id) for job_id in job_ids):
        latest.update((status.job_id, status) for status in await anext(stream))
    await stream.aclose()  # type: ignore[attr-defined]
    return [latest[job_id] for job_id in job_ids]


def _failure(status: JobStatus) -> tuple[FailureClass | None, str]:
    assert status.outcome is not None, status
    return status.outcome.failure, status.outcome.message


def _alive(marker: str) -> list[int]:
    """Return the processes on this machine whose command line contains `marker`."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if marker.encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return found


def test_a_job_that_works_is_done(case: Case) -> None:
    """Outcome, output and its bytes in the store."""
    job = case.job("echo hello > x; pwd > where", ["x"], env={"GREETING": "a b"})
    (status,) = case.run(job)
    assert status.state is JobState.DONE
    assert _failure(status) == (None, "")
    outcome = status.outcome
    assert outcome is not None
    assert (outcome.exit_code, outcome.signal, outcome.image) == (0, None, case.image)
    assert outcome.started <= outcome.ended
    assert [(a.path, a.size, a.executable) for a in outcome.outputs] == [("x", 6, False)]
    assert case.blob(outcome.outputs[0].digest).read_bytes() == b"hello\n"
    assert case.blob(outcome.outputs[0].digest).stat().st_mode & 0o777 == 0o444


def test_a_failing_job_tells_its_exit_code_and_last_words(case: Case) -> None:
    """The class is `user`."""
    (status,) = case.run(case.job("echo first; echo no such model >&2; exit 3"))
    assert _failure(status) == (FailureClass.USER, "exit code 3: no such model")
    assert status.outcome is not None and status.outcome.exit_code == 3


def test_a_job_that_refuses_what_it_was_given(case: Case) -> None:
    """It exits with EX_DATAERR of sysexits.h; the class is `refused`."""
    (status,) = case.run(case.job("echo no such point >&2; exit 65"))
    assert _failure(status) == (FailureClass.REFUSED, "exit code 65: no such point")


def test_a_missing_output_fails_the_job(case: Case) -> None:
    """The message names the pattern; an optional one may be missing."""
    optional = case.job("true", outputs=())
    optional = replace(optional, outputs=(OutputPattern("maybe/*.txt", required=False),))
    missing, fine = case.run(case.job("echo > a.txt", ["b*.root"]), optional)
    assert _failure(missing)[0] is FailureClass.USER
    assert "b*.root" in _failure(missing)[1]
    assert _failure(fine)[0] is None


def test_a_job_that_writes_without_end_to_its_log(case: Case) -> None:
    """Some megabytes do not block it; more than its disk ends it."""
    chatty = case.job("head -c 5000000 /dev/zero")
    flood = case.job("cat /dev/zero", resources=Resources(memory_mb=500, disk_mb=20, walltime_s=50))
    fine, ended = case.run(chatty, flood)
    assert _failure(fine)[0] is None
    assert _failure(ended)[0] is FailureClass.USER


def test_a_job_that_wants_too_much_memory_is_stopped(case: Case) -> None:
    """The class is `memory`, so that it can be tried again with more."""
    resources = Resources(memory_mb=60, disk_mb=100, walltime_s=50)
    (status,) = case.run(case.job("head -c 2000000000 /dev/zero | tail -c 1900000000 > /dev/null", resources=resources))
    assert _failure(status)[0] is FailureClass.MEMORY


def test_a_job_whose_child_wanted_too_much_memory_has_failed(case: Case) -> None:
    """Whatever its exit code: what the child should have done is missing from its results."""
    resources = Resources(memory_mb=60, disk_mb=100, walltime_s=50)
    hungry = "head -c 2000000000 /dev/zero | tail -c 1900000000 > /dev/null"
    (status,) = case.run(case.job(f"{hungry}; echo done > x; exit 0", ["x"], resources=resources))
    assert _failure(status)[0] is FailureClass.MEMORY


def test_the_walltime_ends_a_job_and_its_descendants(case: Case) -> None:
    """Also one that fled into a session of its own."""
    mark = f"{3600}.{uuid.uuid4().int % 10**9}"
    resources = Resources(memory_mb=500, disk_mb=100, walltime_s=1)
    (status,) = case.run(case.job(f"setsid sleep {mark} & sleep {mark}", resources=resources))
    assert _failure(status)[0] is FailureClass.WALLTIME
    assert _alive(mark) == []


def test_a_cancelled_job_leaves_nothing_running(case: Case) -> None:
    """When `cancel` returns, its processes are gone."""
    mark = f"{3600}.{uuid.uuid4().int % 10**9}"
    job = case.job(f"sleep {mark}")

    async def cancel(executor: Executor) -> tuple[JobStatus, list[int]]:
        await executor.submit([job])
        await _ends(executor, [job.job_id], [job.job_id])
        await executor.cancel([job.job_id])
        alive = [] if executor.capabilities.outlives_driver else _alive(mark)
        return (await executor.status([job.job_id]))[0], alive

    status, alive = case.drive(cancel)
    assert status.state is JobState.CANCELLED
    assert alive == []


def test_a_job_that_waits_can_be_cancelled(case: Case) -> None:
    """It never runs."""
    jobs = [case.job("sleep 2; echo > ran", ["ran"]) for _ in range(30)]

    async def cancel(executor: Executor) -> list[JobStatus]:
        await executor.submit(jobs)
        await executor.cancel([job.job_id for job in jobs])
        return await executor.status([job.job_id for job in jobs])

    assert {status.state for status in case.drive(cancel)} == {JobState.CANCELLED}


def test_a_job_of_which_nothing_is_known_is_lost(case: Case) -> None:
    """Lost is not failed, and it has a reason."""

    async def ask(executor: Executor) -> JobStatus:
        return (await executor.status([f"t-{uuid.uuid4().hex}"]))[0]

    status = case.drive(ask)
    assert status.state is JobState.LOST
    assert status.reason


def test_a_job_after_a_crash_is_found_by_its_token(case: Case) -> None:
    """The next driver learns how a job ended, or that it is lost, and nobody's process goes on unwatched."""
    mark = f"{3600}.{uuid.uuid4().int % 10**9}"
    short, endless = case.job("echo done > x", ["x"]), case.job(f"sleep {mark}")
    ids = [short.job_id, endless.job_id]

    async def first() -> bool:
        executor = case.make()
        await executor.start()
        await executor.submit([short, endless])
        await asyncio.wait_for(_ends(executor, ids, ids[1:]), case.bound_s)
        await (case.crash(executor) if case.crash else executor.close())
        return executor.capabilities.outlives_driver

    async def second(executor: Executor) -> list[JobStatus]:
        statuses = await executor.status(ids)
        await executor.cancel([ids[1]])
        return statuses

    outlives = asyncio.run(first())
    done, lost = case.drive(second)
    assert done.state is JobState.DONE
    assert done.outcome is not None and done.outcome.outputs[0].path == "x"
    if not outlives:
        assert (lost.state, bool(lost.reason)) == (JobState.LOST, True)
        assert _alive(mark) == []


def test_many_jobs_all_end(case: Case) -> None:
    """Each with its own outcome."""
    jobs = [case.job(f"echo {number} > n", ["n"]) for number in range(case.many)]
    statuses = case.run(*jobs)
    values = [int(case.blob(s.outcome.outputs[0].digest).read_text()) for s in statuses if s.outcome]
    assert values == list(range(case.many))


def test_a_job_sees_its_inputs_but_cannot_change_the_store(case: Case) -> None:
    """At their logical paths, executable where they were."""
    data = case.put(b"41", "/recast/run/init/data.txt")
    tool = case.put(b"#!/bin/sh\necho tool $1\n", "/recast/run/init/bin/tool", executable=True)
    command = "cat /recast/run/init/data.txt > x; /recast/run/init/bin/tool 7 > y; echo 99 > /recast/run/init/data.txt"
    (status,) = case.run(case.job(command + "; true", ["x", "y"], inputs=(data, tool)))
    assert _failure(status)[0] is None
    assert status.outcome is not None
    x, y = status.outcome.outputs
    assert (case.blob(x.digest).read_bytes(), case.blob(y.digest).read_bytes()) == (b"41", b"tool 7\n")
    assert case.blob(data.digest).read_bytes() == b"41"


def test_a_job_inherits_no_open_file(case: Case) -> None:
    """Only its three streams, and what `ls` itself opens."""
    (status,) = case.run(case.job("ls /proc/self/fd > x", ["x"]))
    assert status.outcome is not None and status.outcome.succeeded
    assert case.blob(status.outcome.outputs[0].digest).read_text().split() == ["0", "1", "2", "3"]


def test_a_missing_input_is_a_failure_of_staging(case: Case) -> None:
    """It says which."""
    ghost = Artifact("/recast/run/init/ghost", "sha256:" + "ab" * 32, 3)
    (status,) = case.run(case.job("true", inputs=(ghost,)))
    kind, message = _failure(status)
    assert kind is FailureClass.STAGING
    assert "ghost" in message


def test_a_script_comes_on_standard_input(case: Case) -> None:
    """And its interpreter may have arguments."""
    script = "set -u\necho \"$NAME\" > x\ncat <<'END' >> x\na 'quoted' $line\nEND\n"
    job = replace(case.job(outputs=["x"]), command=None, script=script, interpreter="sh -e", env={"NAME": "é $HOME"})
    (status,) = case.run(job)
    assert _failure(status)[0] is None
    assert status.outcome is not None
    expected = "é $HOME\na 'quoted' $line\n"
    assert case.blob(status.outcome.outputs[0].digest).read_text(encoding="utf-8") == expected


def test_outputs_by_path_folder_and_glob(case: Case) -> None:
    """A folder is its whole tree; `**` crosses folders."""
    command = (
        "mkdir -p tree/deep logs/a; echo 1 > tree/one; echo 2 > tree/deep/two; echo 3 > logs/a/b.log; echo 4 > c.log;"
        "echo 5 > other; ln -s tree/one link; echo '#!/bin/sh' > run; chmod +x run"
    )
    (status,) = case.run(case.job(command, ["tree", "**/*.log", "link", "run"]))
    assert _failure(status)[0] is None
    assert status.outcome is not None
    found = {artifact.path: artifact.executable for artifact in status.outcome.outputs}
    assert found == {
        "c.log": False,
        "link": False,
        "logs/a/b.log": False,
        "run": True,
        "tree/deep/two": False,
        "tree/one": False,
    }
    assert [artifact.path for artifact in status.outcome.outputs] == sorted(found)


def test_a_symlink_out_of_the_work_folder_fails_the_job(case: Case) -> None:
    """Nothing of the host gets into the store by a link."""
    absolute, relative, folder = case.run(
        case.job("ln -s /etc/passwd x", ["x"]),
        case.job("ln -s ../../../../../../etc/passwd x", ["x"]),
        case.job("mkdir d; ln -s / d/x", ["d"]),
    )
    for status in (absolute, relative, folder):
        kind, message = _failure(status)
        assert (kind, "symlink" in message) == (FailureClass.USER, True), message


def test_names_in_any_script(case: Case) -> None:
    """Blanks, quotes, accents and emoji in names of files and in inputs' paths."""
    data = case.put(b"7", "/recast/run/init/größe 'x'.txt")
    command = "cat \"/recast/run/init/größe 'x'.txt\" > 'ελλ \U0001f984 \"q\".txt'"
    (status,) = case.run(case.job(command, ["*.txt"], inputs=(data,)))
    assert _failure(status)[0] is None
    assert status.outcome is not None
    assert [artifact.path for artifact in status.outcome.outputs] == ['ελλ \U0001f984 "q".txt']
