"""Runs whose files are damaged, a home that is none, a disk that takes nothing: words, and the others go on."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recast.errors import StoreError
from recast.rundir import RunDirectory, RunOrder, find_run, list_runs
from tests.conftest import Answer, Recast
from tests.waiting import BOUND_S

WORKFLOW = """
stages:
- name: a
  dependencies: [init]
  scheduler:
    scheduler_type: singlestep-stage
    parameters: {q: {step: init, output: q}, o: '{workdir}/o'}
    step:
      process: {process_type: string-interpolated-cmd, cmd: 'echo {q}; echo {q} > {o}'}
      environment: {environment_type: localproc-env}
      publisher: {publisher_type: frompar-pub, outputmap: {o: o}}
"""


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two finished runs, made once."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "wf.yml").write_text(WORKFLOW)
    for q in "12":
        command = [sys.executable, "-m", "recast", "run", "wf.yml", "-p", f"q={q}", "--allow-host-process", "-q"]
        environment = {**os.environ, "RECAST_HOME": str(folder / "home"), "RECAST_SITE": "", "RECAST_CONFIG": ""}
        subprocess.run(command, cwd=folder, env=environment, check=True, timeout=BOUND_S, capture_output=True)
    return folder / "home"


@pytest.fixture
def runs(two_runs: Path, home: Path) -> list[Path]:
    """The folders of the two runs, in a home of this test."""
    shutil.copytree(two_runs, home, symlinks=True)
    return [run.path for run in list_runs(home / "runs")]


def told(answer: Answer, code: int, *words: str) -> None:
    assert answer.code == code, answer.err
    assert "Traceback" not in answer.err
    for word in words:
        assert word in answer.err, answer.err
    assert not code or "next" in answer.err


# requests -----------------------------------------------------------------------------------------------------

BAD_REQUESTS = {
    "nothing": b"",
    "a list": b"[]",
    "newer": b'{"schema": 2}',
    "deep": b"[" * 100_000,
    "bytes": b"\xff\xfe",
    "half": b'{"schema": 1, "run": "a',
    "another kind": b'{"schema": 1, "run": 7}',
    "more": b'{"schema": 1, "risen": true}',
}


@pytest.mark.parametrize("content", BAD_REQUESTS.values(), ids=BAD_REQUESTS)
def test_a_bad_request_blocks_no_other_run(content: bytes, runs: list[Path], home: Path) -> None:
    bad, good = runs[1], runs[0]
    (bad / "request.json").write_bytes(content)
    said: list[str] = []
    assert find_run(home / "runs", "last", said.append).path == good
    assert len(said) == 1
    assert bad.name in said[0]
    assert find_run(home / "runs", good.name[:6]).path == good
    with pytest.raises(StoreError, match=bad.name) as caught:
        find_run(home / "runs", bad.name).request()
    assert str(bad) in caught.value.next_step


def test_a_pipe_in_place_of_a_request_is_not_waited_for(runs: list[Path], home: Path) -> None:
    bad, good = runs[1], runs[0]
    (bad / "request.json").unlink()
    os.mkfifo(bad / "request.json")
    said: list[str] = []
    assert find_run(home / "runs", "last", said.append).path == good
    assert "it is a pipe" in said[0]


def test_every_command_says_what_is_wrong_with_a_bad_one(runs: list[Path], recast: Recast) -> None:
    bad, good = runs
    (bad / "request.json").write_text('{"schema": 1}')
    listed = recast("runs", "-o", "json")
    told(listed, 0, f"run {bad.name} is left out")
    assert [row["run"] for row in listed.json["runs"]] == [good.name]
    assert json.loads(recast("show", "last", "-o", "json").out)["run"] == good.name
    told(recast("image", "gc", "--dry-run"), 0)
    for command in ("show", "resume", "results"):
        told(recast(command, bad.name), 4, bad.name)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3),
    max_leaves=8,
)
FIELDS = sorted(RunOrder.__slots__)


@given(st.sampled_from(FIELDS), ANYTHING)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_value_in_any_field_is_a_request_or_refused(two_runs: Path, tmp_path: Path, name: str, value: Any) -> None:
    body = json.loads(next(two_runs.glob("runs/*/request.json")).read_text())
    (tmp_path / "request.json").write_text(json.dumps({**body, name: value}))
    try:
        request = RunDirectory(tmp_path).request()
    except StoreError:
        return
    assert isinstance(request.title, str)


# journals -----------------------------------------------------------------------------------------------------


def emptied(journal: Path) -> None:
    journal.write_bytes(b"")


def a_folder(journal: Path) -> None:
    journal.unlink()
    journal.mkdir()


def noise(journal: Path) -> None:
    journal.write_bytes(bytes(range(256)) * 40)


def cut(journal: Path) -> None:
    os.truncate(journal, 5000)


def newer(journal: Path) -> None:
    changed(journal, "PRAGMA user_version = 7")


def no_table(journal: Path) -> None:
    changed(journal, "DROP TABLE events")


def no_text(journal: Path) -> None:
    changed(journal, "UPDATE events SET body = CAST(x'ff' AS TEXT)")


def changed(journal: Path, statement: str) -> None:
    with sqlite3.connect(journal) as database:
        database.execute(statement)
    database.close()


@pytest.mark.parametrize("damage", [emptied, a_folder, noise, cut, newer, no_table, no_text])
def test_a_damaged_journal_is_said_in_words(damage: Callable[[Path], None], runs: list[Path], recast: Recast) -> None:
    bad = runs[0]
    damage(bad / "journal.sqlite")
    for command in ("show", "resume"):
        told(recast(command, bad.name), 4, "journal", "next")
    states = {row["run"]: row["state"] for row in recast("runs", "-o", "json").json["runs"]}
    assert states.pop(bad.name) in ("damaged", "succeeded")
    assert list(states.values()) == ["succeeded"]


# homes and disks ----------------------------------------------------------------------------------------------


def test_a_home_that_is_a_file(home: Path, recast: Recast, tmp_path: Path) -> None:
    home.write_text("")
    (tmp_path / "wf.yml").write_text(WORKFLOW)
    for arguments in (["runs"], ["show", "last"], ["run", "wf.yml", "-p", "q=1", "--allow-host-process"]):
        told(recast(*arguments, cwd=tmp_path), 4, str(home))


def test_a_full_disk_behind_the_output_is_said(runs: list[Path]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "recast", "show", "last", "-o", "json"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=BOUND_S,
            check=False,
        )
    told(Answer(done.returncode, "", done.stderr), 4, "No space left on device", "df -h")


@pytest.mark.parametrize("bound", ["-n 10", "-f 8"])
def test_too_many_open_files_and_no_room_are_said_and_the_run_goes_on_later(
    bound: str, home: Path, recast: Recast, tmp_path: Path
) -> None:
    """`ulimit -f` bounds the size of files that are written: the journal cannot grow."""
    (tmp_path / "wf.yml").write_text(WORKFLOW)
    start = f"trap '' XFSZ; ulimit {bound}; exec {sys.executable} -m recast"
    command = ["bash", "-c", f"{start} run wf.yml -p q=1 --allow-host-process -q"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=BOUND_S)
    told(Answer(done.returncode, done.stdout, done.stderr), 4)
    assert recast("resume", "last", "-q").code == 0
    assert recast("show", "last", "-o", "json").json["state"] == "succeeded"


def read_only(home: Path, *arguments: str | Path) -> Answer:
    """Call recast where its home is on a read-only file system."""
    command = ["bwrap", "--dev-bind", "/", "/", "--ro-bind", str(home), str(home), sys.executable, "-m", "recast"]
    done = subprocess.run(
        [*command, *map(str, arguments)], capture_output=True, text=True, timeout=BOUND_S, check=False
    )
    return Answer(done.returncode, done.stdout, done.stderr)


def test_finished_runs_are_shown_where_nothing_can_be_written(runs: list[Path], home: Path, tmp_path: Path) -> None:
    for arguments in (
        ["runs"],
        ["show", "last"],
        ["status", "last"],
        ["logs", "last"],
        ["explain", "last", "/a/0"],
        ["diff", runs[0].name, "last"],
        ["results", "last", "--export", "ro-crate", str(tmp_path / "crate")],
    ):
        told(read_only(home, *arguments), 0)
    told(read_only(home, "resume", "last"), 4, "Read-only file system")


def test_the_newest_events_of_a_killed_driver_are_shown_there_too(runs: list[Path], home: Path) -> None:
    """They lie in SQLite's log beside the journal, which cannot be folded in."""
    journal = runs[1] / "journal.sqlite"
    database = sqlite3.connect(journal)
    database.execute("""INSERT INTO events (kind, body) VALUES ('RunResumed', '{"time": 1, "reset": []}')""")
    database.commit()
    kept = {suffix: Path(f"{journal}{suffix}").read_bytes() for suffix in ("", "-wal")}
    database.close()
    for suffix, content in kept.items():
        Path(f"{journal}{suffix}").write_bytes(content)
    shown = read_only(home, "show", runs[1].name, "-o", "json")
    told(shown, 0)
    assert shown.json["state"] == "interrupted"
    assert {path.name for path in runs[1].iterdir()} >= {"journal.sqlite", "journal.sqlite-wal"}
