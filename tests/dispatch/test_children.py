"""One process waits for work, so that a run begins at once; without a dispatcher it ends by itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from recast.dispatch.children import Children
from recast.dispatch.order import ENDED, ChildOrder
from recast.dispatch.settings import DispatchSettings
from recast.ledger.work import Lease
from tests.waiting import BOUND_S, until

LEASE = Lease(7, "run", "q1", 3, "me", 1, 0.0, 1)


@pytest.fixture
def children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Children]:
    """Children that write down what they are told, and end then."""
    children = Children("sqlite:///x", DispatchSettings(), cast("Any", None), tmp_path / "logs", lambda _: None)

    def process() -> subprocess.Popen[bytes]:
        with (tmp_path / "said").open("ab") as said:
            return subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=said)

    monkeypatch.setattr(children, "_process", process)
    monkeypatch.setattr(children, "_others", list)
    monkeypatch.setattr(children, "_give_back", lambda _lease: None)
    yield children
    children.end(BOUND_S)


def waiting(children: Children) -> subprocess.Popen[bytes]:
    assert children._waiting is not None
    return children._waiting


def test_work_is_given_to_the_process_that_waits(children: Children, tmp_path: Path) -> None:
    children.be_ready()
    process = waiting(children)
    children.be_ready()
    assert waiting(children) is process
    assert len(children) == 0 and children.work == []
    children.start(LEASE)
    assert [*children._children] == [process.pid] and children._waiting is None
    until(lambda: (tmp_path / "said").read_bytes().endswith(b"\n"), "the order")
    order = ChildOrder.of_text((tmp_path / "said").read_text())
    assert order.lease == LEASE and order.log == str(tmp_path / "logs/work-7.log")


def test_one_that_has_died_waiting_gets_no_work(children: Children) -> None:
    children.be_ready()
    process = waiting(children)
    process.kill()
    process.communicate()
    children.start(LEASE)
    assert process.pid not in children._children and len(children) == 1


def test_a_child_without_a_dispatcher_does_nothing() -> None:
    command = [sys.executable, "-W", "error", "-m", "recast.dispatch.child"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=BOUND_S)
    assert (done.returncode, done.stdout, done.stderr) == (ENDED, b"", b"")
