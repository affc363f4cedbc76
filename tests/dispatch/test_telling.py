"""What is said while a run goes on: through a thread, in order, once; and what nobody may learn by it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from recast.dispatch import voice as voice_module
from recast.dispatch.points_told import words_of
from recast.dispatch.spoken import say, unfailing
from recast.dispatch.voice import Voice
from recast.ledger import LeaseLost, Ledger, LedgerUnavailable
from recast.ledger.pictures import Picture
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
        self.time = 0.0
        self.pictures: list[Any] = []
        self.work = self.snapshots = self

    def renew(self, lease: Lease, _lease_s: float) -> Lease:
        self._check()
        return lease

    def now(self) -> float:
        return self.time

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
    voice.show(Picture({"number": 1}, {0: {"id": "/a"}, 1: {"id": "/b"}}, whole=True))
    voice.show(Picture({"number": 2}, {1: {"id": "/b", "state": "running"}}))
    assert said == []
    ledger.away = False
    assert voice.close(30.0)
    assert said == [0, 1, 2, 3, 4]
    steps = {0: {"id": "/a"}, 1: {"id": "/b", "state": "running"}}
    assert ledger.pictures[-1] == Picture({"number": 2}, steps, whole=True)


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


class Grumbling(Scripted):
    """A ledger that has a fault with one of the things that are said, or with heartbeats."""

    def __init__(self) -> None:
        super().__init__()
        self.heart_is_well = True

    def renew(self, lease: Lease, lease_s: float) -> Lease:
        if not self.heart_is_well:
            raise ZeroDivisionError("a fault of the heart")
        return super().renew(lease, lease_s)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice_module, "_FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(voice_module, "_LONGEST_PAUSE_S", 0.001)


def full_disk(_text: str) -> None:
    raise OSError(28, "No space left on device")


def test_a_log_that_is_full_ends_nothing(impatient: None) -> None:
    ledger, said = Scripted(), list[int]()
    voice = Voice(cast("Ledger", ledger), LEASE, "r1", 60.0, lambda: None, full_disk)
    ledger.away = True
    voice.say(saying(ledger, said, 1))
    ledger.away = False
    assert voice.close(30.0) and said == [1]


def test_lines_of_the_log_are_lost_where_they_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def write(self, _text: str) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("sys.stderr", Full())
    say("nobody reads this")
    unfailing(full_disk)("nor this")


def test_what_meets_a_fault_again_and_again_is_set_aside_and_the_rest_is_said(impatient: None) -> None:
    ledger, said, told = Scripted(), list[int](), list[str]()
    voice = Voice(cast("Ledger", ledger), LEASE, "r1", 60.0, lambda: None, told.append)

    def bad(_ledger: Ledger, _lease: Lease) -> None:
        raise ZeroDivisionError("a fault of ours")

    for one in (saying(ledger, said, 1), bad, saying(ledger, said, 2)):
        voice.say(one)
    assert voice.close(30.0)
    assert [number for number in said if number == 2] == [2] and 1 in said
    assert sum("a fault of ours" in line for line in told) >= 5 and "what met it is not said" in told


def test_a_heart_with_a_fault_costs_nothing_that_is_said(impatient: None) -> None:
    ledger, said, told = Grumbling(), list[int](), list[str]()
    ledger.heart_is_well = False
    voice = Voice(cast("Ledger", ledger), LEASE, "r1", 60.0, lambda: None, told.append)
    voice.say(saying(ledger, said, 1))
    until(lambda: len(told) > 20, "many faults")
    assert said == []
    ledger.heart_is_well = True
    assert voice.close(30.0) and said == [1]


def test_a_lease_is_renewed_as_soon_as_either_clock_says_so(impatient: None) -> None:
    ledger, renewed = Scripted(), list[float]()
    lease = replace(LEASE, until=60.0)

    def renew(it: Lease, lease_s: float) -> Lease:
        renewed.append(ledger.time)
        return replace(it, until=ledger.time + lease_s)

    ledger.renew = renew  # type: ignore[method-assign]
    voice = Voice(cast("Ledger", ledger), lease, "r1", 60.0, lambda: None, lambda _: None)
    until(lambda: renewed, "the first heartbeat")
    ledger.time = 3600.0  # the machine has slept, and the other clock stood still
    voice.show(Picture({}))
    until(lambda: 3600.0 in renewed, "the next one")
    assert voice.close(30.0) and len(renewed) == 2
