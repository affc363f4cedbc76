"""A workflow written by a test, run as a user runs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Answer, Recast

Run = Callable[..., Answer]


def stage(
    name: str, after: list[str], parameters: Any = None, command: str = "true", publish: Any = None, **scheduler: Any
) -> dict[str, Any]:
    """Return a stage that runs a command on this host; a multistep one if it has a scatter."""
    publisher = {"publisher_type": "interpolated-pub", "publish": publish or {}}
    process = {"process_type": "string-interpolated-cmd", "cmd": command}
    step = {"process": process, "environment": {"environment_type": "localproc-env"}, "publisher": publisher}
    kind = "multistep-stage" if "scatter" in scheduler else "singlestep-stage"
    return {
        "name": name,
        "dependencies": after,
        "scheduler": {"scheduler_type": kind, "parameters": parameters or {}, "step": step, **scheduler},
    }


@pytest.fixture
def run(recast: Recast, tmp_path: Path) -> Run:
    """Run stages; further arguments are those of `recast run`."""

    def call(*stages: dict[str, Any], arguments: tuple[str, ...] = ()) -> Answer:
        (tmp_path / "workflow.yml").write_text(json.dumps({"stages": list(stages)}, indent=1))
        return recast("run", "workflow.yml", "--toplevel", ".", "--allow-host-process", *arguments, cwd=tmp_path)

    return call


def told(answer: Answer, code: int, *words: str) -> None:
    """Check the exit code, that the four lines are there and short, and that certain words are among them."""
    assert answer.code == code, answer.err
    assert "Traceback" not in answer.err
    assert "Bad file descriptor" not in answer.err
    assert answer.err.count("\n") < 25, answer.err
    for word in words:
        assert word in answer.err, answer.err
