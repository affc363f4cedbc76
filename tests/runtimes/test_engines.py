"""What Podman and Docker do with a step that bubblewrap would not, unless they are kept from it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from recast.executors.conformance import Case
from recast.executors.local import LocalExecutor
from recast.jobs import FailureClass, JobState, Resources
from recast.runtimes import Runtime, runtime_by_name
from recast.runtimes.docker_image import ensure_docker_image
from recast.runtimes.loading import ask
from recast.runtimes.podman_image import ensure_podman_image
from recast.worker.limits.cgroup import oom_kills
from tests.processes import kill
from tests.testbeds.docker.fixture import *  # noqa: F403
from tests.waiting import until

ENSURE: dict[str, Callable[[Path, str], str]] = {"podman": ensure_podman_image, "docker": ensure_docker_image}
ENGINES = [
    pytest.param("podman", marks=[pytest.mark.podman, pytest.mark.slow]),
    pytest.param("docker", marks=[pytest.mark.docker, pytest.mark.slow]),
]


@pytest.fixture
def worker(tmp_path_factory):
    return tmp_path_factory.getbasetemp() / "worker"


@pytest.fixture(params=["bubblewrap", *ENGINES])
def case(request, tmp_path, worker):
    return made_case(request, request.param, tmp_path, worker)


@pytest.fixture(params=ENGINES)
def engine(request):
    """An engine's runtime and what it does with the layout of an image."""
    if request.param == "docker":
        request.getfixturevalue("docker")
    return runtime_by_name(request.param), ENSURE[request.param]


def made_case(request, name, folder, worker):
    if name == "docker":
        request.getfixturevalue("docker")
    runtime = runtime_by_name(name)
    if name == "bubblewrap":
        root = request.getfixturevalue("tiny_root")
        image, image_of = "sha256:" + "0" * 64, lambda digest: str(root)
    else:
        layout, image = request.getfixturevalue("tiny_layout")
        image_of = lambda digest: ENSURE[name](layout, digest)  # noqa: E731
    make = lambda: LocalExecutor(folder / "run", folder / "store", 2, runtime, image_of, worker)  # noqa: E731
    return Case(make, folder / "store", image)


def left(case, folder):
    """Return what lies in the folder of the only attempt, and in its work folder."""
    (attempt,) = (folder / "run/jobs").iterdir()
    return {path.name for path in attempt.iterdir()}, {path.name for path in (attempt / "work").iterdir()}


def test_what_a_runtime_leaves_is_no_output(case, tmp_path):
    """Podman's monitor writes a file `oom` where its client was started: a pattern `*` took it."""
    resources = Resources(memory_mb=60, disk_mb=100, walltime_s=50)
    command = "echo 1 > mine; (head -c 2000000000 /dev/zero | tail -c 1900000000 > /dev/null); true"
    (status,) = case.run(case.job(command, ["*"], resources=resources))
    assert status.outcome.failure is FailureClass.MEMORY, status
    attempt, work = left(case, tmp_path)
    assert (attempt, work) == ({"work", "log", "outcome.json"}, {"mine"})


@pytest.mark.parametrize(("name", "number"), [("SEGV", 11), ("TERM", 15), ("KILL", 9)])
def test_a_payload_that_ends_itself_by_a_signal_has_failed(case, name, number):
    """The first process of a container hears no signal of its own: `kill -SEGV $$` did nothing there."""
    for _ in range(20):
        kills = oom_kills()
        (status,) = case.run(case.job(f"echo before; kill -{name} $$; echo after > x", ["x"]))
        if status.outcome.failure is FailureClass.USER or oom_kills() == kills:
            break
        # The kernel killed another job on this machine; where nobody counts by group, it is said to be a guess.
        assert status.outcome.message.startswith("probably used more than"), status
    assert status.outcome.failure is FailureClass.USER, status
    assert f"SIG{name}" in status.outcome.message


def test_both_streams_are_one_log_in_the_order_of_their_lines(case, tmp_path):
    (status,) = case.run(case.job("for n in 1 2 3 4 5 6 7 8 9; do echo o$n; echo e$n >&2; done"))
    assert status.outcome.succeeded
    (log,) = (tmp_path / "run/jobs").glob("*/log")
    assert log.read_text().split() == [f"{stream}{n}" for n in range(1, 10) for stream in "oe"]


def test_files_are_owned_by_whoever_runs_it(case, tmp_path):
    (status,) = case.run(case.job("mkdir -m 0700 d; echo 1 > d/x; chmod 600 d/x", ["d"]))
    assert status.outcome.succeeded, status
    (made,) = (tmp_path / "run/jobs").glob("*/work/d/x")
    assert (made.stat().st_uid, made.stat().st_gid) == (os.getuid(), os.getgid())


def test_a_program_that_was_made_in_tmp_runs(case):
    """Docker's own idea of a /tmp in memory is `noexec`."""
    (status,) = case.run(case.job("cat /bin/echo > /tmp/mine; chmod +x /tmp/mine; /tmp/mine it runs > x", ["x"]))
    assert status.outcome.succeeded, status
    assert case.blob(status.outcome.outputs[0].digest).read_text() == "it runs\n"


def containers(runtime: Runtime) -> str:
    client = [runtime.name, *getattr(runtime, "flags", [])]
    return ask([*client, "ps", "--all", "--format", "{{.Names}}"]).stdout


def test_a_container_whose_worker_was_killed_is_removed_by_whoever_comes_next(request, engine, tmp_path, worker):
    """By the runtime that had started it, which need not be the one that is taken today."""
    runtime, _ = engine
    case = made_case(request, runtime.name, tmp_path, worker)
    job = case.job("sleep 3600")

    async def first() -> None:
        executor = case.make()
        await executor.start()
        await executor.submit([job])
        await asyncio.to_thread(until, lambda: job.job_id in containers(runtime), "no container")
        kill(family(executor.worker_pid))
        os._exit(0)  # a driver that is killed as well

    async def second(executor) -> JobState:
        return (await executor.status([job.job_id]))[0].state

    in_a_child(first)
    assert job.job_id in containers(runtime)
    other = made_case(request, "bubblewrap", tmp_path, worker)
    assert other.drive(second) is JobState.LOST
    assert job.job_id not in containers(runtime)


def in_a_child(what) -> None:
    pid = os.fork()
    if pid == 0:
        try:
            asyncio.run(what())
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def family(pid: int) -> list[int]:
    from recast.worker.processes.proctree import descendants

    return [pid, *sorted(descendants([pid]))]


def test_an_image_is_loaded_once(engine, tiny_layout):
    layout, digest = tiny_layout
    _, ensure = engine
    told: list[tuple[int, int]] = []
    first = ensure(layout, digest)
    assert ensure(layout, digest, lambda done, total: told.append((done, total))) == first
    assert told == []


def test_loading_tells_how_far_it_is_and_ends_when_nobody_wants_it(engine, tmp_path, tiny_root):
    from tinyroot import make_layout

    from recast.errors import Interrupted

    runtime, ensure = engine
    (tiny_root / "etc/stamp").write_text(f"{tmp_path}\n")  # an image that no engine has seen
    digest = make_layout(tiny_root, tmp_path / "layout")

    def stop(done: int, total: int) -> None:
        raise Interrupted("enough")

    with pytest.raises(Interrupted):
        ensure(tmp_path / "layout", digest, stop)
    told: list[tuple[int, int]] = []
    try:
        ensure(tmp_path / "layout", digest, lambda done, total: told.append((done, total)))
        assert told[0][0] == 0 and all(0 <= done <= total for done, total in told) and told[0][1] > 1_000_000
    finally:
        ask([runtime.name, *getattr(runtime, "flags", []), "rmi", f"localhost/recast:{digest[7:]}"])
        (tiny_root / "etc/stamp").unlink()
