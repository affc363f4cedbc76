"""A folder that is attacked, and the check that the attack is refused and changes nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

TIMEOUT_S = 60
"""Generous: the machine may be busy. `make hostile` prints the times; a second of CPU is enough for each."""

COMMANDS = (
    ["spec", "validate", "workflow.yml", "--toplevel", ".", "-o", "json"],
    ["spec", "lint", "workflow.yml", "--toplevel", ".", "-o", "json"],
    ["run", "workflow.yml", "--toplevel", ".", "--allow-host-process", "-q"],
)


@dataclass(frozen=True)
class Attempts:
    """What the three commands said."""

    validate: Any
    lint: Any
    run: Any

    @property
    def codes(self) -> set[str]:
        """Return the codes of the errors that validate and lint gave."""
        files = [json.loads(answer["out"])["files"][0] for answer in (self.validate, self.lint)]
        return {finding["code"] for file in files for finding in file["errors"]}


MOST_MB = 200
"""What a refusal may take of memory, all that is imported with it."""

TABLE = "RECAST_HOSTILE_TABLE"
"""Names a file to which each attempt is added: what `make hostile` makes its table of."""

Attack = Callable[..., Attempts]
Attempt = Callable[[list[list[str]], Path, Path], Any]


@pytest.fixture(scope="session")
def attempt() -> Iterator[Attempt]:
    """Run commands in a folder, with bounded memory and time; return their answers."""
    server = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "tests.hostile.attempt"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert server.stdin is not None and server.stdout is not None

    def call(commands: list[list[str]], folder: Path, home: Path) -> Any:
        environment = {"RECAST_HOME": str(home)}
        work = {"commands": commands, "folder": str(folder), "environment": environment, "timeout_s": TIMEOUT_S}
        server.stdin.write(json.dumps(work) + "\n")
        server.stdin.flush()
        answers = json.loads(server.stdout.readline())
        assert isinstance(answers, list), answers
        return answers

    yield call
    server.stdin.close()
    server.wait(timeout=TIMEOUT_S)
    server.stdout.close()


@pytest.fixture
def attack(attempt: Attempt, tmp_path: Path, request: pytest.FixtureRequest) -> Attack:
    """Validate, lint and run `workflow.yml` of the folder; check that nothing crashes, hangs or is left behind."""
    home = tmp_path.parent / f"{tmp_path.name}-home"

    def call(*more: str) -> Attempts:
        before = snapshot(tmp_path)
        answers = attempt([*COMMANDS[:2], [*COMMANDS[2], *more]], tmp_path, home)
        assert snapshot(tmp_path) == before
        assert not list(home.glob("runs/*"))
        for command, answer in zip(COMMANDS, answers, strict=True):
            said = answer["out"] + answer["err"]
            note(request.node.name, " ".join(command[:2]), answer)
            assert answer["peak_mb"] < MOST_MB, f"{command}: {answer['peak_mb']:.0f} MB"
            assert "Traceback" not in said, said[-2000:]
            assert len(said) < 200_000
        return Attempts(*answers)

    return call


def note(attack: str, command: str, answer: dict[str, Any]) -> None:
    """Add an attempt to the table, if there is one."""
    if path := os.environ.get(TABLE):
        row = {name: answer[name] for name in ("code", "seconds", "cpu_s", "peak_mb")}
        with Path(path).open("a") as file:
            file.write(json.dumps({"attack": attack, "command": command, **row}) + "\n")


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """Return names, sizes and times of all that lies in a folder."""
    found = {}
    for path in folder.rglob("*"):
        state = path.lstat()
        found[str(path)] = (state.st_size, state.st_mtime_ns)
    return found
