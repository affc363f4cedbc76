"""Work is had by one at a time, whatever clocks and processes do."""

from __future__ import annotations

import threading

import pytest

from recast.ledger import LeaseLost, Ledger
from tests.ledger.conftest import Clock
from tests.ledger.making import CONTACT, FACTS, accepted


def wanted(ledger: Ledger, count: int = 1) -> list[str]:
    """Ask for runs of some requests."""
    made = [accepted(ledger).id for _ in range(count)]
    for request in made:
        ledger.act(request, "run", CONTACT, {}, facts=FACTS)
    return made


def test_work_is_taken_once_and_in_order(ledger: Ledger) -> None:
    made = wanted(ledger, 2)
    leases = [ledger.work.take("d", ["run"], 60) for _ in range(3)]

    assert [lease.request if lease else None for lease in leases] == [*made, None]


def test_many_dispatchers_share_the_work(ledger: Ledger) -> None:
    made, taken = wanted(ledger, 6), []

    def dispatch(name: str) -> None:
        while (lease := ledger.work.take(name, ["run"], 60)) is not None:
            taken.append(lease.request)
            ledger.work.finish(lease, {})

    threads = [threading.Thread(target=dispatch, args=(f"d{number}",)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken) == sorted(made)


def test_a_heartbeat_keeps_work_and_silence_loses_it(ledger: Ledger, clock: Clock) -> None:
    wanted(ledger)
    lease = ledger.work.take("d1", ["run"], 60)
    assert lease is not None
    clock.now += 50
    lease = ledger.work.renew(lease, 60)
    clock.now += 50
    assert ledger.work.take("d2", ["run"], 60) is None
    clock.now += 11

    second = ledger.work.take("d2", ["run"], 60)
    assert second is not None and second.tries == 2
    for write in (
        lambda: ledger.work.renew(lease, 60),
        lambda: ledger.work.finish(lease, {}),
        lambda: ledger.work.postpone(lease, 1, "busy"),
        lambda: ledger.runs.note(lease, "r1", {}),
    ):
        with pytest.raises(LeaseLost):
            write()
    ledger.work.finish(second, {"ok": True})
    with pytest.raises(LeaseLost):
        ledger.work.renew(second, 60)


def test_a_clock_that_jumps_gives_work_to_nobody_twice(ledger: Ledger, clock: Clock) -> None:
    wanted(ledger)
    first = ledger.work.take("d1", ["run"], 60)
    clock.now += 1e6
    second = ledger.work.take("d2", ["run"], 60)
    clock.now -= 2e6
    assert first is not None and second is not None

    assert ledger.work.take("d3", ["run"], 60) is None
    with pytest.raises(LeaseLost):
        ledger.work.finish(first, {})
    ledger.work.finish(second, {})


def test_work_can_be_given_back(ledger: Ledger, clock: Clock) -> None:
    wanted(ledger)
    lease = ledger.work.take("d1", ["run"], 60)
    assert lease is not None
    ledger.work.postpone(lease, 30, "the queue is full")
    assert ledger.work.take("d1", ["run"], 60) is None
    clock.now += 31
    assert ledger.work.take("d2", ["run"], 60) is not None


def test_a_run_is_known_before_it_exists(ledger: Ledger) -> None:
    (request,) = wanted(ledger)
    lease = ledger.work.take("d1", ["run"], 60)
    assert lease is not None
    ledger.runs.note(lease, "r1", {"points": ["p1"]})
    assert [(run.id, run.state, run.folder) for run in ledger.runs.unfinished()] == [("r1", "noted", "")]

    ledger.runs.placed(lease, "r1", "/runs/r1")
    assert ledger.runs.of_request(request)[0].folder == "/runs/r1"
    ledger.runs.wish_cancel("r1", "ucontact")
    assert ledger.runs.get("r1").cancel_wished_by == "ucontact"
    ledger.runs.ended(lease, "r1")
    assert ledger.runs.unfinished() == [] and ledger.runs.of_work(lease.id)[0].state == "ended"


def test_pictures_of_a_run_replace_each_other(ledger: Ledger, clock: Clock) -> None:
    wanted(ledger)
    lease = ledger.work.take("d1", ["run"], 60)
    assert lease is not None
    ledger.runs.note(lease, "r1", {})
    assert ledger.snapshots.read("r1") is None
    ledger.snapshots.write(lease, "r1", {"steps": 1})
    ledger.snapshots.write(lease, "r1", {"steps": 2})

    found = ledger.snapshots.read("r1")
    assert found is not None and (found.number, found.document) == (2, {"steps": 2})
    assert not ledger.snapshots.looked("r1", 30)
    ledger.snapshots.look("r1")
    assert ledger.snapshots.looked("r1", 30)
    clock.now += 31
    assert not ledger.snapshots.looked("r1", 30)
