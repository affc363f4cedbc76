"""The rows of the index as datasette serves them: a table, its words, and its facets as columns and JSON arrays."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import select

from recast.ledger import Ledger
from recast.ledger.tables import analyses

__all__ = ["for_datasette", "its_path"]

_PLAIN = ("collaboration", "sqrts_tev", "status")
_ARRAYS = ("final_state", "model")


def for_datasette(ledger: Ledger, file: Path) -> None:
    """Write the same rows, with the same words, for datasette."""
    with ledger.reading() as connection, closing(sqlite3.connect(file)) as target, target:
        target.execute(
            "CREATE TABLE analyses (id INTEGER PRIMARY KEY, analysis TEXT, title TEXT, collaboration TEXT, "
            "sqrts_tev TEXT, status TEXT, final_state TEXT, model TEXT, words TEXT)"
        )
        found = connection.exec_driver_sql("SELECT rowid, words FROM searched")
        words: dict[int, str] = {row[0]: row[1] for row in found}
        for row in connection.execute(select(analyses)):
            item, facets = json.loads(row.item), json.loads(row.facets)
            plain = [facets.get(name, [""])[0] for name in _PLAIN]
            arrays = [json.dumps(facets.get(name, [])) for name in _ARRAYS]
            values = [row.number, row.analysis, item["title"], *plain, *arrays, words[row.number]]
            target.execute("INSERT INTO analyses VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
        target.execute("CREATE VIRTUAL TABLE analyses_fts USING fts5(words, content='analyses', content_rowid='id')")
        target.execute("INSERT INTO analyses_fts (rowid, words) SELECT id, words FROM analyses")
        for name in (*_PLAIN, "analysis"):
            target.execute(f"CREATE INDEX i_{name} ON analyses ({name})")


def its_path(file: Path, query: dict[str, str]) -> str:
    """Return datasette's path for a query of ours."""
    asked: list[tuple[str, str]] = [("_size", "25"), ("_sort", "analysis"), ("_nocol", "words")]
    asked += [("_facet", name) for name in _PLAIN] + [("_facet_array", name) for name in _ARRAYS]
    for name, value in query.items():
        if name == "q":
            asked.append(("_search", value))
        else:
            asked.append((f"{name}__arraycontains" if name in _ARRAYS else name, value))
    return f"/{file.stem}/analyses.json?{urlencode(asked)}"
