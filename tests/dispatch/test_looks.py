"""One look of the dispatcher, and its minutes: what goes wrong in one part stops no other; clocks and hosts may lie."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import insert, select, update

from recast.dispatch import children as children_module
from recast.dispatch.children import Children
from recast.dispatch.clockwork import Clockwork
from recast.dispatch.dispatcher import Dispatcher
from recast.dispatch.housekeeping import Housekeeping
from recast.dispatch.jumps import Jumps
from recast.dispatch.owners import is_here, is_living, is_process, new_owner
from recast.dispatch.settings import DispatchSettings
from recast.journal import RunLock
from recast.ledger import Ledger, Once, tables
from recast.ledger.ledger import Ledger as LedgerClass
from recast.ledger.people.tables import USERS, USES
from recast.ledger.pictures import Picture
from recast.ledger.steps import WantedSteps
from recast.ledger.tidy import PICTURE_S
from recast.ledger.work import Lease
from recast.moments import moment
from recast.paths import Places
from tests.ledger.conftest import Clock
from tests.ledger.making import CONTACT, FACTS, MACHINE, OWNER, accepted, drafted
from tests.waiting import until

DAY_S = 86400.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> Iterator[Ledger]:
    with Ledger(f"sqlite:///{tmp_path}/ledger.sqlite", clock, tmp_path / "artifacts") as ledger:
        yield ledger


class Scene:
    """A dispatcher whose children are not started."""

    def __init__(self, ledger: Ledger, folder: Path, owner: str = "") -> None:
        self.said: list[str] = []
        self.started: list[Lease] = []
        self.settings = DispatchSettings(most_tries=3)
        self.children = Children("", self.settings, ledger, folder / "logs", self.said.append)
        self.children.start = self.started.append  # type: ignore[method-assign]
        clockwork = Clockwork(ledger, self.said.append, lambda _: "")
        owner = owner or new_owner()
        self.it = Dispatcher(ledger, self.children, clockwork, self.settings, owner, self.said.append, Jumps(1.0))


def run_wanted(ledger: Ledger) -> str:
    request = accepted(ledger).id
    ledger.act(request, "run", CONTACT, {}, facts=FACTS)
    return request


def test_a_part_that_fails_leaves_the_others(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(ledger, tmp_path)
    run_wanted(ledger)
    monkeypatch.setattr(Children, "reap", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        scene.it.look()
    assert len(scene.started) == 1


def test_work_that_cannot_be_started_waits(ledger: Ledger, tmp_path: Path, clock: Clock) -> None:
    scene = Scene(ledger, tmp_path)
    run_wanted(ledger)

    def no_process(_lease: Lease) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    scene.children.start = no_process  # type: ignore[method-assign]
    assert scene.it.look() and ledger.work.waiting() == 1
    assert not scene.it.look()
    clock.now += 16
    scene.children.start = scene.started.append  # type: ignore[method-assign]
    assert scene.it.look() and len(scene.started) == 1


def test_processes_that_end_without_a_word_are_not_started_for_ever(
    ledger: Ledger, tmp_path: Path, clock: Clock
) -> None:
    scene = Scene(ledger, tmp_path)
    request = run_wanted(ledger)
    for _ in range(10):
        scene.it.look()
        clock.now += 61
    assert len(scene.started) == 3  # the first, and two that might have been better
    done = ledger.request(request)
    assert {point.state for point in done.points} == {"open"} and "without a word" in done.points[0].reason
    assert not done.run_wanted and ledger.runs.unfinished() == [] and ledger.work.waiting() == 0


def test_a_child_that_ends_without_a_word_gives_its_work_back_at_once(
    ledger: Ledger, tmp_path: Path, clock: Clock
) -> None:
    run_wanted(ledger)
    lease = ledger.work.take("d", ["run"], 60)
    assert lease is not None
    scene = Scene(ledger, tmp_path)
    ends = {3: 0, 75: 1, 76: 2, 0: 3}
    for code in ends:
        process = subprocess.Popen([sys.executable, "-c", f"raise SystemExit({code})"])
        process.wait()
        scene.children._children[process.pid] = children_module._Child(cast("Any", process), lease)
        scene.children.reap()
        assert len(scene.children) == 0
    clock.now += 5
    again = ledger.work.take("d", ["run"], 60)
    assert again is not None and again.silent_ends == 1


def test_a_cancel_that_comes_before_a_child_has_begun_is_not_lost(ledger: Ledger, tmp_path: Path) -> None:
    scene = Scene(ledger, tmp_path)
    request = run_wanted(ledger)
    scene.it.look()
    ledger.act(request, "cancel", CONTACT, {}, facts=FACTS)
    while scene.it.look():
        pass
    done = ledger.request(request)
    assert (done.cancel_wanted, done.run_wanted, done.runs) == (False, False, ())
    assert ledger.work.waiting() == 0 and ledger.act(request, "run", CONTACT, {}, facts=FACTS).run_wanted


def test_a_run_that_is_asked_for_after_a_cancel_is_not_cancelled(ledger: Ledger, tmp_path: Path) -> None:
    scene = Scene(ledger, tmp_path)
    request = run_wanted(ledger)
    ledger.act(request, "cancel", CONTACT, {}, facts=FACTS)
    ledger.act(request, "run", CONTACT, {}, facts=FACTS)
    while scene.it.look():
        pass
    assert ledger.request(request).run_wanted and len(scene.started) == 1


# whose drivers ------------------------------------------------------------------------------------------------------


def driven(ledger: Ledger, folder: Path, owner: str) -> tuple[str, subprocess.Popen[bytes]]:
    """A run that a process drives, whose work an owner has."""
    request = run_wanted(ledger)
    lease = ledger.work.take(owner, ["run"], 60)
    assert lease is not None
    run = f"r{len(ledger.runs.unfinished())}"
    ledger.act(request, "start-run", MACHINE, {"run": run, "points": ["p1", "p2"]}, lease=lease)
    ledger.runs.note(lease, run, {})
    (folder / run).mkdir()
    ledger.runs.placed(lease, run, str(folder / run))
    hold = (
        "import sys, time\nfrom pathlib import Path\nfrom recast.journal import RunLock\n"
        "with RunLock(Path(sys.argv[1])):\n    time.sleep(1000)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", hold, str(folder / run / "lock")])
    until(lambda: RunLock(folder / run / "lock").holder() == process.pid, "the driver")
    return request, process


@pytest.fixture
def living() -> Iterator[str]:
    """The name of a dispatcher that lives."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)", "dispatch"])
    # For a moment after its start a process has no command yet, like one that has ended.
    until(lambda: Path(f"/proc/{process.pid}/cmdline").read_bytes(), "its command is known")
    yield f"{os.uname().nodename}:{process.pid}:1234"
    process.kill()
    process.wait()


def test_a_dispatcher_ends_the_drivers_of_none_that_lives(ledger: Ledger, tmp_path: Path, living: str) -> None:
    gone = f"{os.uname().nodename}:{2**22 + 1}:1234"
    _, theirs = driven(ledger, tmp_path, living)
    _, left = driven(ledger, tmp_path, gone)
    _, elsewhere = driven(ledger, tmp_path, "another-host:1:1234")
    scene = Scene(ledger, tmp_path)
    try:
        assert scene.children.room == scene.settings.most_runs - 1
        scene.children.end(0.1)
        assert left.wait(30) == -signal.SIGTERM
        assert theirs.poll() is None and elsewhere.poll() is None
    finally:
        for process in (theirs, left, elsewhere):
            process.kill()
            process.wait()


def test_a_process_that_is_somebody_elses_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(_pid: int, _number: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "kill", forbidden)
    assert not children_module._signal(1, signal.SIGTERM)
    assert is_process(1)


def test_an_owner_says_its_host_and_whether_it_lives(living: str) -> None:
    assert is_here(new_owner()) and not is_here("") and not is_here("elsewhere:1:2")
    assert is_living(living) and not is_living("") and not is_living(f"h:{os.getppid()}x:1")


# minutes ------------------------------------------------------------------------------------------------------------


class Ticks:
    """A clock that goes forwards."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_clock_that_is_wrong_for_a_moment_ends_no_request(ledger: Ledger, clock: Clock) -> None:
    request = drafted(ledger).id
    ledger.act(request, "submit", OWNER, {}, facts=replace(FACTS, has_contact=True))
    ticks = Ticks()
    clockwork = Clockwork(ledger, lambda _: None, lambda _: "", steady=ticks)

    def minutes(count: int) -> None:
        for _ in range(count):
            clockwork.tick()
            ticks.now += 61

    clock.now += 100 * DAY_S
    minutes(1)
    clock.now -= 100 * DAY_S
    minutes(5)
    assert ledger.request(request).state == "submitted"
    clock.now += 100 * DAY_S
    minutes(4)
    assert ledger.request(request).state == "expired"


def test_one_request_with_a_fault_keeps_no_other_from_its_deadline(
    ledger: Ledger, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [drafted(ledger).id for _ in range(3)]
    for request in made:
        ledger.act(request, "submit", OWNER, {}, facts=replace(FACTS, has_contact=True))
    clock.now += 100 * DAY_S
    real = LedgerClass.request
    monkeypatch.setattr(LedgerClass, "request", lambda it, name: 1 / 0 if name == bad else real(it, name))
    bad, said, ticks = sorted(made)[0], list[str](), Ticks()
    clockwork = Clockwork(ledger, said.append, lambda _: "", steady=ticks)
    for _ in range(4):
        clockwork.tick()
        ticks.now += 61
    monkeypatch.undo()
    assert sorted(ledger.request(it).state for it in made) == ["expired", "expired", "submitted"]
    assert any(f"deadline of {bad}: ZeroDivisionError" in line for line in said)


def test_clocks_that_part_are_noticed() -> None:
    wall, steady = Ticks(), Ticks()
    jumps = Jumps(30.0, wall, steady)

    def after(seconds: float, more: float = 0.0) -> bool:
        steady.now += seconds
        wall.now += seconds + more
        return jumps.settled()

    assert after(10) and after(1000)
    assert not after(1, 3600) and not after(20) and after(11)  # it was set, or the machine has slept
    assert not after(1, -3600) and after(31)


# once an hour -------------------------------------------------------------------------------------------------------


def test_what_is_old_is_removed_and_nothing_else(ledger: Ledger, tmp_path: Path, clock: Clock) -> None:
    request, run = run_with_picture(ledger)
    with ledger.writing() as connection:
        connection.execute(insert(USERS).values(id="uowner", name="Anna", created="2026-01-01T00:00:00Z"))
        use = {"user": "uowner", "what": "core_hours", "amount": 1.0}
        for name, age in (("old", 70 * DAY_S), ("new", DAY_S)):
            connection.execute(insert(USES).values(**use, reference=name, at=moment(clock.now - age)))
        note = {"person": "uowner", "urgency": "now", "text": "submitted", "not_before": 0.0, "request": request}
        for event, sent in ((1, clock.now - 40 * DAY_S), (2, clock.now - DAY_S), (3, None)):
            connection.execute(insert(tables.outbox).values(**note, event=event, sent=sent))
    folders = {name: tmp_path / "dispatch" / name for name in ("old", "new", "logs", run)}
    for folder in folders.values():
        folder.mkdir(parents=True)
    scratch = tmp_path / "artifacts/tmp"
    scratch.mkdir(parents=True)
    files = [folders["logs"] / "work-1.log", folders["logs"] / "work-2.log", scratch / "upload-1", scratch / "upload-2"]
    for path in files:
        path.touch()
    for path in (folders["old"], files[0], files[2]):
        os.utime(path, (time.time() - 100 * DAY_S,) * 2)

    said: list[str] = []
    keeper = Housekeeping(ledger, Places(tmp_path, tmp_path, tmp_path, tmp_path), said.append)
    keeper.do()
    assert said == []
    assert [path.exists() for path in folders.values()] == [False, True, True, True]
    assert [path.exists() for path in files] == [False, True, False, True]
    with ledger.reading() as connection:
        assert connection.scalars(select(USES.c.reference)).all() == ["new"]
        left = connection.scalars(select(tables.outbox.c.event).where(tables.outbox.c.person == "uowner")).all()
    assert {2, 3} <= set(left) and 1 not in left
    assert ledger.snapshots.steps.count(run, WantedSteps()) == 1

    clock.now += PICTURE_S + DAY_S  # mail that nobody could send is not news any more
    keeper.do()
    assert ledger.outbox.waiting() == 0
    picture = ledger.snapshots.read(run)
    assert picture is not None and picture.summary == {"state": "succeeded"} and picture.number == 1
    assert ledger.snapshots.steps.count(run, WantedSteps()) == 0


def run_with_picture(ledger: Ledger) -> tuple[str, str]:
    request = run_wanted(ledger)
    lease = ledger.work.take("d", ["run"], 60)
    assert lease is not None
    ledger.act(request, "start-run", MACHINE, {"run": "r1", "points": ["p1", "p2"]}, lease=lease)
    ledger.runs.note(lease, "r1", {})
    ledger.snapshots.write(lease, "r1", Picture({"state": "succeeded"}, {0: {"id": "/a"}}))
    ledger.runs.ended(lease, "r1")
    return request, "r1"


def test_old_keys_and_changes_are_forgotten(ledger: Ledger, tmp_path: Path, clock: Clock) -> None:
    ledger.act(None, "draft", OWNER, {"title": "x"}, facts=FACTS, once=Once("key", "digest"))
    with ledger.writing() as connection:
        connection.execute(update(tables.changes).values(number=1))
        connection.execute(insert(tables.changes).values(number=200_000, kind="run", id="r"))
    clock.now += 2 * DAY_S
    Housekeeping(ledger, Places(tmp_path, tmp_path, tmp_path, tmp_path), lambda _: None).do()
    with ledger.reading() as connection:
        assert connection.scalars(select(tables.changes.c.number)).all() == [200_000]
        assert connection.execute(select(tables.once)).all() == []


def test_housekeeping_has_its_hour_and_does_not_trust_a_clock_that_has_jumped(ledger: Ledger, tmp_path: Path) -> None:
    wall, steady, done = Ticks(), Ticks(), list[float]()
    keeper = Housekeeping(
        ledger, Places(tmp_path, tmp_path, tmp_path, tmp_path), str, Jumps(600.0, wall, steady), steady
    )
    keeper.do = lambda: done.append(steady.now)  # type: ignore[method-assign]

    def minute(jump_s: float = 0.0) -> None:
        keeper()
        steady.now += 60
        wall.now += 60 + jump_s

    for _ in range(129):
        minute()
    minute(400 * DAY_S)
    for _ in range(25):
        minute()
    assert done == [1600.0, 5200.0, 9400.0]  # the third ten minutes after the jump


def test_a_fault_in_one_part_leaves_the_others(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(ledger.changes), "forget", lambda _: 1 / 0)
    upload = tmp_path / "artifacts/tmp/upload-1"
    upload.parent.mkdir(parents=True)
    upload.touch()
    os.utime(upload, (0, 0))
    said: list[str] = []
    Housekeeping(ledger, Places(tmp_path, tmp_path, tmp_path, tmp_path), said.append).do()
    assert not upload.exists() and len(said) == 1
