"""Docker as a user has it: not root, in the group of the socket; files are hers, and nothing of a run stays behind."""

from __future__ import annotations

import json
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from recast.images import ImageStore
from tests.busybox import add_busybox, pin, write_spec
from tests.processes import descendants, kill
from tests.testbeds.bed import BEDS
from tests.testbeds.docker import DockerBed
from tests.testbeds.ordinary import NAME, OrdinaryUser, ordinary_user
from tests.waiting import until

pytestmark = [pytest.mark.docker, pytest.mark.slow]


@pytest.fixture(scope="module")
def docker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerBed]:
    """A daemon of its own: what is left in it is ours."""
    if os.geteuid() != 0:
        pytest.skip("the test-bed of Docker needs root")
    with DockerBed(BEDS / f"docker/user-{os.getpid()}").owned() as bed:
        yield bed


@pytest.fixture
def user(docker: DockerBed) -> Iterator[OrdinaryUser]:
    """A user who may open the daemon's socket; its folder is open to her as /run is."""
    with ordinary_user() as made:
        group = pwd.getpwnam(NAME).pw_gid
        os.chown(docker.socket, 0, group)
        try:
            yield made
        finally:
            os.chown(docker.socket, 0, 0)


def spec_of(user: OrdinaryUser, command: str, **options: object) -> list[str]:
    """Write a workflow into the user's home; return what `recast run` is told."""
    spec = write_spec(user.home / "spec", command, {"out": "{workdir}/out"}, {"out": "{out}"}, **options)
    pin(spec, add_busybox(ImageStore(user.home / "recast/images")))
    user.own()
    return ["workflow.yml", "--toplevel", str(spec), "--runtime", "docker"]


def recast(user: OrdinaryUser, docker: DockerBed, *arguments: str) -> subprocess.CompletedProcess[str]:
    return user.recast(*arguments, env=docker.env)


def test_a_run_of_a_user(user: OrdinaryUser, docker: DockerBed) -> None:
    """The work folder is 0700 and hers, root without a capability could not write it; a second start loads nothing."""
    words = spec_of(user, "mkdir -m 0700 d; id -u > {out}; id -g >> {out}; echo $HOME >> {out}; echo > /tmp/x")
    first = recast(user, docker, "run", *words, "--workdir", str(user.home / "run"))
    assert first.returncode == 0, first.stderr
    assert "loading image recast/busybox:1 into docker (1.1 MB)" in first.stderr
    account = pwd.getpwnam(NAME)
    out = user.home / "run/work/work/out"
    assert out.read_text().split() == [str(account.pw_uid), str(account.pw_gid), "/tmp"]
    assert {path.lstat().st_uid for path in (user.home / "run").rglob("*")} == {account.pw_uid}
    again = recast(user, docker, "run", *words, "--no-cache")
    assert again.returncode == 0, again.stderr
    assert "loading" not in again.stderr
    shown = json.loads(recast(user, docker, "show", "last", "-o", "json").stdout)
    (step,) = (step for step in shown["steps"] if step["name"] == "work")
    assert step["runtime"] == "docker" and step["image"].endswith(step["image_run"])
    assert docker.call("ps", "--all", "--quiet") == ""


def test_a_user_who_may_not_ask_the_daemon_makes_no_run(user: OrdinaryUser, docker: DockerBed) -> None:
    os.chown(docker.socket, 0, 0)
    answer = recast(user, docker, "run", *spec_of(user, "echo > {out}"))
    assert answer.returncode == 4 and "permission denied" in answer.stderr.lower(), answer.stderr
    assert not list((user.home / "recast").glob("runs/*"))


def test_walltime_and_memory_end_it_and_nothing_stays(user: OrdinaryUser, docker: DockerBed) -> None:
    for command, options, words in (
        ("sleep 600", {"walltime_s": 2}, "walltime"),
        ("dd if=/dev/zero of=/dev/null bs=400M count=1; echo > {out}", {"memory_mb": 60}, "memory"),
        ("dd if=/dev/zero of=/tmp/x bs=1M count=200; echo > {out}", {"memory_mb": 60, "disk_mb": 400}, "memory"),
    ):
        answer = recast(user, docker, "run", *spec_of(user, command, **options))
        assert answer.returncode == 1 and f"[{words}]" in answer.stderr, answer.stderr
        assert docker.call("ps", "--all", "--quiet") == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_driver_that_is_ended_leaves_no_container(docker: DockerBed, tmp_path: Path, number: int) -> None:
    """Ctrl-C removes it at once; after a kill of all that is ours, whoever comes next does."""
    home = tmp_path / "home"
    spec = write_spec(tmp_path / "spec", "sleep 3600", {"out": "{workdir}/out"}, {"out": "{out}"})
    pin(spec, add_busybox(ImageStore(home / "images")))
    driver = started(docker, home, "run", "workflow.yml", "--toplevel", str(spec), "--runtime", "docker")
    until(lambda: containers(docker) or driver.poll() is not None, "no container")
    old = containers(docker)
    kill([driver.pid, *descendants(driver.pid)] if number == signal.SIGKILL else [driver.pid], number)
    driver.wait()
    assert containers(docker) == (old if number == signal.SIGKILL else [])
    following = started(docker, home, "resume", "last")
    until(lambda: containers(docker) not in ([], old) or following.poll() is not None, "no new container")
    assert not set(old) & set(containers(docker))
    following.send_signal(signal.SIGINT)
    following.wait()
    assert containers(docker) == []


def started(docker: DockerBed, home: Path, *arguments: str) -> subprocess.Popen[bytes]:
    env = {**os.environ, **docker.env, "RECAST_HOME": str(home)}
    return subprocess.Popen([sys.executable, "-m", "recast", *arguments], env=env, stderr=subprocess.DEVNULL)


def containers(docker: DockerBed) -> list[str]:
    """Return the containers of jobs; that of the trial before a run is another one."""
    names = docker.call("ps", "--all", "--format", "{{.Names}}").split()
    return [name for name in names if not name.startswith("recast-probe")]
