"""Whole runs by `recast run --executor panda`, over a server of ours: killed drivers, tokens that expire."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from recast.store import ArtifactStore
from tests.executors.faulty import FaultyRun
from tests.executors.panda.fakepanda import FakePanda, fake_panda
from tests.executors.panda.settings import values
from tests.waiting import until

Start = Callable[..., FaultyRun]


@pytest.fixture
def panda(tmp_path: Path) -> Iterator[FakePanda]:
    with fake_panda(tmp_path / "nodes", runs=True) as made:
        yield made


@pytest.fixture
def start(panda: FakePanda, tmp_path: Path) -> Start:
    def made(**how: Any) -> FaultyRun:
        given = values(panda, tmp_path, mode="own", python=sys.executable, node_cache=str(tmp_path / "cache"))
        return FaultyRun(tmp_path / "run", "panda", {**given, "patience": 0.1}, **{"jobs": 6, **how})

    return made


def bring(run: FaultyRun) -> None:
    """Bring what the last step left: it stays at the store until somebody reads it."""
    gathered = run.workdir / "work/gather/all.txt"
    if gathered.is_symlink():
        blob = Path(os.readlink(gathered))
        ArtifactStore(blob.parents[2]).local(f"sha256:{blob.parent.name}{blob.name}")


def test_a_run_of_two_stages(panda: FakePanda, start: Start) -> None:
    run = start(command="echo {n} > {out}")
    with run.driven():
        pass
    bring(run)
    assert run.losses() == (0, 0)
    assert len(panda.tasks) == 2 and panda.count("task/submit") == 2
    assert [len(task.parameters.get("pfnList", "1")) for task in panda.tasks.values()] == [6, 1]
    assert "sesame" not in (run.workdir / "request.json").read_text()


def test_a_driver_that_is_killed_again_and_again(panda: FakePanda, start: Start) -> None:
    """Each task is submitted once, whatever moment the driver is killed at."""
    run = start(command="sleep 0.5; echo {n} > {out}")
    for number in (1, 2):
        driver = run.drive()
        try:
            until(lambda number=number: panda.count("task/submit") >= 1 and run.ended() >= number - 1, run.said())  # type: ignore[misc]
        finally:
            driver.send_signal(signal.SIGKILL)
            driver.wait()
    with run.driven():
        pass
    bring(run)
    assert run.losses() == (0, 0)
    names = [task.parameters["taskName"] for task in panda.tasks.values()]
    assert len(names) == len(set(names)) == 2


def test_a_token_expires_in_the_middle(panda: FakePanda, start: Start, tmp_path: Path) -> None:
    run = start(command="sleep 1; echo {n} > {out}")
    with run.driven():
        until(lambda: panda.count("task/submit") >= 1, run.said())
        panda.tokens = {"newer"}
        asked = len(panda.asked)
        until(lambda: len(panda.asked) > asked + 1, "the server is not asked any more")
        (tmp_path / "token").write_text("newer")
    bring(run)
    assert run.losses() == (0, 0)
    assert len(panda.tasks) == 2


def test_what_would_be_sent_is_what_is_sent(panda: FakePanda, start: Start) -> None:
    """Parameters that were noted before a submission are those that the server got."""
    run = start(command="echo {n} > {out}")
    with run.driven():
        pass
    noted = [json.loads(path.read_bytes()) for path in (run.workdir / "arrays").glob("*/engine/panda.json")]
    sent = [task.parameters for task in panda.tasks.values()]
    assert sorted(noted, key=lambda each: each["taskName"]) == sorted(sent, key=lambda each: each["taskName"])
