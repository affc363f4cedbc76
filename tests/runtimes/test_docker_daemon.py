"""What Docker's daemon says of itself, and what follows from that for the argv."""

import json
import os

import pytest

from recast.errors import RuntimeUnavailable
from recast.jobs import ContainerJob
from recast.runtimes import Sandbox
from recast.runtimes.docker import Docker
from recast.runtimes.docker_daemon import Daemon, ask_daemon, payload_of, read_daemon
from recast.runtimes.engine import Who

OF_ROOT = {"ServerVersion": "20.10.24", "SecurityOptions": ["name=apparmor", "name=seccomp,profile=default"]}
JOB = ContainerJob("j", "sha256:" + "0" * 64, "true", None, "sh", "/recast/run/a")


@pytest.fixture
def says(tmp_path, monkeypatch):
    """A client that prints what it is told to."""

    def make(stdout, stderr="", code=0):
        (tmp_path / "out").write_text(stdout)
        (tmp_path / "err").write_text(stderr)
        client = tmp_path / "docker"
        client.write_text(f"#!/bin/sh\n/bin/cat {tmp_path}/out; /bin/cat {tmp_path}/err >&2; exit {code}\n")
        client.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        return Docker().probe(trusted=True)

    return make


def test_files_are_the_users_whoever_is_root():
    ours = payload_of(read_daemon(OF_ROOT), 1000, 1001, [1001, 44, 27])
    assert ours == Who(("--user=1000:1001", "--group-add=27", "--group-add=44"), ",uid=1000,gid=1001")
    remapped = read_daemon({**OF_ROOT, "SecurityOptions": ["name=seccomp,profile=default", "name=userns"]})
    assert payload_of(remapped, 1000, 1000, []).flags == ("--user=1000:1000", "--userns=host")
    rootless = read_daemon({**OF_ROOT, "SecurityOptions": ["name=seccomp,profile=default", "name=rootless"]})
    assert payload_of(rootless, 1000, 1000, [1000, 27]) == Who(("--user=0:0",), "")


def test_what_a_daemon_cannot_hold_is_not_asked_of_it_or_not_believed():
    rootless = {"MemoryLimit": False, "PidsLimit": True, "CpuCfsQuota": False, "CpuCfsPeriod": True}
    daemon = read_daemon({**OF_ROOT, **rootless})
    assert (daemon.cpus, daemon.unheld) == (False, ("memory",))
    argv = Docker(daemon).argv(JOB, Sandbox("i", "/w", "/in"))
    assert not any(word.startswith("--cpus") for word in argv)
    assert any(word.startswith("--cpus") for word in Docker(Daemon("1")).argv(JOB, Sandbox("i", "/w", "/in")))


def test_a_daemon_without_limits_starts_nothing(says, tmp_path):
    told = json.dumps({**OF_ROOT, "MemoryLimit": False, "PidsLimit": False})
    says(told)
    for trusted in (False, True):
        probe = Docker().probe(trusted=trusted)
        assert not probe.ok and "holds no limit of memory and processes" in probe.found


@pytest.mark.parametrize(
    ("stdout", "stderr", "code", "found", "fix"),
    [
        ("", "permission denied while trying to connect to the Docker daemon socket", 1, "permission", "usermod -aG"),
        ('{"ServerErrors": ["Cannot connect to the Docker daemon at X"]}', "", 0, "Cannot connect", "start"),
        ('{"ServerVersion": ""}', "Cannot connect to the Docker daemon", 1, "Cannot connect", "start"),
        ('{"host": {}, "store": {}, "version": {}}', "", 0, "is Podman's", "--runtime podman"),
        ("nonsense", "", 0, "no answer", "docker"),
        ("[1]", "", 0, "no answer", "docker"),
    ],
)
def test_a_daemon_that_does_not_answer_is_told_with_its_own_words(says, monkeypatch, stdout, stderr, code, found, fix):
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    probe = says(stdout, stderr, code)
    assert not probe.ok and found in probe.found and fix in probe.fix, probe


def test_a_daemon_that_answers(says):
    probe = says(json.dumps({**OF_ROOT, "SecurityOptions": ["name=rootless"]}))
    assert probe.ok and "the user's own" in probe.found


def test_a_client_that_cannot_be_run(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeUnavailable, match="No Docker daemon"):
        ask_daemon()


def test_the_first_process_of_a_container_is_the_user_without_the_sockets_group(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "getuid", lambda: 1234)
    monkeypatch.setattr(os, "getgid", lambda: 56)
    (tmp_path / "docker.sock").touch()
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    monkeypatch.setattr(os, "getgroups", lambda: [56, 27, (tmp_path / "docker.sock").stat().st_gid])
    argv = Docker(Daemon("20.10.24")).argv(JOB, Sandbox("i", "/w", "/in"))
    assert "--user=1234:56" in argv
    assert [word for word in argv if word.startswith("--group-add")] == ["--group-add=27"]
