"""The journal and the lock of a run."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from recast.engine.events import JobEnded, RunCreated, SubmitIntended, event_from_json, event_to_json
from recast.errors import RunLocked, StoreError
from recast.jobs import Artifact, FailureClass, Outcome
from recast.journal import Journal, Record, RunLock

OUTCOME = Outcome(
    "j-1-1", 1, None, "a", "b", "h", "host", 7, 0.5, None, (Artifact("x", "sha256:0", 1),), FailureClass.USER, "no"
)
EVENTS = [
    RunCreated(1.5, "run"),
    SubmitIntended(2.0, "/map/0", "j-1-1", 1, "not in the cache", 2000, 60),
    JobEnded(3.0, "j-1-1", OUTCOME, {"files": ["ü"]}),
]


def test_events_come_back_as_they_were(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    journal.append([Record(*event_to_json(event)) for event in EVENTS[:2]])
    journal.append([Record(*event_to_json(EVENTS[2]))])
    reader = Journal(tmp_path / "journal.sqlite", read_only=True)
    read = list(reader.read())
    assert [number for number, _ in read] == [1, 2, 3]
    assert [event_from_json(record.kind, record.body) for _, record in read] == EVENTS
    assert [record.kind for _, record in reader.read(after=2)] == ["JobEnded"]
    last = reader.last()
    assert last is not None
    assert last.kind == "JobEnded"
    reader.close()
    journal.close()


def test_a_reader_sees_what_is_written_meanwhile(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    reader = Journal(tmp_path / "journal.sqlite", read_only=True)
    assert reader.last() is None
    journal.append([Record("RunCreated", {})])
    assert len(list(reader.read())) == 1
    reader.close()
    journal.close()


def test_a_journal_of_another_version_is_refused(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    journal._database.execute("PRAGMA user_version = 99")
    journal.close()
    with pytest.raises(StoreError, match="schema version 99"):
        Journal(tmp_path / "journal.sqlite")


def test_a_reader_comes_while_the_journal_is_created(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it is told between two of its questions: it reads what was there at one moment, nothing or all of it."""
    path = tmp_path / "journal.sqlite"
    real = sqlite3.connect

    class Slow(sqlite3.Connection):
        """A reader between whose second and third question the driver creates the journal."""

        asked = 0

        def execute(self, sql: str, *given: Any) -> sqlite3.Cursor:
            found = super().execute(sql, *given)
            self.asked += 1
            if self.asked == 2:
                (row,) = found.fetchall()
                Journal(path).close()
                found = super().execute(f"SELECT {', '.join(map(str, row))}")
            return found

    def connect(place: Any, **given: Any) -> sqlite3.Connection:
        return real(place, **given, **({"factory": Slow} if given.get("uri") else {}))

    new = real(path)
    new.execute("PRAGMA journal_mode = WAL")
    new.close()
    monkeypatch.setattr(sqlite3, "connect", connect)
    reader = Journal(path, read_only=True)
    assert list(reader.read()) == []
    reader.close()


def test_only_one_driver_at_a_time(tmp_path: Path) -> None:
    lock = RunLock(tmp_path / "lock")
    assert lock.holder() is None
    with lock:
        assert RunLock(tmp_path / "lock").holder() == os.getpid()
        with pytest.raises(RunLocked, match="Another process"), RunLock(tmp_path / "lock"):
            pass
    assert lock.holder() is None


def test_a_killed_driver_leaves_no_lock(tmp_path: Path) -> None:
    code = "import sys, os, signal; from pathlib import Path; from recast.journal import RunLock\n"
    code += "RunLock(Path(sys.argv[1])).__enter__(); os.kill(os.getpid(), signal.SIGKILL)"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "lock")])
    assert done.returncode == -9
    assert (tmp_path / "lock").exists()
    with RunLock(tmp_path / "lock"):
        pass
