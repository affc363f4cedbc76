"""prun as a judge: what the real one makes of a command line, without submitting it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.testbeds.panda.bed import VENV, PandaBed
from tests.testbeds.processes import BedProblem
from tests.waiting import BOUND_S

__all__ = ["options", "task_parameters"]

_SCRIPT = Path(__file__).resolve().parents[3] / "scripts/prun-options"


def options() -> list[dict[str, Any]]:
    """Return the long options of prun, by its own parsers."""
    said = _run([str(VENV / "bin/python"), str(_SCRIPT)], Path("/"), {})
    found: list[dict[str, Any]] = json.loads(said)["options"]
    return found


def task_parameters(bed: PandaBed, folder: Path, words: Sequence[str]) -> dict[str, Any]:
    """Return the task parameters that `prun WORDS --noSubmit` would send, called in a folder with its files."""
    target = folder / "task-parameters.json"
    argv = [str(VENV / "bin/prun"), *words, "--noSubmit", "--dumpTaskParams", str(target)]
    env = {
        **bed.client_env,
        "PANDA_AUTH_ID_TOKEN": bed.token(),
        "HOME": "/nonexistent",
        "PANDA_CONFIG_ROOT": str(folder),
    }
    _run(argv, folder, env)
    made: dict[str, Any] = json.loads(target.read_text())
    return made


def _run(argv: Sequence[str], folder: Path, env: dict[str, str]) -> str:
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("PANDA_", "PYTHON", "X509_"))
    }
    done = subprocess.run(
        argv, cwd=folder, env=inherited | env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=BOUND_S, check=False,
    )  # fmt: skip
    if done.returncode:
        raise BedProblem(f"{' '.join(argv)}: {done.stdout}{done.stderr}")
    return done.stdout
