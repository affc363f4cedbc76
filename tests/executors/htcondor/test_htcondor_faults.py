"""Faults of the real HTCondor: whatever breaks, no result is lost, none is counted twice, the run ends well."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.executors.fault_table import Faults
from tests.executors.faulty import moments
from tests.executors.htcondor.whole import *  # noqa: F403
from tests.executors.htcondor.whole import SLOW, MakeRun
from tests.registry.real import free_port, real_registry
from tests.testbeds.htcondor.config import HEAD, NODES
from tests.testbeds.htcondor.pool import Pool

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("daemon", "machine", "moments"),
    [
        ("condor_schedd", HEAD, moments(1, 8)),
        ("condor_startd", NODES[0], moments(6, 1)),
        ("condor_shared_port", HEAD, moments(1, 8)),
        ("condor_shadow", HEAD, (4,)),
        ("condor_starter", NODES[1], (4,)),
    ],
)
@pytest.mark.rare
def test_a_daemon_is_killed(
    own_pool: Pool, make_run: MakeRun, daemon: str, machine: str, moments: tuple[int, ...]
) -> None:
    """Its master starts it again."""
    faults = Faults("htcondor", f"{daemon} killed and started again")
    for after in moments:
        run = make_run()
        with run.driven():
            run.wait_for_ended(after)
            run.wait_for(daemon, lambda: own_pool.kill(daemon, machine))
        faults.count(*run.losses())
    faults.report()


@pytest.mark.rare
def test_the_head_goes_down_and_comes_back(own_pool: Pool, make_run: MakeRun) -> None:
    """Master, collector, negotiator, schedd and shadows, all at once."""
    faults = Faults("htcondor", "the schedd's machine goes down and comes back")
    for after in moments(0, 6):
        run = make_run()
        with run.driven():
            run.wait_for_queue("JobStatus =!= 4")
            run.wait_for_ended(after)
            own_pool.power_off(HEAD)
            own_pool.power_on(HEAD)
        faults.count(*run.losses())
    faults.report()


@pytest.mark.rare
def test_a_node_dies(own_pool: Pool, make_run: MakeRun) -> None:
    """It stays off: the schedd gives its jobs to the other one when the lease is over."""
    faults = Faults("htcondor", "a node dies")
    run = make_run(command=SLOW)
    with run.driven():
        run.wait_for_ended(3)
        own_pool.power_off(NODES[1])
    faults.count(*run.losses())
    faults.report()


@contextmanager
def instead_of_python(pool: Pool, node: str, script: str) -> Iterator[None]:
    """Let a node start a shell script for `python3`; the script finds the true one at $PYTHON."""
    folder = pool.folder / node / "python"
    folder.mkdir(exist_ok=True)
    program = pool.on(node, "readlink", "-f", "/usr/bin/python3").strip()
    pool.on(node, "cp", program, "/bed/python/true")
    (folder / "false").write_text(f"#!/bin/sh\nexport PYTHONHOME=/usr\nPYTHON=/bed/python/true\n{script}\n")
    (folder / "false").chmod(0o755)
    (pool.folder / node).chmod(0o755)
    pool.on(node, "mount", "--bind", "/bed/python/false", program)
    try:
        yield
    finally:
        pool.on(node, "umount", program)


@pytest.mark.parametrize(
    ("fault", "script"),
    [
        ("a node eats every job", "exit 1"),
        ("an outcome that is torn", '"$PYTHON" "$@"; printf \'{"version": 1, "job\' > out/outcome.json'),
        ("an outcome that is missing", '"$PYTHON" "$@"; rm out/outcome.json'),
        ("an outcome that lies about its files", '"$PYTHON" "$@"; for f in out/????????????*; do echo 7 >> "$f"; done'),
        ("an outcome of another job", '"$PYTHON" "$@"; sed -i "s/\\"job_id\\": \\"/&x/" out/outcome.json'),
    ],
)
@pytest.mark.rare
def test_a_node_that_is_no_good(own_pool: Pool, make_run: MakeRun, fault: str, script: str) -> None:
    """Its jobs end at once, so that it is always free for the next: the others have to be told to avoid it."""
    faults = Faults("htcondor", fault)
    run = make_run()
    with instead_of_python(own_pool, NODES[0], script), run.driven():
        pass
    assert run.failures().total() >= 1
    faults.count(*run.losses())
    faults.report()


@pytest.mark.rare
def test_the_spool_is_full(own_pool: Pool, make_run: MakeRun) -> None:
    faults = Faults("htcondor", "the schedd's spool is full")
    run = make_run()
    nothing = "executable = /bin/true\ntransfer_executable = false\nhold = true\nqueue\n"
    (own_pool.folder / HEAD / "nothing.sub").write_text(nothing)
    newest = _newest(own_pool)
    places = [f"/bed/spool/{newest + more}" for more in (1, 2, 3)]
    for place in places:
        own_pool.on(HEAD, "mkdir", "-p", place)
        own_pool.on(HEAD, "mount", "-t", "tmpfs", "-o", "size=64k,mode=755,uid=100,gid=101", "tmpfs", place)
    try:
        with run.driven():
            pass
        assert _newest(own_pool) > newest + 3
    finally:
        for place in places:
            own_pool.on(HEAD, "umount", place)
    faults.count(*run.losses())
    faults.report()


@pytest.mark.rare
def test_the_registry_is_down_when_the_image_is_needed(own_pool: Pool, make_run: MakeRun, tmp_path: Path) -> None:
    """Jobs that have waited for a node find no image there; they are tried again until there is one."""
    faults = Faults("htcondor", "the registry is down when the image is needed")
    port, folder = free_port(), tmp_path / "registry"
    own = {"image_registry": f"127.0.0.1:{port}/recast/busybox", "image_sources": "registry"}
    run = make_run(jobs=6, in_container=True, settings=own)
    for node in NODES:
        own_pool.power_off(node)
    with ExitStack() as later, run.driven():
        with real_registry(folder, port=port):
            run.wait_for_queue("JobStatus == 1")
        for node in NODES:
            own_pool.power_on(node)
        run.wait_for("two jobs that missed their image", lambda: run.failures()["infrastructure"] >= 2)
        later.enter_context(real_registry(folder, port=port))
    told = " ".join(body["outcome"]["message"] for body in run.events("JobEnded"))
    assert "cannot be reached" in told
    faults.count(*run.losses())
    faults.report()


def _newest(pool: Pool) -> int:
    """Return the newest cluster that there was: a new one is asked for, which nobody needs."""
    as_user = ("setpriv", "--reuid", "62001", "--regid", "62001", "--clear-groups")
    cluster = pool.on(HEAD, *as_user, "condor_submit", "-terse", "/bed/nothing.sub").partition(".")[0]
    pool.on(HEAD, "condor_rm", cluster)
    return int(cluster)
