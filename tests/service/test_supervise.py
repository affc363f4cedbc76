"""The supervisor goes on when a process cannot be started, and when nobody hears what it says."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from recast.service import supervise
from recast.service.supervise import _Process
from tests.waiting import until


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "_PAUSES_S", (0.0,))


@pytest.mark.parametrize("problem", [OSError(11, "fork failed"), subprocess.SubprocessError("preexec_fn")])
def test_a_process_that_cannot_be_started_is_tried_again(
    quick: None, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    said: list[str] = []
    process = _Process("dispatcher", [sys.executable, "-c", "pass"])
    with monkeypatch.context() as broken:

        def fail(*_: Any, **__: Any) -> None:
            raise problem

        broken.setattr(subprocess, "Popen", fail)
        process.see_to(said.append)
    assert process.child is None and "cannot be started" in said[0]
    process.see_to(said.append)
    assert process.child is not None
    child = process.child
    until(lambda: child.poll() is not None, "its end")
    process.see_to(said.append)
    assert "has ended (exit code 0)" in said[1] and process.child is not None
    process.child.wait()
