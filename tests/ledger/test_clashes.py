"""Two who do the same at the same moment: both are answered, on every database; and no error says what is kept."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from recast.ledger import Ledger, LedgerUnavailable, Once, tables
from recast.ledger.acts import Act, carry_out
from recast.ledger.faults import Deadlock
from recast.ledger.people.roles import bond, bonded
from recast.ledger.people.tables import USERS, WATCHES
from recast.ledger.people.users import make_local_user
from recast.ledger.people.watches import watch, watched
from recast.moments import moment
from tests.ledger.making import FACTS, OWNER, drafted
from tests.waiting import until

NOW = "2026-01-01T00:00:00Z"


@pytest.fixture
def ann(ledger: Ledger) -> str:
    with ledger.writing() as connection:
        return make_local_user(connection, "ann", "", "test", NOW).id


def test_eight_at_once_watch_and_become_contacts(ledger: Ledger, ann: str) -> None:
    def change(connection: Connection) -> None:
        watch(connection, ann, "x")
        bond(connection, "contact", ann, "x", "test", NOW)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: ledger.write(change), range(8)))
    with ledger.reading() as connection:
        assert watched(connection, ann) == ["x"] and bonded(connection, "contact", ann) == {"x"}


def test_a_clash_is_tried_again_with_nothing_of_the_first_try(ledger: Ledger, ann: str) -> None:
    tries: list[int] = []

    def change(connection: Connection) -> str:
        connection.execute(insert(WATCHES).values(user=ann, analysis=f"x{len(tries)}"))
        tries.append(1)
        if len(tries) == 1:
            connection.execute(insert(WATCHES).values(user=ann, analysis="x0"))
        if len(tries) == 2:
            raise Deadlock("The ledger cannot be used", why="deadlock detected")
        return "done"

    assert ledger.write(change) == "done"
    with ledger.reading() as connection:
        assert watched(connection, ann) == ["x2"]


def test_what_always_clashes_is_told_as_a_busy_ledger_without_its_values(ledger: Ledger, ann: str) -> None:
    def change(connection: Connection) -> None:
        for _ in range(2):
            connection.execute(insert(WATCHES).values(user=ann, analysis="x"))

    with pytest.raises(LedgerUnavailable, match="busy"):
        ledger.write(change)
    with ledger.reading() as connection:
        assert connection.execute(select(WATCHES)).all() == []


def test_no_error_says_what_a_statement_was_given(ledger: Ledger) -> None:
    row = {"id": "u1", "name": "n", "created": NOW, "password": "$argon2id$canary"}
    with pytest.raises(IntegrityError) as caught, ledger.writing() as connection:
        connection.execute(insert(USERS), [row, row])
    assert "canary" not in str(caught.value)


def test_a_change_that_is_sent_again_while_it_is_written_is_answered_alike(ledger: Ledger) -> None:
    request, once = drafted(ledger), Once("key", "digest")

    def submit(_: int) -> object:
        return ledger.act(request.id, "submit", OWNER, {}, facts=FACTS, once=once)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(submit, range(8)))
    assert answers == [answers[0]] * 8 and ledger.request(request.id).version == 2


def test_whoever_comes_with_the_same_key_waits_for_what_it_was_answered(postgres_url: str) -> None:
    with Ledger(postgres_url) as ledger, ThreadPoolExecutor(1) as pool:
        request, once, now_s = drafted(ledger), Once("key", "digest"), ledger.now()
        with ledger.writing() as connection:
            act = Act(request.id, "submit", OWNER, {}, FACTS, once=once)
            first = carry_out(connection, act, now_s, moment(now_s))
            again = pool.submit(ledger.act, request.id, "submit", OWNER, {}, facts=FACTS, once=once)
            until(lambda: again.done() or waits(ledger), "the second one waits")
        assert again.result() == first


def test_two_who_wait_for_each_other_are_both_done(postgres_url: str) -> None:
    both, tries = threading.Barrier(2), list[str]()
    with Ledger(postgres_url) as ledger:
        with ledger.writing() as connection:
            connection.execute(insert(tables.marks), [{"name": it, "value": ""} for it in ("one", "other")])

        def change(first: str, then: str) -> None:
            def both_marks(connection: Connection) -> None:
                tries.append(first)
                for name in (first, then):
                    connection.execute(update(tables.marks).where(tables.marks.c.name == name).values(value=first))
                    if name == first and tries.count(first) == 1:
                        both.wait()

            ledger.write(both_marks)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(change, ("one", "other"), ("other", "one")))
    assert len(tries) > 2, "one of them was ended by the database, and has tried again"


def waits(ledger: Ledger) -> bool:
    """Return whether somebody waits for a lock."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with ledger.glancing() as connection:
        return bool(connection.scalar(text(query)))
