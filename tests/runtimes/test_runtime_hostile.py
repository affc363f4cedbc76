"""Payloads that want out, in real containers."""

import pytest

from recast.executors.conformance import Case
from recast.executors.local import LocalExecutor
from recast.jobs import FailureClass, Resources
from recast.runtimes import runtime_by_name
from recast.runtimes.docker_image import ensure_docker_image
from recast.runtimes.podman import ensure_podman_image
from tests.testbeds.docker.fixture import *  # noqa: F403

RUNTIMES = [
    "bubblewrap",
    pytest.param("podman", marks=[pytest.mark.podman, pytest.mark.slow]),
    pytest.param("docker", marks=[pytest.mark.docker, pytest.mark.slow]),
]


@pytest.fixture(params=RUNTIMES)
def case(request, tmp_path, tmp_path_factory):
    runtime = runtime_by_name(request.param)
    if request.param == "bubblewrap":
        root = request.getfixturevalue("tiny_root")
        image, image_of = "sha256:" + "0" * 64, lambda digest: str(root)
    else:
        layout, image = request.getfixturevalue("tiny_layout")
        ensure = ensure_podman_image
        if request.param == "docker":
            request.getfixturevalue("docker")
            ensure = ensure_docker_image
        image_of = lambda digest: ensure(layout, digest)  # noqa: E731
    worker = tmp_path_factory.getbasetemp() / "worker"
    return Case(
        lambda: LocalExecutor(tmp_path / "run", tmp_path / "store", 2, runtime, image_of, worker),
        tmp_path / "store",
        image,
    )


def said(case, command, **changed):
    """Run a command and return what it wrote to `x`."""
    (status,) = case.run(case.job(f"{{ {command}; }} > x 2>&1; true", ["x"], **changed))
    assert status.outcome is not None and status.outcome.succeeded, status
    return case.blob(status.outcome.outputs[0].digest).read_text()


def test_there_is_only_a_loopback(case):
    lines = said(case, "cat /proc/net/dev").splitlines()
    assert [line.split(":")[0].strip() for line in lines[2:]] == ["lo"]


def test_it_has_no_privileges_and_cannot_get_any(case):
    status = dict(line.split(":\t") for line in said(case, "cat /proc/self/status").splitlines() if ":\t" in line)
    assert {status[name] for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert status["NoNewPrivs"] == "1"


@pytest.mark.parametrize("path", ["/x", "/etc/passwd", "/bin/sh", "/recast/run/x", "/recast/x", "/usr/x"])
def test_it_writes_nowhere_but_in_its_work_folder(case, path):
    assert "Read-only" in said(case, f"echo pwned > {path}")


def test_it_cannot_turn_the_kernels_knobs(case):
    """Even if we are root: sysctls ask for the owner, not for capabilities."""
    for knob in ("kernel/domainname", "kernel/core_pattern", "vm/overcommit_memory"):
        told = said(case, f"cat /proc/sys/{knob} > now; cat now > /proc/sys/{knob}")
        assert "Read-only" in told or "denied" in told, told
    assert "cannot create" in said(case, "echo h > /proc/sysrq-trigger")


def test_it_sees_nothing_of_the_host(case, tmp_path):
    assert "cannot" in said(case, f"ls {tmp_path}") or "No such file" in said(case, f"ls {tmp_path}")
    assert "No such file" in said(case, "cat /etc/shadow")
    assert said(case, "cat /etc/passwd").splitlines() == ["root:x:0:0:root:/root:/bin/sh"]
    assert len(said(case, "ls -d /proc/[0-9]*").split()) < 10
    assert said(case, "hostname").strip() == "recast"


def test_its_environment_is_its_own(case, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    told = said(case, "env", env={"MINE": "1"})
    assert "SECRET" not in told and "RECAST" not in told
    assert "MINE=1" in told


def test_it_cannot_make_devices_or_mounts(case):
    assert "not permitted" in said(case, "mknod /tmp/disk b 8 0")
    assert said(case, "ls /dev/sda /dev/vda /dev/mem /dev/kmsg 2>/dev/null").strip() == ""


def test_its_tmp_is_private_and_bounded(case):
    resources = Resources(memory_mb=200, disk_mb=20, walltime_s=50)
    (status,) = case.run(case.job("dd if=/dev/zero of=/tmp/big bs=1000000 count=30", resources=resources))
    assert status.outcome.failure is FailureClass.USER


def test_a_fork_bomb_ends_with_its_job(case):
    resources = Resources(memory_mb=150, disk_mb=100, walltime_s=2)
    (status,) = case.run(case.job("bomb() { bomb | bomb & }; bomb; sleep 100", resources=resources))
    assert status.outcome.failure in (FailureClass.MEMORY, FailureClass.WALLTIME, FailureClass.USER)


def test_a_setuid_program_gives_it_nothing(case):
    told = said(case, "cat /bin/id > id; chmod 6755 id; ./id -u; grep CapEff /proc/self/status")
    assert told.split()[-1] == "0" * 16


def test_a_container_that_cannot_start_is_no_fault_of_the_user(case):
    """The working directory is not there: found out before the payload began; where the runtime says so, for good."""
    (status,) = case.run(case.job("true", cwd="/etc/passwd/x"))
    assert status.outcome.failure in (FailureClass.SPEC, FailureClass.INFRASTRUCTURE)
    assert "the container did not start" in status.outcome.message


@pytest.mark.podman
@pytest.mark.slow
def test_podman_gets_the_pinned_image_or_none(tiny_layout, tmp_path):
    """A tampered manifest, a tampered layer, another image under the pinned name: each is told."""
    import shutil

    from recast.errors import ImageCorrupt, ImageError, NotFound

    layout, digest = tiny_layout
    assert ensure_podman_image(layout, digest) == ensure_podman_image(layout, digest)
    with pytest.raises(NotFound):
        ensure_podman_image(layout, "sha256:" + "f" * 64)
    bad = tmp_path / "bad"
    shutil.copytree(layout, bad)
    manifest = bad / "blobs/sha256" / digest[7:]
    manifest.write_bytes(manifest.read_bytes() + b" ")
    with pytest.raises((ImageCorrupt, ImageError)):
        from recast.images import ImageStore
        from recast.runtimes import podman_image
        from recast.runtimes.loading import silent

        podman_image._pull(["podman", *runtime_by_name("podman").flags], ImageStore(bad), digest, silent)
