"""A single question is one way to the database; what is asked again and again is prepared; and it is of one moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import event, text

from recast.ledger import Ledger, Wanted
from recast.ledger.stored import load, lock
from tests.ledger.making import ANALYSIS, CONTACT, MACHINE, OWNER, accepted, drafted, statements


def test_a_single_question_needs_no_transaction(ledger: Ledger) -> None:
    request = drafted(ledger)
    for ask in (
        lambda: ledger.head(request.id),
        lambda: ledger.request(request.id),
        lambda: ledger.events(request.id),
        lambda: ledger.runs.of_request(request.id),
        lambda: ledger.snapshots.read("run"),
        lambda: ledger.snapshots.steps.get("run", "/fit/0"),
        lambda: ledger.changes.after(-1),
    ):
        with statements(ledger) as asked:
            ask()
        assert len(asked) == 1 and asked[0].startswith("SELECT"), asked


def test_several_questions_see_one_snapshot(ledger: Ledger) -> None:
    drafted(ledger)
    with statements(ledger) as asked:
        ledger.requests(Wanted(), OWNER)
    assert asked[0].startswith("BEGIN") and not [it for it in asked[1:] if not it.startswith("SELECT")]
    with ledger.reading() as connection:
        before = connection.scalar(text("SELECT count(*) FROM requests"))
        with ThreadPoolExecutor(1) as pool:
            pool.submit(drafted, ledger).result()
        assert connection.scalar(text("SELECT count(*) FROM requests")) == before
    with ledger.glancing() as connection:
        assert connection.scalar(text("SELECT count(*) FROM requests")) == before + 1


def test_a_glance_within_a_transaction_sees_what_it_has_written(ledger: Ledger) -> None:
    request = accepted(ledger)
    with ledger.together():
        ledger.act(request.id, "start-run", MACHINE, {"run": "r1", "points": ["p1"]})
        assert ledger.request(request.id).runs == ("r1",) and ledger.head(request.id).version == request.version + 1


def test_what_postgres_is_asked_again_and_again_is_prepared(postgres_url: str) -> None:
    with Ledger(postgres_url) as ledger:
        drafted(ledger)
        for _ in range(8):
            ledger.requests(Wanted(analysis=ANALYSIS), OWNER)
        with ledger.glancing() as connection:  # the connection that was used last
            prepared = connection.scalars(text("SELECT statement FROM pg_prepared_statements")).all()
    assert [it for it in prepared if "FROM requests" in it]


def test_whoever_writes_reads_a_request_of_one_moment(postgres_url: str) -> None:
    with Ledger(postgres_url) as ledger:
        request = accepted(ledger)
        ledger.act(request.id, "run", CONTACT, {})
        ledger.act(request.id, "start-run", MACHINE, {"run": "r1", "points": ["p1", "p2"]})
        states = [ledger.request(request.id)]
        said = {"point": "p1", "run": "r1", "results": [{"type": "limit", "name": "limit", "cls_obs": 0.02}]}
        first = [True]

        def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            """Answer a point in another transaction as soon as this one has asked for anything of the request."""
            if "FROM requests" in statement and first:
                first.clear()
                with ThreadPoolExecutor(1) as pool:
                    states.append(pool.submit(ledger.act, request.id, "answer-point", MACHINE, said).result())

        with ledger.writing() as connection:
            event.listen(ledger.database.engine, "after_cursor_execute", hear)
            found = load(connection, request.id)
        assert len(states) == 2 and found in states


def test_a_request_that_is_not_there(ledger: Ledger) -> None:
    with ledger.writing() as connection:
        lock(connection, "q1")
        assert load(connection, "q1") is None
