"""Lists show how far requests are without reading what they hold."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import update

from recast.desk.document import request_row
from recast.desk.may import may
from recast.desk.model import Point
from recast.ledger import Ledger, Wanted, tables
from recast.ledger.backup.rows import read_rows
from recast.ledger.migrate import HEAD
from recast.ledger.stored import fill_briefs
from recast.operations.points import released as bounds
from recast.operations.points.nearby import nearest_answers
from tests.ledger.making import ANALYSIS, CONTACT, FACTS, MACHINE, OWNER, STRANGER, accepted, statements

RESULT = {"type": "limit", "name": "limit", "cls_obs": 0.02}


def released(ledger: Ledger, audience: str = "public", points: int = 2) -> str:
    request = accepted(ledger, points, audience)
    ledger.act(request.id, "run", CONTACT, {}, facts=FACTS)
    ledger.act(request.id, "start-run", MACHINE, {"run": "r1", "points": [it.id for it in request.points]})
    for point in request.points:
        ledger.act(request.id, "answer-point", MACHINE, {"point": point.id, "run": "r1", "results": [RESULT]})
    ledger.act(request.id, "review", CONTACT, {}, facts=FACTS)
    return ledger.act(request.id, "release", CONTACT, {}, facts=FACTS).id


def test_a_list_says_what_the_whole_request_says_and_reads_no_points(ledger: Ledger) -> None:
    released(ledger)
    request = accepted(ledger, 3, "public")
    ledger.act(request.id, "comment", OWNER, {"text": "a long word " * 500}, facts=FACTS)
    ledger.act(request.id, "subscribe", CONTACT, {}, facts=FACTS)
    ledger.act(request.id, "start-run", MACHINE, {"run": "r1", "points": ["p1"]})
    with statements(ledger) as asked:
        page = ledger.requests(Wanted(), CONTACT)
    assert asked and not [it for it in asked if "points" in it or "body" in it]
    for listed in page.items:
        whole = ledger.request(listed.id)
        for actor in (OWNER, CONTACT, STRANGER):
            assert request_row(listed, actor) == request_row(whole, actor)
            assert may(actor, "read", listed) == may(actor, "read", whole)
    counts = request_row(page.items[0], OWNER)["points"]
    assert counts == {"open": 2, "running": 1, "answered": 0, "failed": 0, "all": 3}
    assert not page.items[0].comments and not page.items[0].reason


def test_what_an_older_program_has_written_is_listed_too(ledger: Ledger) -> None:
    request = accepted(ledger, 3, "public")
    with ledger.writing() as connection:
        connection.execute(update(tables.requests).values(brief=""))
        fill_briefs(connection)
    assert request_row(ledger.requests(Wanted(), OWNER).items[0], OWNER) == request_row(request, OWNER)


def test_the_migration_fills_the_column(tmp_path: Any) -> None:
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    with Ledger(url) as ledger:
        request = accepted(ledger, 3, "public")
        with ledger.writing() as connection:
            for later in ("steps", "troubles", "looks"):
                connection.exec_driver_sql(f"DROP TABLE {later}")
            connection.exec_driver_sql("ALTER TABLE outbox DROP COLUMN why")
            connection.exec_driver_sql("ALTER TABLE requests DROP COLUMN brief")
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0005'")
    with Ledger(url) as ledger, ledger.reading() as connection:
        assert request_row(ledger.requests(Wanted(), OWNER).items[0], OWNER) == request_row(request, OWNER)
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == HEAD


def test_rows_of_an_older_back_up_lack_a_column_that_has_a_default(ledger: Ledger) -> None:
    row = {"id": "q1", "place": 1, "version": 1, "state": "draft", "audience": "private", "owner": "u", "analysis": ""}
    row |= {"collaboration": "", "due": "", "body": "{}"}
    with ledger.writing() as connection:
        assert read_rows(connection, tables.requests, [json.dumps(row).encode()]) == 1
        for wrong in ({**row, "more": 1}, {key: row[key] for key in row if key != "body"}):
            with pytest.raises(ValueError, match="a row of requests has"):
                read_rows(connection, tables.requests, [json.dumps(wrong).encode()])


def test_answers_nearby_are_found_within_bounds(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    released(ledger, "private")
    public = released(ledger, "public", 5)
    wanted = [("p1", Point("p1", {"m": 3}, {}))]

    def found() -> list[Any]:
        return [it["request"] for said in nearest_answers(ledger, STRANGER, ANALYSIS, wanted) for it in said["answers"]]

    with statements(ledger) as asked:
        assert found() == [public] * 3
    assert len(asked) < 12 and not [it for it in asked if "points" in it and "LIMIT" not in it]
    monkeypatch.setattr(bounds, "_MOST_KNOWN", 2)
    assert found() == [public] * 2
    monkeypatch.setattr(bounds, "_MOST_LETTERS", 10)
    assert found() == []
