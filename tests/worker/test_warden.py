"""Nothing that a warden has started outlives it, or whoever started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from recast.errors import ImageError
from recast.images.tools import in_turn, run_tool
from recast.worker.processes.warden import argv_of
from tests.conftest import ROOT
from tests.processes import command, every
from tests.waiting import until

PARENT = """
import sys, time
sys.path.insert(0, {root!r})
from pathlib import Path
from recast.images.tools import in_turn, run_tool
with in_turn(Path({lock!r}), print):
    run_tool(["sh", "-c", {script!r}], Path({log!r}))
"""


def _alive(text: str) -> list[str]:
    commands = (" ".join(command(pid)) for pid in every())
    return [found for found in commands if text in found]


def _killed(tmp_path: Path, script: str, begun: Callable[[], object]) -> None:
    """Kill a process that runs a script by our tools, as soon as the script is so far."""
    text = PARENT.format(root=str(ROOT), lock=str(tmp_path / "lock"), log=str(tmp_path / "log"), script=script)
    parent = subprocess.Popen([sys.executable, "-c", text])
    until(begun, "the script")
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()


@pytest.mark.parametrize("ignores", ["", "trap '' TERM; "])
def test_a_whole_tree_ends_with_whoever_started_it(tmp_path: Path, ignores: str) -> None:
    sleep = f"sleep 3000{os.getpid()}"
    # One of them flees into a session of its own, another one's parent ends at once.
    script = f"{ignores}setsid {sleep} & (sh -c '{ignores}{sleep}; true' &); wait; {sleep}"
    _killed(tmp_path, script, lambda: _alive(sleep).count(sleep) == 2)
    with in_turn(tmp_path / "lock", print):  # free when the last of them is gone
        assert _alive(sleep) == []


def test_a_program_that_asks_for_time_to_put_things_away_gets_it(tmp_path: Path) -> None:
    begun, trace = tmp_path / "begun", tmp_path / "trace"
    script = f"trap 'sleep 0.3; echo away > {trace}; exit' TERM; echo > {begun}; while :; do sleep 0.1; done"
    _killed(tmp_path, script, begun.exists)
    with in_turn(tmp_path / "lock", print):
        assert trace.read_text() == "away\n"


def test_what_a_program_says_of_its_end(tmp_path: Path) -> None:
    log = tmp_path / "log"
    run_tool(["sh", "-c", "echo said; sleep 4000 & exit 0"], log)
    assert log.read_text() == "said\n"
    for script, code in (("exit 3", 3), ("kill -9 $$", 137)):
        with pytest.raises(ImageError, match=f"exit code {code}"):
            run_tool(["sh", "-c", script], log)
    with pytest.raises(ImageError, match="exit code 127") as caught:
        run_tool(["/no/such/program"], log)
    assert "cannot start" in caught.value.why


def test_a_file_of_the_working_folder_is_not_taken_for_ours(tmp_path: Path) -> None:
    (tmp_path / "recast.py").write_text("raise SystemExit('a stranger')")
    (tmp_path / "signal.py").write_text("raise SystemExit('a stranger')")
    done = subprocess.run(argv_of(["echo", "ours"]), cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "ours\n"
