"""Verdicts out of reports, and processes of pipelines that a new server finds again."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from recast.ci.server.child import end_child, is_alive, start_child, wait_for_child
from recast.ci.server.verdict import verdict_of
from recast.ci.words import COMMIT_WORDS
from tests.waiting import until

COMMIT = "a" * 40
NEVER = threading.Event().wait


@pytest.mark.parametrize("place", ["report.json", "recast-ci/report.json"])
@pytest.mark.parametrize("word", COMMIT_WORDS)
def test_a_report_about_this_commit_is_its_verdict(tmp_path: Path, word: str, place: str) -> None:
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text(json.dumps({"commit": COMMIT, "word": word, "sentence": "a\nsentence\x1b"}))
    said = verdict_of(tmp_path, COMMIT, 0)
    assert (said.word, said.sentence, said.again) == (word, "a\\nsentence\\u001b", word == "blocked")


@pytest.mark.parametrize(
    "report",
    [
        None, "", "{", "[]", "null", "[" * 1000,
        {"commit": "b" * 40, "word": "passed", "sentence": ""},
        {"commit": COMMIT, "word": "fine", "sentence": ""},
        {"commit": COMMIT, "word": ["passed"], "sentence": ""},
        {"commit": COMMIT, "word": "passed", "sentence": 3},
        {"word": "passed", "sentence": ""},
    ],
)  # fmt: skip
def test_what_is_no_verdict_is_blocked(tmp_path: Path, report: Any) -> None:
    if report is not None:
        (tmp_path / "report.json").write_text(report if isinstance(report, str) else json.dumps(report))
    said = verdict_of(tmp_path, COMMIT, -9)
    assert (said.word, said.again) == ("blocked", True)


def child(folder: Path, program: str) -> Any:
    return start_child([sys.executable, "-c", program], folder, {})


def test_a_pipeline_is_waited_for_by_whoever_finds_it(tmp_path: Path) -> None:
    assert not is_alive(tmp_path)
    process = child(tmp_path, "import sys; print(repr(sys.stdin.read())); sys.exit(7)")
    assert wait_for_child(tmp_path, process, 60, NEVER) == 7
    assert (tmp_path / "log").read_text() == "''\n"
    process = child(tmp_path, "import time, pathlib\nwhile not pathlib.Path('go').exists(): time.sleep(0.02)")
    assert is_alive(tmp_path)
    with pytest.raises(InterruptedError):
        wait_for_child(tmp_path, None, 60, lambda seconds: True)
    assert is_alive(tmp_path), "it goes on when the server stops"
    found: list[int | None] = []
    waiter = threading.Thread(target=lambda: found.append(wait_for_child(tmp_path, None, 60, NEVER)))
    waiter.start()
    (tmp_path / "go").touch()
    process.wait(60)
    waiter.join(60)
    assert found == [None] and not is_alive(tmp_path)


@pytest.mark.parametrize("ours", [True, False])
def test_a_pipeline_that_takes_too_long_is_ended_with_its_session(tmp_path: Path, ours: bool) -> None:
    program = "import signal, subprocess, time\nsignal.signal(15, signal.SIG_IGN)\nopen('up', 'w')\ntime.sleep(600)"
    process = child(tmp_path, program)
    until(lambda: (tmp_path / "up").exists(), "the program", 60)
    reaper = threading.Thread(target=process.wait, daemon=True)
    if not ours:
        reaper.start()
    end_child(tmp_path, process if ours else None, let_go_s=0.3)
    until(lambda: not is_alive(tmp_path), "its end", 60)
    assert process.wait(60) == -9
