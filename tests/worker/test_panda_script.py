"""The script that runs a payload where somebody else has started the container."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from recast.jobs import ContainerJob, Resources
from recast.worker.failure import Failure
from recast.worker.panda.script import payload_script


def job(command: str | None = "true", **changed: Any) -> ContainerJob:
    given: dict[str, Any] = {"script": None, "interpreter": "sh", "workdir": "/recast/run/a/0", **changed}
    return ContainerJob("j-1", None, command, resources=Resources(disk_mb=1, walltime_s=1), **given)


class Place:
    def __init__(self, path: Path) -> None:
        self.root = path / "recast"
        (self.root / "attempt/work").mkdir(parents=True)
        (self.root / "attempt/in").mkdir()
        (self.root / "attempt/log").touch()

    def run(self, what: ContainerJob) -> tuple[int, str]:
        text, stdin = payload_script(what.as_json(), str(self.root))
        if stdin is not None:
            (self.root / "stdin").write_text(stdin)
        done = subprocess.run(["sh", "-c", text], cwd="/", stdin=subprocess.DEVNULL, check=False, timeout=60)
        return done.returncode, (self.root / "attempt/log").read_text(errors="replace")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_logical_paths_are_those_of_the_folder(place: Place) -> None:
    (place.root / "attempt/in/init").mkdir()
    (place.root / "attempt/in/init/x").write_text("input")
    code, log = place.run(job("pwd; cat /recast/run/init/x; echo $HERE", env={"HERE": "/recast/run/a/0/y"}))
    work = place.root / "attempt/work"
    assert (code, log.split()) == (0, [str(work), f"input{work}/y"])
    assert (place.root / "exit").read_text() == "0\n" and (place.root / "began").exists()


def test_text_of_a_user_is_never_read_by_the_shell(place: Place) -> None:
    nasty = "a'b\"c$(touch /tmp/nope)`id`\n;&|<>*"
    code, log = place.run(job('printf %s "$NASTY"', env={"NASTY": nasty, "odd.name": "fine"}))
    assert (code, log) == (0, nasty)


def test_a_script_comes_on_standard_input(place: Place) -> None:
    code, log = place.run(job(None, script="echo from a script\nfalse\necho not here\n", interpreter="sh -e"))
    assert (code, log) == (1, "from a script\n")


@pytest.mark.parametrize(("payload", "told", "passed_on"), [(7, 7, 7), (146, 146, 1), (160, 160, 1), (162, 162, 1)])
def test_an_exit_code_is_noted_and_words_of_pilots_are_not_passed_on(
    place: Place, payload: int, told: int, passed_on: int
) -> None:
    assert place.run(job(f"exit {payload}"))[0] == passed_on
    assert (place.root / "exit").read_text() == f"{told}\n"


def test_the_walltime_is_kept(place: Place) -> None:
    assert place.run(job("sleep 30"))[0] == 124


def test_a_log_without_end_is_ended(place: Place) -> None:
    code, log = place.run(job("cat /dev/zero"))
    assert code == 153 and len(log) <= 1_000_448


def test_a_folder_that_is_somewhere_else_is_said(tmp_path: Path) -> None:
    text, _ = payload_script(job().as_json(), str(tmp_path / "nowhere"))
    done = subprocess.run(["sh", "-c", text], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 125 and "is not at" in done.stderr


def test_an_interpreter_that_is_none() -> None:
    with pytest.raises(Failure, match="interpreter"):
        payload_script(job(None, script="x", interpreter="sh 'x").as_json(), "/srv/recast")
