"""What is said while a run goes on: through a thread, in order, once; and what nobody may learn by it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, cast

import pytest

from recast.dispatch.points_told import words_of
from recast.dispatch.voice import Voice
from recast.ledger import LeaseLost, Ledger, LedgerUnavailable
from recast.ledger.work import Lease
from recast.runs.point_results import PointEnd
from recast.store import ArtifactStore, CachedStep, StepCache
from tests.waiting import until

LEASE = Lease(1, "run", "q1", 3, "me", 1, 0.0, 1)
KEY = "sha256:" + "0" * 64


class Scripted:
    """A ledger that is away, or lost to others, as a test says."""

    def __init__(self) -> None:
        self.away = False
        self.lost = False
        self.pictures: list[Any] = []
        self.work = self.snapshots = self

    def renew(self, lease: Lease, _lease_s: float) -> Lease:
        self._check()
        return lease

    def now(self) -> float:
        return 0.0

    def looked(self, _run: str, _within_s: float) -> bool:
        return False

    def write(self, _lease: Lease, _run: str, picture: Any) -> None:
        self._check()
        self.pictures.append(picture)

    def together(self) -> AbstractContextManager[None]:
        return nullcontext()

    def _check(self) -> None:
        if self.away:
            raise LedgerUnavailable("away", why="the test says so")
        if self.lost:
            raise LeaseLost("lost", why="the test says so")


@pytest.fixture
def ledger() -> Scripted:
    return Scripted()


@pytest.fixture
def voice(ledger: Scripted) -> Iterator[Voice]:
    voice = Voice(cast("Ledger", ledger), LEASE, "r1", 60.0, lambda: None, lambda _: None)
    yield voice
    voice.close(5.0)


def saying(ledger: Scripted, said: list[int], number: int) -> Callable[[Ledger, Lease], None]:
    def say(_ledger: Ledger, _lease: Lease) -> None:
        ledger._check()
        said.append(number)

    return say


def test_what_is_said_is_written_in_its_order_and_once(ledger: Scripted, voice: Voice) -> None:
    said: list[int] = []
    for number in range(100):
        voice.say(saying(ledger, said, number))
    assert voice.close(30.0)
    assert said == list(range(100))


def test_a_ledger_that_is_away_loses_nothing(ledger: Scripted, voice: Voice) -> None:
    said: list[int] = []
    ledger.away = True
    for number in range(5):
        voice.say(saying(ledger, said, number))
    voice.show({"number": 1})
    voice.show({"number": 2})
    assert said == []
    ledger.away = False
    assert voice.close(30.0)
    assert said == [0, 1, 2, 3, 4]
    assert ledger.pictures == [{"number": 2}]


def test_who_has_lost_the_lease_says_nothing_more(ledger: Scripted) -> None:
    told = threading.Event()
    said: list[int] = []
    ledger.lost = True
    voice = Voice(cast("Ledger", ledger), LEASE, "r1", 60.0, told.set, lambda _: None)
    voice.say(saying(ledger, said, 1))
    until(told.is_set, "the word that it is lost")
    assert not voice.close(5.0)
    assert voice.is_lost and said == []


def test_reasons_are_safe_to_show() -> None:
    told = words_of(PointEnd(reason="\x1b[31mred\u202e https://x/?token=abcdefghij " + "x" * 5000))["reason"]
    assert "\x1b" not in told and "\u202e" not in told and "abcdefghij" not in told
    assert len(told) < 2100
    assert words_of(PointEnd([{"type": "limit"}])) == {"results": [{"type": "limit"}]}


def test_rooms_of_the_cache(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    common, mine, yours = StepCache(store), StepCache(store, "request-a"), StepCache(store, "request-b")
    step = CachedStep(KEY, (), {"x": 1}, "run step")
    mine.add([step])
    assert mine.look_up([KEY]) == {KEY: step}
    assert common.look_up([KEY]) == yours.look_up([KEY]) == {}
    common.add([CachedStep(KEY, (), {"x": 2}, "another")])
    assert yours.look_up([KEY])[KEY].document == {"x": 2}
    assert mine.look_up([KEY]) == {KEY: step}
    for cache in (common, mine, yours):
        cache.close()
