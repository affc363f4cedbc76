"""The records of a run in a folder that somebody else has written: its journal and its request."""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

from recast.engine.events import (
    JobEnded,
    JobStarted,
    Paused,
    RunCreated,
    RunEnded,
    RunResumed,
    StepCached,
    StepFailed,
    SubmitIntended,
    event_to_json,
)
from recast.errors import RecastError
from recast.jobs import Artifact, FailureClass, Outcome
from recast.journal import Journal, Record
from recast.reports.attempts import attempts_of
from recast.reports.run_report import run_json
from recast.rundir import RunDirectory, RunOrder, find_run, list_runs
from recast.runs.open_run import OpenRun, open_run
from recast.spec.load import LoadedSpec, load_workflow
from tests.fuzz.border import Border, scratch
from tests.fuzz.mutations import mutated_bytes, mutated_json, mutated_parts
from tests.fuzz.words import WORKFLOW

__all__ = ["BORDERS", "opened", "run_folder"]

_SEPARATOR = b"\n"
_REQUEST = RunOrder(
    run="r", created=1.0, workflow="workflow.yml", inputs={"q": 1}, given={"q": 1}, allow_host_process=True,
    pins={"tools/count:1": "sha256:" + "ab" * 32}, software="recast 1",
)  # fmt: skip


def run_folder(folder: Path) -> RunDirectory:
    """Make the folder of a run that has not begun."""
    directory = RunDirectory(folder / "runs" / "r")
    for path in (directory.spec, directory.jobs, directory.work):
        path.mkdir(parents=True)
    (directory.spec / "workflow.yml").write_text(WORKFLOW)
    directory.write_request(_REQUEST)
    return directory


def feed_journal(data: bytes) -> None:
    """A journal is any file."""
    with scratch() as folder:
        directory = run_folder(folder)
        directory.journal.write_bytes(data)
        _look_at(directory)


def feed_journal_rows(data: bytes) -> None:
    """A journal that SQLite can read holds any rows: kind, a tabulator, body."""
    with scratch() as folder:
        directory = run_folder(folder)
        Journal(directory.journal).close()
        with sqlite3.connect(directory.journal) as database:
            rows = [line.partition(b"\t")[::2] for line in data.split(_SEPARATOR)]
            values = [[_value(kind), _value(body)] for kind, body in rows]
            database.executemany("INSERT INTO events (kind, body) VALUES (?, ?)", values)
        database.close()
        _look_at(directory)


def _value(raw: bytes) -> str | bytes:
    """What SQLite takes: text, or a blob for what is none."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def feed_request(data: bytes) -> None:
    """One request that cannot be read disturbs neither the list of runs nor other runs."""
    with scratch() as folder:
        good = run_folder(folder)
        other = folder / "runs" / "other"
        other.mkdir()
        (other / "request.json").write_bytes(data)
        (other / "spec").symlink_to(good.spec)
        for run in list_runs(folder / "runs"):
            with contextlib.suppress(RecastError):
                _ = run.request().title
        for name in ("r", "last", "nobody"):
            with contextlib.suppress(RecastError):
                find_run(folder / "runs", name)
        assert opened(good).request.run == "r"
        _look_at(RunDirectory(other))


_LOADED = functools.cache(load_workflow)


def opened(directory: RunDirectory) -> OpenRun:
    """Open a run without reading its spec each time, which is the same in all of them."""

    def loaded(path: str, toplevel: Path) -> LoadedSpec:
        if path != "workflow.yml" or not (toplevel / path).is_file():
            return load_workflow(path, toplevel)
        return _LOADED(path, _spec_folder())

    with mock.patch("recast.runs.open_run.load_workflow", loaded):
        return open_run(directory)


@functools.cache
def _spec_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="fuzz-spec-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "workflow.yml").write_text(WORKFLOW)
    return folder


def _look_at(directory: RunDirectory) -> None:
    """What the commands do that show a run."""
    try:
        live = opened(directory)
        json.dumps(run_json(live)).encode()
        for run in live.engine.runs.values():
            attempts_of(live, run)
        live.engine.tick(1e12)
        live.engine.commands()
    except RecastError:
        pass


def _events() -> list[Any]:
    artifact = Artifact("o.yml", "sha256:" + "a" * 64, 10)
    outcome = Outcome("j1", 0, None, "", "", "h", "host", 1, 0.1, None, (artifact,))
    failed = Outcome("j2", 1, None, "", "", "h", "host", 1, 0.1, None, (), FailureClass.USER, "no")
    return [
        RunCreated(1.0, "r"),
        SubmitIntended(2.0, "/a/0", "j1", 1, "ready", 100, 60),
        JobStarted(3.0, "j1", "7", "node"),
        Paused(3.5, "credentials", "no proxy"),
        JobEnded(4.0, "j1", outcome, {"list": [1, 2]}),
        SubmitIntended(5.0, "/b/0", "j2", 1, "ready", 100, 60),
        JobEnded(6.0, "j2", failed),
        StepCached(6.5, "/b/1", "key", (artifact,), None, "r /a", "same"),
        StepFailed(7.0, "/b/0", FailureClass.SPEC, "no"),
        RunEnded(8.0, "failed", "no"),
        RunResumed(9.0, ("/b/0",)),
    ]


def _rows() -> list[bytes]:
    lines = [b"\t".join([kind.encode(), json.dumps(body).encode()]) for kind, body in map(event_to_json, _events())]
    return [_SEPARATOR.join(lines), _SEPARATOR.join(lines[:5])]


def _journals() -> list[bytes]:
    with scratch() as folder:
        journal = Journal(folder / "journal.sqlite")
        journal.append([Record(*event_to_json(event)) for event in _events()])
        journal.close()
        with sqlite3.connect(folder / "journal.sqlite") as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        return [(folder / "journal.sqlite").read_bytes()]


def _requests() -> list[bytes]:
    with scratch() as folder:
        return [(run_folder(folder).path / "request.json").read_bytes()]


def _mutated_row(data: bytes, rng: Any) -> bytes:
    kind, tab, body = data.partition(b"\t")
    if not tab or rng.random() < 0.2:
        return mutated_bytes(data, rng)
    return kind + tab + mutated_json(body, rng).replace(b"\n", b" ")


BORDERS = [
    Border("journal", feed_journal, _journals, mutated_bytes, examples=50),
    Border("journal-rows", feed_journal_rows, _rows, mutated_parts(_SEPARATOR, _mutated_row), examples=40),
    Border("request", feed_request, _requests, mutated_json, examples=40),
]
