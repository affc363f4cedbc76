"""Who watches an analysis is told of its public requests, and of nothing else."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from recast.errors import UsageError
from recast.ledger import Ledger, tables
from recast.ledger.people import watches
from recast.ledger.people.users import make_local_user
from recast.ledger.people.watches import unwatch, watch, watched
from tests.ledger.making import ANALYSIS, FACTS, OWNER, drafted


def notes_of(ledger: Ledger, person: str) -> list[tuple[str, str]]:
    with ledger.reading() as connection:
        rows = connection.execute(select(tables.outbox.c.request, tables.outbox.c.text, tables.outbox.c.person))
        return [(row.request, row.text) for row in rows if row.person == person]


def submitted(ledger: Ledger, audience: str) -> str:
    request = drafted(ledger, audience=audience).id
    ledger.act(request, "submit", OWNER, {}, facts=FACTS)
    return request


@pytest.fixture
def ann(ledger: Ledger) -> str:
    with ledger.writing() as connection:
        return make_local_user(connection, "ann", "", "test", "2026-01-01T00:00:00Z").id


def test_only_what_is_public_is_told(ledger: Ledger, ann: str) -> None:
    with ledger.writing() as connection:
        for _ in range(2):
            watch(connection, ann, ANALYSIS)
    public = submitted(ledger, "public")
    submitted(ledger, "unlisted")
    submitted(ledger, "private")
    assert notes_of(ledger, ann) == [(public, "submitted")]

    with ledger.writing() as connection:
        unwatch(connection, ann, ANALYSIS)
        assert watched(connection, ann) == []
    submitted(ledger, "public")
    assert notes_of(ledger, ann) == [(public, "submitted")]


def test_nobody_watches_without_end(ledger: Ledger, ann: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watches, "MOST", 2)
    with ledger.writing() as connection:
        for name in ("a", "b", "b"):
            watch(connection, ann, name)
        with pytest.raises(UsageError):
            watch(connection, ann, "c")
        assert watched(connection, ann) == ["a", "b"]
