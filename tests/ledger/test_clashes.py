"""Two who do the same at the same moment: both are answered, on every database; and no error says what is kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from recast.ledger import Ledger, LedgerUnavailable
from recast.ledger.faults import Deadlock
from recast.ledger.people.roles import bond, bonded
from recast.ledger.people.tables import USERS, WATCHES
from recast.ledger.people.users import make_local_user
from recast.ledger.people.watches import watch, watched

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
