"""A ledger that is full, read-only, locked, of another version, or gone: said plainly, and nothing is half written."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from recast.errors import InputError, UsageError
from recast.ledger import Ledger, LedgerUnavailable, Wanted, database
from tests.ledger.making import CONTACT, FACTS, MACHINE, OWNER, accepted, asked, drafted
from tests.testbeds.postgres import PostgresBed


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def sqlite(file: Path) -> Iterator[Ledger]:
    with Ledger(f"sqlite:///{file}") as ledger:
        yield ledger


def every_connection(ledger: Ledger, pragma: str) -> None:
    """Let all connections of a ledger have a setting from now on."""
    event.listen(ledger.database.engine, "connect", lambda raw, _: raw.execute(f"PRAGMA {pragma}"))
    ledger.database.engine.dispose()


def test_a_full_disk(sqlite: Ledger) -> None:
    request = drafted(sqlite)
    every_connection(sqlite, "max_page_count = 1")
    with pytest.raises(LedgerUnavailable, match="cannot be used") as full:
        for _ in range(50):
            drafted(sqlite, points=200)
    assert "full" in full.value.why and "free some space" in full.value.next_step
    assert sqlite.audit_holds() == [] and sqlite.request(request.id) == request


def test_a_ledger_that_cannot_be_written_is_still_read(sqlite: Ledger) -> None:
    request = drafted(sqlite)
    every_connection(sqlite, "query_only = ON")
    with pytest.raises(LedgerUnavailable) as refused:
        sqlite.act(request.id, "submit", OWNER, {}, facts=FACTS)
    assert "readonly" in refused.value.why
    assert sqlite.request(request.id) == request


def test_a_ledger_that_another_holds(file: Path, sqlite: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    request = drafted(sqlite)
    every_connection(sqlite, "busy_timeout = 50")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerUnavailable) as locked:
        sqlite.check()
    assert "locked" in locked.value.why
    assert sqlite.request(request.id) == request  # readers do not wait
    other.execute("ROLLBACK")
    other.close()
    sqlite.check()


def test_a_server_that_takes_no_change_is_told_before_anybody_asks_for_one(postgres_url: str) -> None:
    with Ledger(postgres_url) as ledger:
        ledger.check()
    with Ledger(f"{postgres_url}&options=-c%20default_transaction_read_only%3Don") as ledger:
        with pytest.raises(LedgerUnavailable) as refused:
            ledger.check()
        assert "make the database" in refused.value.next_step
        assert ledger.requests(Wanted(), OWNER).total == 0


def test_a_thread_does_not_wait_for_ever(sqlite: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_S", 0.05)
    with sqlite.writing():
        refused: list[LedgerUnavailable] = []

        def write() -> None:
            try:
                sqlite.check()
            except LedgerUnavailable as problem:
                refused.append(problem)

        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    assert len(refused) == 1


def test_a_message_holds_no_statement_and_no_value(sqlite: Ledger) -> None:
    with pytest.raises(LedgerUnavailable) as broken, sqlite.reading() as connection:
        connection.execute(text("SELECT :secret FROM no_such_table"), {"secret": "rct_secret"})
    assert "rct_secret" not in broken.value.why and "SELECT" not in broken.value.why


def test_a_ledger_of_a_newer_program(file: Path) -> None:
    Ledger(f"sqlite:///{file}").close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(LedgerUnavailable) as newer:
        Ledger(f"sqlite:///{file}")
    assert newer.value.code == "ledger.version" and "9999" in newer.value.why


def test_a_file_that_is_no_database(file: Path) -> None:
    file.write_bytes(b"This is a letter, and not a database." * 100)
    with pytest.raises(LedgerUnavailable):
        Ledger(f"sqlite:///{file}")
    assert file.read_bytes().startswith(b"This is a letter")


@pytest.mark.parametrize("url", ["mysql://x/y", "nothing", "sqlite://", "postgresql://[", "sqlite:///a\0b"])
def test_urls_that_name_no_database(url: str) -> None:
    with pytest.raises((UsageError, LedgerUnavailable)):
        Ledger(url)


def test_a_password_is_in_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LedgerUnavailable) as away:
        Ledger("postgresql://recast:hunter2@127.0.0.1:1/recast?connect_timeout=2")
    assert "hunter2" not in f"{away.value.where} {away.value.why} {away.value.next_step}"


def test_many_may_open_a_new_ledger_at_once(url: str) -> None:
    ledgers: list[Any] = []
    threads = [threading.Thread(target=lambda: ledgers.append(Ledger(url))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ledgers) == 4
    assert drafted(ledgers[0]).id == ledgers[3].requests(Wanted(), OWNER).items[0].id
    for ledger in ledgers:
        ledger.close()


def test_texts_that_no_database_holds(ledger: Ledger) -> None:
    drafted(ledger)
    for look in (
        lambda: ledger.requests(Wanted(analysis="a\0b"), OWNER).items,
        lambda: ledger.requests(Wanted(), OWNER, cursor="q\0"),
        lambda: ledger.catalogue.search("a\0b").items,
    ):
        try:
            assert look() == ()
        except InputError:
            continue
    long = ledger.act(None, "draft", OWNER, {**asked(), "analysis": "a" * 200, "title": "ü" * 300}, facts=FACTS)
    assert ledger.request(long.id) == long


def test_a_server_that_is_killed_loses_nothing_that_was_said_to_be_written(tmp_path: Path) -> None:
    with PostgresBed(tmp_path / "bed").owned() as bed, bed.database() as url, Ledger(url) as ledger:
        request = accepted(ledger)
        with pytest.raises(LedgerUnavailable), ledger.writing() as connection:
            connection.execute(text("DELETE FROM events"))
            bed.kill()
            connection.execute(text("DELETE FROM points"))

        assert ledger.request(request.id) == request and ledger.audit_holds() == []
        ledger.act(request.id, "run", CONTACT, {}, facts=FACTS)
        assert ledger.work.waiting() == 1
        assert ledger.requests(Wanted(), MACHINE).total == 1
