"""What cannot start a container is said before a run exists, and a run that goes on is left as it was."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from recast.images import ImageStore
from tests.busybox import add_busybox, pin, write_spec
from tests.conftest import Answer, Recast

OUT = {"out": "{workdir}/out.txt"}


@pytest.fixture
def spec(tmp_path: Path, home: Path) -> Path:
    folder = write_spec(tmp_path / "spec", "test -e /never || exit 3", OUT, {})
    pin(folder, add_busybox(ImageStore(home / "images")))
    return folder


@pytest.fixture
def nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH on which no runtime is, but a Docker whose daemon is down and a Podman that fails."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, words in (("docker", "Cannot connect to the Docker daemon"), ("podman", "newuidmap: no subuid")):
        (programs / name).write_text(f"#!/bin/sh\necho '{words}' >&2; exit 1\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    return programs


def run(recast: Recast, spec: Path, *more: str) -> Answer:
    return recast("run", "workflow.yml", "--toplevel", spec, *more)


def told(home: Path) -> list[str]:
    """Return what there is of runs and scans: nothing at all, not even a name."""
    return sorted(str(path.relative_to(home)) for name in ("runs", "scans") for path in (home / name).glob("*"))


@pytest.mark.parametrize("arguments", [[], ["--detach"], ["--runtime", "docker"], ["--runtime", "podman"]])
def test_a_run_is_not_made(recast: Recast, home: Path, spec: Path, nothing: Path, arguments: list[str]) -> None:
    answer = run(recast, spec, *arguments)
    assert (answer.code, answer.out, told(home)) == (4, "", []), answer.err
    assert "next" in answer.err


def test_apptainer_without_what_makes_its_images_makes_no_run(
    recast: Recast, home: Path, spec: Path, nothing: Path
) -> None:
    (nothing / "apptainer").write_text("#!/bin/sh\necho apptainer version 1.4.5\n")
    (nothing / "apptainer").chmod(0o755)
    answer = run(recast, spec, "--runtime", "apptainer")
    assert (answer.code, told(home)) == (4, []) and "mksquashfs" in answer.err, answer.err
    assert "squashfs" in answer.err.rpartition("next")[2], answer.err


def test_each_candidate_says_what_it_lacks_and_the_nearest_is_the_advice(
    recast: Recast, spec: Path, nothing: Path
) -> None:
    answer = run(recast, spec)
    for words in ("bubblewrap is not installed", "newuidmap: no subuid", "Cannot connect to the Docker daemon"):
        assert words in answer.err, answer.err
    assert "podman" in answer.err.rpartition("next")[2], answer.err


def test_a_runtime_that_does_not_exist_is_a_wrong_usage(recast: Recast, home: Path, spec: Path) -> None:
    for executor in ("local", "slurm"):
        answer = run(recast, spec, "--runtime", "chroot", "--executor", executor)
        assert (answer.code, told(home)) == (2, []), answer.err


def test_nodes_are_not_asked_for_docker_and_this_machine_not_for_theirs(
    recast: Recast, home: Path, spec: Path, nothing: Path
) -> None:
    answer = run(recast, spec, "--runtime", "docker", "--executor", "slurm")
    assert (answer.code, told(home)) == (4, []) and "Nodes of slurm" in answer.err, answer.err
    unprobed = run(recast, spec, "--runtime", "podman", "--executor", "slurm")  # which has no sbatch here
    assert "newuidmap" not in unprobed.err and "cannot start a container" not in unprobed.err, unprobed.err


@pytest.mark.parametrize("command", ["resume", "retry", "detached"])
def test_a_run_that_goes_on_is_left_as_it_was(
    recast: Recast, home: Path, spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    assert run(recast, spec).code == 1
    (folder,) = (home / "runs").iterdir()
    before = recast("show", "last", "-o", "json").json
    journal = (folder / "journal.sqlite").read_bytes()
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    words = ["resume", "last", "--detach"] if command == "detached" else [command, "last"]
    answer = recast(*words)
    assert answer.code == 4 and "bubblewrap is not installed" in answer.err, answer.err
    assert recast("show", "last", "-o", "json").json == before
    assert before["state"] == "failed"
    assert (folder / "journal.sqlite").read_bytes() == journal


def test_a_preferred_runtime_that_is_passed_over_is_mentioned_once(
    recast: Recast, spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """bubblewrap is there and fails: Podman is taken, and says so in one line."""
    programs = tmp_path / "bin"
    programs.mkdir()
    bwrap = programs / "bwrap"
    bwrap.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2; exit 1\n")
    bwrap.chmod(0o755)
    podman = programs / "podman"
    podman.write_text(f'#!/bin/sh\nexec {shutil.which("podman")} "$@"\n')
    podman.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/sbin:/usr/bin:/sbin:/bin")
    answer = run(recast, spec)
    assert answer.code == 1, answer.err
    lines = [line for line in answer.err.splitlines() if "not by bubblewrap" in line]
    assert len(lines) == 1 and "No permissions" in lines[0], answer.err
    assert "not by bubblewrap" not in run(recast, spec, "-q").err


def test_steps_on_the_host_need_no_runtime(recast: Recast, tmp_path: Path, nothing: Path) -> None:
    folder = tmp_path / "host"
    folder.mkdir()
    step = {
        "process": {"process_type": "string-interpolated-cmd", "cmd": "/bin/true"},
        "environment": {"environment_type": "localproc-env"},
        "publisher": {"publisher_type": "constant-pub", "publish": {}},
    }
    scheduler = {"scheduler_type": "singlestep-stage", "parameters": {}, "step": step}
    stages = [{"name": "work", "dependencies": ["init"], "scheduler": scheduler}]
    (folder / "workflow.yml").write_text(json.dumps({"stages": stages}))
    nothing.joinpath("sh").symlink_to("/bin/sh")
    assert run(recast, folder, "--allow-host-process").code == 0
