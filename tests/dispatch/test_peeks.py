"""Logs of jobs that run elsewhere are fetched while somebody looks; whatever happens, the run goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from recast.dispatch.peeks import Peeks
from recast.engine import Engine
from recast.errors import ExecutorError, RecastError
from tests.waiting import until

SAID = b"line 1\nline 2\nline 3\n"


class Away:
    """A batch system that shows the log of a job, a few bytes at a time."""

    def __init__(self, trouble: RecastError | None = None) -> None:
        self.possible, self.trouble, self.asked, self.opened = trouble is None, trouble, 0, 0

    def read(self, run: Any, offset: int) -> bytes:
        self.asked += 1
        return b"" if self.trouble else SAID[offset : offset + 5]

    @contextmanager
    def __call__(self) -> Iterator[Away]:
        self.opened += 1
        yield self


def _engine(state: bool = True) -> Engine:
    run = SimpleNamespace(in_flight=state, job_id="r-1-1", native_id="17")
    return cast(Engine, SimpleNamespace(runs={"/fit/0": run}))


def test_a_log_is_fetched_while_somebody_looks(tmp_path: Path) -> None:
    steps, said, away = list[str](), list[str](), Away()
    peeks = Peeks(tmp_path, _engine(), lambda _: list(steps), away, said.append, every_s=0.01)
    fetched = tmp_path / "peeked/r-1-1.log"
    assert not away.asked
    steps += ["/fit/0", "/none/0"]
    until(lambda: fetched.exists() and fetched.read_bytes() == SAID, "the log is there")
    assert fetched.stat().st_mode & 0o077 == 0 and fetched.parent.stat().st_mode & 0o077 == 0
    steps.clear()
    until(lambda: away.opened == 1, "it was opened once")
    (tmp_path / "jobs/r-1-1").mkdir(parents=True)
    (tmp_path / "jobs/r-1-1/log").write_bytes(SAID)
    peeks.close()
    assert not fetched.parent.exists() and said == []


def test_what_cannot_be_shown_is_said_once(tmp_path: Path) -> None:
    said, away = list[str](), Away(ExecutorError("There is no condor_tail", why="not installed"))
    peeks = Peeks(tmp_path, _engine(), lambda _: ["/fit/0"], away, said.append, every_s=0.01)
    until(lambda: said, "it is said")
    peeks.close()
    assert len(said) == 1 and "condor_tail" in said[0] and not (tmp_path / "peeked").exists()


def test_a_fault_ends_nothing(tmp_path: Path) -> None:
    said = list[str]()

    def wanted(_: float) -> list[str]:
        raise ValueError("what nobody foresaw")

    peeks = Peeks(tmp_path, _engine(), wanted, Away(), said.append, every_s=0.01)
    until(lambda: len(said) > 2, "it goes on")
    peeks.close()


def test_a_log_that_is_here_is_not_asked_for(tmp_path: Path) -> None:
    away, looked = Away(), list[float]()
    (tmp_path / "jobs/r-1-1").mkdir(parents=True)
    (tmp_path / "jobs/r-1-1/log").write_bytes(SAID)

    def wanted(within_s: float) -> list[str]:
        looked.append(within_s)
        return ["/fit/0"]

    peeks = Peeks(tmp_path, _engine(), wanted, away, print, every_s=0.01)
    until(lambda: len(looked) > 5, "somebody looks")
    peeks.close()
    assert away.asked == 0
