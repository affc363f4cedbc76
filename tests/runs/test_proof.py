"""What doctor says of a runtime is what a container showed: also if it does not start, or holds nothing."""

from __future__ import annotations

import dataclasses
import os
import platform
import subprocess
from pathlib import Path

import pytest

from recast.jobs import ContainerJob, FailureClass, Outcome
from recast.machine import payload
from recast.operations import prove_runtime as proof
from recast.operations.prove_runtime import prove
from recast.runtimes import Launch, Sandbox
from recast.runtimes.bubblewrap import Bubblewrap


def test_the_program_runs_and_ends(tmp_path: Path) -> None:
    path = tmp_path / "hold"
    path.write_bytes(payload.program()[0])
    path.chmod(0o755)
    done = subprocess.run([path, "x"], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == payload.SAID
    before = os.times()
    subprocess.run([path, "hold"], check=True, capture_output=True)
    assert os.times().elapsed - before.elapsed > 2.9


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_program_of_each_machine_is_an_executable(machine: str) -> None:
    content, _ = payload.program(machine)
    assert content[:4] == b"\x7fELF"
    assert content.endswith(b"started\n")


def test_a_limit_that_holds(tmp_path: Path) -> None:
    said: list[str] = []
    found = prove(Bubblewrap(), tmp_path, said.append)
    assert found.started
    assert found.limit == "held", found
    assert said
    assert list(tmp_path.iterdir()) == []


class Lenient(Bubblewrap):
    """Says that it holds limits itself, and does not."""

    def launch(self, job: ContainerJob, sandbox: Sandbox) -> Launch:
        return dataclasses.replace(super().launch(job, sandbox), own_limits=True)


class Broken(Bubblewrap):
    """Is there, and starts nothing."""

    def argv(self, job: ContainerJob, sandbox: Sandbox) -> list[str]:
        return ["sh", "-c", "echo no such thing >&2; exit 1"]


def test_a_limit_that_does_not_hold(tmp_path: Path) -> None:
    found = prove(Lenient(), tmp_path)
    assert (found.started, found.limit) == (True, "broken")
    assert "NOT" in found.found


def test_a_container_that_does_not_start(tmp_path: Path) -> None:
    found = prove(Broken(), tmp_path)
    assert not found.started
    assert "no such thing" in found.found


def test_an_end_that_does_not_come(tmp_path: Path) -> None:
    found = prove(Lenient(), tmp_path, most_s=0.01)
    assert not found.started
    assert "within 0.01 s" in found.found


def test_a_machine_without_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "s390x")
    found = prove(Bubblewrap(), tmp_path)
    assert "s390x" in found.found
    assert found.limit == "unknown"


@pytest.mark.parametrize(
    ("failure", "peak_mb", "unheld", "limit"),
    [
        (FailureClass.MEMORY, 100, (), "held"),
        (FailureClass.MEMORY, 390, (), "watched"),
        (FailureClass.MEMORY, 90, ("memory",), "watched"),
        (None, 400, (), "broken"),
        (FailureClass.USER, 1, (), "unknown"),
    ],
)
def test_what_an_outcome_shows(failure: FailureClass | None, peak_mb: int, unheld: tuple[str, ...], limit: str) -> None:
    outcome = Outcome(
        job_id="a",
        exit_code=0,
        signal=None,
        started="",
        ended="",
        host="",
        runtime="bubblewrap",
        peak_memory_bytes=peak_mb * 1_000_000,
        cpu_s=0.0,
        image=None,
        outputs=(),
        failure=failure,
        message="",
        unheld=unheld,
    )
    assert proof._limit(outcome) == limit
