"""What the migrations make is what the program knows."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from recast.ledger import Ledger
from recast.ledger.metadata import METADATA
from recast.ledger.migrate import HEAD


def test_the_migrations_make_the_tables_that_the_program_knows(ledger: Ledger) -> None:
    with ledger.writing() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = [it for it in compare_metadata(context, METADATA) if "searched" not in str(it)]
        assert differences == []
        assert context.get_current_revision() == HEAD


def test_sqlite_is_as_safe_as_it_can_be(tmp_path: Path) -> None:
    with Ledger(f"sqlite:///{tmp_path}/new/ledger.sqlite") as ledger, ledger.reading() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "new/ledger.sqlite").stat().st_mode & 0o777 == 0o600


def test_the_second_start_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    Ledger(f"sqlite:///{file}").close()
    with closing(sqlite3.connect(file)) as connection:
        before = connection.execute("PRAGMA schema_version").fetchone()
    Ledger(f"sqlite:///{file}").close()
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA schema_version").fetchone() == before
