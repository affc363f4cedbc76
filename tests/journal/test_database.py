"""A database that its creator keeps open, while other processes come and go."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from recast.database import open_database

LOOK = """
import sqlite3, sys
d = sqlite3.connect(sys.argv[1])
print(len(d.execute("SELECT * FROM t").fetchall()))
d.close()
"""


def test_what_its_creator_writes_is_seen_after_another_process_has_left(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    database = open_database(path, ["CREATE TABLE t (a)"], 1, synchronous="FULL")
    try:
        for count in range(1, 4):
            database.execute("INSERT INTO t VALUES (?)", (count,))
            said = subprocess.run([sys.executable, "-c", LOOK, path], capture_output=True, text=True, check=True)
            assert said.stdout.strip() == str(count)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finally:
        database.close()
