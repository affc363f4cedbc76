"""Work is had by one at a time, whatever clocks and processes do."""

from __future__ import annotations

import threading

import pytest

from recast.dispatch.ending import begin_run, end_run, give_up
from recast.ledger import LeaseLost, Ledger, tables
from recast.ledger.pictures import Picture
from recast.ledger.runs import wish_cancel
from recast.ledger.steps import WantedSteps
from recast.ledger.work import Lease
from tests.ledger.conftest import Clock
from tests.ledger.making import CONTACT, FACTS, MACHINE, accepted


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
    with ledger.writing() as connection:
        wish_cancel(connection, tables.runs.c.id == "r1", "ucontact")
    assert ledger.runs.get("r1").cancel_wished_by == "ucontact"
    ledger.runs.ended(lease, "r1")
    assert ledger.runs.unfinished() == [] and ledger.runs.of_work(lease.id)[0].state == "ended"


def test_pictures_of_a_run_replace_each_other(ledger: Ledger, clock: Clock) -> None:
    wanted(ledger)
    lease = ledger.work.take("d1", ["run"], 60)
    assert lease is not None
    ledger.runs.note(lease, "r1", {})
    assert ledger.snapshots.read("r1") is None
    steps = {at: {"id": f"/s/{at}", "counted": "waiting"} for at in range(3)}
    ledger.snapshots.write(lease, "r1", Picture({"said": 1}, steps, whole=True))
    ledger.snapshots.write(lease, "r1", Picture({"said": 2}, {1: {"id": "/s/1", "counted": "done"}}))

    found = ledger.snapshots.read("r1")
    assert found is not None and (found.number, found.summary) == (2, {"said": 2})
    changed = ledger.snapshots.steps.changed("r1", 1, 10)
    assert [(it.place, it.document["counted"]) for it in changed.steps] == [(1, "done")] and changed.total == 1
    many = ledger.snapshots.steps.changed("r1", 0, 2)
    assert many.total == 3 and not many.steps
    whole = ledger.snapshots.steps.find("r1", WantedSteps(), 0, 10)
    assert [it.document["counted"] for it in whole.steps] == ["waiting", "done", "waiting"]
    ledger.snapshots.write(lease, "r1", Picture({}, {0: {"id": "/other"}}, whole=True))
    assert ledger.snapshots.steps.count("r1", WantedSteps()) == 1 and ledger.snapshots.steps.get("r1", "/s/1") is None
    assert not ledger.snapshots.looked("r1", 30)
    ledger.snapshots.look("r1")
    assert ledger.snapshots.looked("r1", 30)
    clock.now += 31
    assert not ledger.snapshots.looked("r1", 30)


def test_a_cancel_drops_what_has_no_run_and_hurries_what_has_one(ledger: Ledger, clock: Clock) -> None:
    """Whoever has taken the first has begun nothing, and cannot begin any more; the second ends in order."""
    begun, not_begun = wanted(ledger, 2)
    first = ledger.work.take("d1", ["run"], 60)
    assert first is not None and first.request == begun
    ledger.act(begun, "start-run", MACHINE, {"run": "r1", "points": ["p1", "p2"]}, lease=first)
    ledger.runs.note(first, "r1", {})
    ledger.work.postpone(first, 900, "the machines failed", failed=True)
    second = ledger.work.take("d1", ["run"], 60)
    assert second is not None and second.request == not_begun

    for request in (begun, not_begun):
        ledger.act(request, "cancel", CONTACT, {}, facts=FACTS)
    with pytest.raises(LeaseLost):
        ledger.runs.note(second, "r2", {})
    again = ledger.work.take("d1", ["run"], 60)
    assert again is not None and again.request == begun and ledger.runs.get("r1").cancel_wished_by == CONTACT.user
    assert ledger.work.take("d1", ["run"], 60) is None


def test_a_run_is_noted_and_begun_at_once_or_not_at_all(ledger: Ledger) -> None:
    (request,) = wanted(ledger)
    lease = ledger.work.take("d1", ["run"], 60)
    assert lease is not None
    run = begin_run(ledger, lease)
    assert ledger.request(request).runs == (run,) == tuple(it.id for it in ledger.runs.of_work(lease.id))

    (other,) = wanted(ledger)
    late = ledger.work.take("d1", ["run"], 60)
    assert late is not None
    ledger.act(other, "cancel", CONTACT, {}, facts=FACTS)
    assert begin_run(ledger, late) == ""
    ledger.act(other, "run", CONTACT, {}, facts=FACTS)
    with pytest.raises(LeaseLost):
        begin_run(ledger, late)
    assert ledger.request(other).runs == () and ledger.runs.of_request(other) == []


def test_the_end_of_a_run_is_one_transaction(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    (request,) = wanted(ledger)
    lease = ledger.work.take("d1", ["run"], 60)
    assert lease is not None
    run = begin_run(ledger, lease)
    with monkeypatch.context() as broken:
        broken.setattr(ledger.runs, "ended", lambda *_: (_ for _ in ()).throw(ZeroDivisionError))
        with pytest.raises(ZeroDivisionError):
            end_run(ledger, lease, run, "the machines failed", {}, {})
    assert {point.state for point in ledger.request(request).points} == {"running"}
    end_run(ledger, lease, run, "the machines failed", {}, {})
    assert {point.state for point in ledger.request(request).points} == {"open"}
    assert ledger.runs.unfinished() == [] and ledger.work.waiting() == 0


@pytest.mark.parametrize("begun", [True, False])
def test_work_that_is_given_up_leaves_its_points_with_a_reason(ledger: Ledger, *, begun: bool) -> None:
    (request,) = wanted(ledger)
    lease = ledger.work.take("d1", ["run"], 60)
    assert lease is not None
    if begun:
        begin_run(ledger, lease)
    give_up(ledger, lease, "nobody knows why")
    done = ledger.request(request)
    assert {(point.state, point.reason) for point in done.points} == {("open", "nobody knows why")}
    assert not done.run_wanted and ledger.runs.unfinished() == [] and ledger.audit_holds() == []
    assert ledger.act(request, "run", CONTACT, {}, facts=FACTS).run_wanted


def test_failures_of_machines_and_silent_ends_are_counted_apart(ledger: Ledger, clock: Clock) -> None:
    wanted(ledger)

    def take() -> Lease:
        clock.now += 61
        lease = ledger.work.take("d1", ["run"], 60)
        assert lease is not None
        return lease

    for _ in range(6):
        ledger.work.postpone(take(), 0, "interrupted")
    lease = take()
    assert (lease.tries, lease.failures, lease.silent_ends) == (7, 0, 0)
    ledger.work.postpone(lease, 1, "no disk", failed=True)
    take()
    lease = take()
    assert (lease.failures, lease.silent_ends) == (1, 1)
    ledger.work.died(lease, 5)
    assert take().silent_ends == 2
    ledger.work.goes_on(lease := take())
    ledger.work.postpone(lease, 0, "interrupted")
    assert (take().silent_ends, lease.silent_ends) == (0, 3)


def test_a_clock_that_was_set_back_blocks_no_work(ledger: Ledger, clock: Clock) -> None:
    wanted(ledger, 2)
    dead = ledger.work.take("d1", ["run"], 60)
    waits = ledger.work.take("d1", ["run"], 60)
    assert dead is not None and waits is not None
    ledger.work.postpone(waits, 30, "the queue is full")
    clock.now -= 86400

    lease = ledger.work.take("d2", ["run"], 60)
    assert lease is not None and lease.id == waits.id
    assert ledger.work.take("d2", ["run"], 60) is None  # whoever has it may live: it has as long as ever to say so
    clock.now += 61
    lease = ledger.work.take("d2", ["run"], 60)
    assert lease is not None and lease.id == dead.id


def test_work_of_whoever_lives_is_left_alone(ledger: Ledger, clock: Clock) -> None:
    wanted(ledger)
    lease = ledger.work.take("d1", ["run"], 60)
    assert lease is not None
    clock.now += 3600  # everybody has slept
    assert ledger.work.take("d1", ["run"], 60, alive=[lease.id]) is None
    assert ledger.work.take("d1", ["run"], 60, silent=False) is None
    assert ledger.work.take("d1", ["run"], 60) is not None
