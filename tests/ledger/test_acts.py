"""One change is one transaction: trail, state, mail and work together, or nothing."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from recast.desk.act import fold
from recast.desk.model import Actor
from recast.desk.refusals import MovedOn, Refused
from recast.errors import InputError, NotFound
from recast.ledger import FactsOutdated, LeaseLost, Ledger, Once, acts, tables
from recast.ledger.people.tables import CONTACTS, USERS
from tests.ledger.conftest import Clock
from tests.ledger.making import ANALYSIS, CONTACT, FACTS, MACHINE, OWNER, STRANGER, accepted, asked, drafted

STRANGER_WHO_SEES = Actor(user="ureader", roles=frozenset({"operator"}))


def rows(ledger: Ledger, table: object) -> int:
    with ledger.reading() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0  # type: ignore[arg-type]


def test_the_state_is_the_fold_over_the_trail(ledger: Ledger) -> None:
    request = accepted(ledger, points=3)
    ledger.act(request.id, "run", CONTACT, {}, facts=FACTS)
    ledger.act(request.id, "start-run", MACHINE, {"run": "r1", "points": ["p1", "p2", "p3"]})
    ledger.act(request.id, "answer-point", MACHINE, {"point": "p2", "run": "r1", "results": [{"cls_obs": 0.1}]})
    after = ledger.act(request.id, "comment", OWNER, {"text": "Thanks"}, facts=FACTS)

    assert ledger.request(request.id) == after == fold(ledger.events(request.id))
    assert [event.number for event in ledger.events(request.id)] == list(range(1, after.version + 1))
    assert ledger.audit_holds() == []


def test_a_state_that_was_changed_by_hand_is_found(ledger: Ledger) -> None:
    request, other = drafted(ledger), drafted(ledger)
    with ledger.writing() as connection:
        connection.execute(
            update(tables.points)
            .where(tables.points.c.request == request.id, tables.points.c.position == 1)
            .values(body='{"id": "p2", "coordinates": {"m": 99}}')
        )
        connection.execute(tables.events.delete().where(tables.events.c.request == other.id))

    assert {(it.request, it.field) for it in ledger.audit_holds()} == {(request.id, "points"), (other.id, "id")}


def test_nothing_is_written_of_a_change_that_fails_half_way(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    request = accepted(ledger)
    before = {table: rows(ledger, table) for table in (tables.events, tables.work, tables.outbox, tables.changes)}

    def break_off(*_: object) -> None:
        raise RuntimeError("the power fails")

    monkeypatch.setattr(acts, "store", break_off)
    with pytest.raises(RuntimeError):
        ledger.act(request.id, "run", CONTACT, {}, facts=FACTS)

    assert {table: rows(ledger, table) for table in before} == before
    assert ledger.request(request.id) == request


def test_what_many_points_say_loads_their_request_once(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    request, load, loaded = accepted(ledger, points=5), acts.load, []
    names = [f"p{number}" for number in range(1, 6)]
    ledger.act(request.id, "start-run", MACHINE, {"run": "r1", "points": names})

    def counted(*arguments: Any, **more: Any) -> Any:
        loaded.append(arguments[1])
        return load(*arguments, **more)

    monkeypatch.setattr(acts, "load", counted)
    with ledger.together():
        for name in names[:3]:
            ledger.act(request.id, "answer-point", MACHINE, {"run": "r1", "point": name, "results": [{}]})
        with pytest.raises(InputError):
            ledger.act(request.id, "answer-point", MACHINE, {"run": "r1", "point": "p9", "results": [{}]})
        ledger.act(request.id, "answer-point", MACHINE, {"run": "r1", "point": "p4", "results": [{}]})
    assert len(loaded) == 2, "once, and again after something was refused"
    after = ledger.act(request.id, "answer-point", MACHINE, {"run": "r1", "point": "p5", "results": [{}]})
    assert (after.state, len(loaded)) == ("answered", 3)
    assert ledger.audit_holds() == []


def test_facts_of_what_is_asked_no_longer_are_refused(ledger: Ledger) -> None:
    request = drafted(ledger)
    seen = replace(FACTS, seen=request.version)
    ledger.act(request.id, "comment", OWNER, {"text": "one more thing"}, facts=FACTS)
    assert ledger.act(request.id, "subscribe", OWNER, {}, facts=seen).version == 3, "a comment changes no fact"
    ledger.act(request.id, "amend", OWNER, {"points": [{"coordinates": {"m": 7}}]}, facts=FACTS)
    with pytest.raises(FactsOutdated):
        ledger.act(request.id, "submit", OWNER, {}, facts=seen)
    assert ledger.act(request.id, "submit", OWNER, {}, facts=replace(FACTS, seen=4)).state == "submitted"


def test_an_older_version_is_refused_and_told_only_to_those_who_may_know(ledger: Ledger) -> None:
    request = drafted(ledger)
    with pytest.raises(MovedOn) as changed:
        ledger.act(request.id, "submit", OWNER, {}, facts=FACTS, if_match=0)
    assert changed.value.code == "desk.changed"
    with pytest.raises(NotFound):
        ledger.act(request.id, "comment", STRANGER, {"text": "?"}, if_match=0)
    with pytest.raises(NotFound) as unknown:
        ledger.act("q" + "a" * 26, "comment", STRANGER, {"text": "?"}, if_match=0)
    with pytest.raises(NotFound) as hidden:
        ledger.act(request.id, "comment", STRANGER, {"text": "?"}, if_match=0)
    assert str(unknown.value).replace("q" + "a" * 26, request.id) == str(hidden.value)


def test_a_key_that_comes_again_gets_the_same_answer_for_a_day(ledger: Ledger, clock: Clock) -> None:
    once = Once("key-1", "sha256:1")
    first = ledger.act(None, "draft", OWNER, asked(), facts=FACTS, once=once)
    ledger.act(first.id, "submit", OWNER, {}, facts=FACTS)

    assert ledger.act(None, "draft", OWNER, asked(), facts=FACTS, once=once) == first
    assert ledger.act(None, "draft", STRANGER, asked(), facts=FACTS, once=once).id != first.id
    with pytest.raises(InputError) as reused:
        ledger.act(None, "draft", OWNER, asked(3), facts=FACTS, once=Once("key-1", "sha256:2"))
    assert reused.value.code == "desk.key-reused"
    clock.now += 86401
    assert ledger.act(None, "draft", OWNER, asked(), facts=FACTS, once=once).id != first.id


def test_a_key_of_a_refused_change_is_not_used_up(ledger: Ledger) -> None:
    request = drafted(ledger)
    with pytest.raises((Refused, MovedOn)):
        ledger.act(request.id, "accept", OWNER, {}, facts=FACTS, once=Once("k", "d"))
    assert rows(ledger, tables.once) == 0


def test_many_at_once_with_one_key_make_one_request(ledger: Ledger) -> None:
    made: list[str] = []

    def send() -> None:
        made.append(ledger.act(None, "draft", OWNER, asked(), facts=FACTS, once=Once("k", "d")).id)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 8 and len(set(made)) == 1
    assert rows(ledger, tables.requests) == 1


def test_many_at_once_lose_no_event(ledger: Ledger) -> None:
    request = accepted(ledger)
    threads = [
        threading.Thread(target=lambda: ledger.act(request.id, "comment", OWNER, {"text": "x"}, facts=FACTS))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ledger.request(request.id).version == request.version + 8
    assert len(ledger.request(request.id).comments) == 8
    assert ledger.audit_holds() == []


def test_work_and_a_cancel_are_written_with_their_event(ledger: Ledger) -> None:
    request = accepted(ledger)
    ledger.act(request.id, "run", CONTACT, {}, facts=FACTS)
    assert ledger.work.waiting() == 1
    ledger.act(request.id, "cancel", CONTACT, {}, facts=FACTS)

    lease = ledger.work.take("d1", ["run", "cancel"], 60)
    assert lease is not None and (lease.kind, lease.request) == ("cancel", request.id)
    assert ledger.work.take("d1", ["run", "cancel"], 60) is None


def test_who_lost_the_work_writes_nothing(ledger: Ledger, clock: Clock) -> None:
    request = accepted(ledger)
    ledger.act(request.id, "run", CONTACT, {}, facts=FACTS)
    old = ledger.work.take("d1", ["run"], 60)
    assert old is not None
    clock.now += 61
    new = ledger.work.take("d2", ["run"], 60)
    assert new is not None and new.fence > old.fence

    with pytest.raises(LeaseLost):
        ledger.act(request.id, "start-run", MACHINE, {"run": "r1", "points": ["p1"]}, lease=old)
    ledger.act(request.id, "start-run", MACHINE, {"run": "r2", "points": ["p1"]}, lease=new)
    assert ledger.request(request.id).runs == ("r2",)


def test_people_are_told_once_and_never_what_they_may_not_read(ledger: Ledger) -> None:
    with ledger.writing() as connection:
        people = [{"id": it, "name": it, "created": "2026-01-01T00:00:00Z"} for it in ("uowner", "ucontact", "uother")]
        connection.execute(insert(USERS), people)
        connection.execute(insert(CONTACTS), [{"user": "ucontact", "analysis": ANALYSIS}])
    request = drafted(ledger)
    assert ledger.outbox.waiting() == 0
    ledger.act(request.id, "submit", OWNER, {}, facts=FACTS)

    assert [(letter.person, [note.text for note in letter.notes]) for letter in ledger.outbox.due()] == [
        ("ucontact", ["submitted"])
    ]


def test_changes_are_told_in_order(ledger: Ledger) -> None:
    first, second = drafted(ledger), drafted(ledger)
    ledger.act(first.id, "submit", OWNER, {}, facts=FACTS)
    seen = ledger.changes.after(0)

    assert [(it.kind, it.id) for it in seen] == [("request", first.id), ("request", second.id), ("request", first.id)]
    assert ledger.changes.after(seen[-1].number) == []
    assert ledger.changes.after(-1) == seen[-1:]


def test_time_brings_requests_up(ledger: Ledger, clock: Clock) -> None:
    request = drafted(ledger)
    ledger.act(request.id, "submit", OWNER, {}, facts=FACTS)
    assert ledger.due() == []
    clock.now += 15 * 86400
    assert ledger.due() == [request.id]


def test_several_changes_together_are_one_transaction(ledger: Ledger) -> None:
    request = accepted(ledger)
    with ledger.together():
        ledger.act(request.id, "run", CONTACT, {}, facts=FACTS)
        with pytest.raises(Refused):
            ledger.act(request.id, "decline", STRANGER_WHO_SEES, {"reason": "no"}, facts=FACTS)
        assert ledger.request(request.id).run_wanted
    assert ledger.work.waiting() == 1 and ledger.audit_holds() == []

    before = ledger.request(request.id)
    with pytest.raises(RuntimeError), ledger.together():
        ledger.act(request.id, "comment", OWNER, {"text": "lost"}, facts=FACTS)
        raise RuntimeError("the power fails")
    assert ledger.request(request.id) == before


def test_what_will_be_refused_waits_for_nobody_who_writes(ledger: Ledger) -> None:
    request = accepted(ledger, audience="public")
    refused: list[type[Exception]] = []

    def ask(action: str, actor: Actor, if_match: int | None = None) -> None:
        try:
            ledger.foresee(request.id, action, actor, if_match=if_match)
        except (Refused, MovedOn, NotFound) as problem:
            refused.append(type(problem))

    with ledger.writing():
        asking = [("run", STRANGER, None), ("submit", OWNER, None), ("comment", OWNER, 1)]
        threads = [threading.Thread(target=ask, args=it) for it in asking]
        for thread in threads:
            thread.start()
            thread.join()
    assert refused == [Refused, MovedOn, MovedOn]


def test_whether_a_request_is_there_is_asked_before_a_key(ledger: Ledger) -> None:
    once = Once("k", "d")
    ledger.act(None, "draft", STRANGER, asked(), facts=FACTS, once=once)
    hidden = drafted(ledger)
    for name in (hidden.id, "q" + "a" * 26):
        for act in (ledger.foresee, ledger.act):
            with pytest.raises(NotFound):
                act(name, "comment", STRANGER, **{} if act == ledger.foresee else {"data": {}}, once=Once("k", "other"))


def test_a_transaction_within_one_is_refused_at_once(ledger: Ledger) -> None:
    with ledger.writing(), pytest.raises(RuntimeError, match="writes already"), ledger.writing():
        pass
    with ledger.writing() as connection:
        assert connection.scalar(select(1)) == 1
    with ledger.together(), ledger.writing(), ledger.writing() as connection:
        assert connection.scalar(select(1)) == 1
