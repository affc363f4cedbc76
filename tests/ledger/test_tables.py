"""What the migrations make is what the program knows."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.command import upgrade
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import insert

from recast.ledger import Ledger, tables
from recast.ledger.database import Database, make_sqlite_file
from recast.ledger.metadata import METADATA
from recast.ledger.migrate import HEAD
from recast.ledger.steps import WantedSteps


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


def test_steps_of_earlier_pictures_move_to_rows_of_their_own(url: str) -> None:
    steps = [
        {"id": "/map/0/fit/1", "stage": "fit", "state": "succeeded", "cached": True, "attempts": 2, "host": "node7"},
        {"id": "/plot/0", "stage": "plot", "state": "submitted"},
    ]
    database = Database(url)
    if database.path is not None:
        make_sqlite_file(database.path)
    with database.writing() as connection:
        config = Config()
        config.set_main_option("script_location", "recast.ledger:migrations")
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        upgrade(config, "0009")
        for name, body in (("r1", {"state": "running", "steps": steps}), ("r2", {"state": "failed"})):
            run = {"id": name, "request": "q", "work": 1, "noted": 0.0, "state": "ended", "body": "{}"}
            connection.execute(insert(tables.runs).values(**run))
            connection.execute(insert(tables.snapshots).values(run=name, number=7, at=1.0, body=json.dumps(body)))
    database.close()
    with Ledger(url) as ledger:
        found = ledger.snapshots.read("r1")
        assert found is not None and found.summary == {"state": "running"} and found.number == 7
        told = ledger.snapshots.steps.changed("r1", 6, 10).steps
        assert [(it.document["counted"], it.document["path"]) for it in told] == [
            ("cached", "map/fit"),
            ("idle", "plot"),
        ]
        assert (
            ledger.snapshots.steps.find("r1", WantedSteps(stage="map/fit", q="NODE7", everywhere=True), 0, 5).total == 1
        )
        assert ledger.snapshots.steps.count("r2", WantedSteps()) == 0
