"""The rows of the index: analyses, their versions and their words, written and removed in one transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import BindParameter, Connection, bindparam, delete, insert, select, update

from recast.ledger import tables
from recast.ledger.catalogue.records import AnalysisRecord
from recast.ledger.catalogue.words import words_of
from recast.search import spelled

__all__ = ["GENERATION", "put_records", "remove_records"]

GENERATION = "catalogue-generation"
"""The mark that says how often the index has changed."""

_CHANGING = ("collaboration", "facets", "item", "body", "stamp")
_analyses, _versions, _marks = tables.analyses, tables.versions, tables.marks


def put_records(connection: Connection, records: Sequence[AnalysisRecord]) -> None:
    """Write analyses, or write them anew."""
    numbers = _put_analyses(connection, records)
    _put_versions(connection, records)
    found = [(numbers[it.analysis], it.terms()) for it in records]
    words = words_of(connection)
    words.put(connection, found)
    words.learn(connection, {word for _, terms in found for word in spelled(terms.words)})
    _next_generation(connection)


def remove_records(connection: Connection, analyses: Sequence[str]) -> None:
    """Remove analyses with their versions and words."""
    if numbers := list(_numbers(connection, analyses).values()):
        words_of(connection).remove(connection, numbers)
    for table in (_analyses, _versions):
        statement = delete(table).where(table.c.analysis == bindparam("it"))
        connection.execute(statement, [{"it": analysis} for analysis in analyses])
    _next_generation(connection)


def _put_analyses(connection: Connection, records: Sequence[AnalysisRecord]) -> dict[str, int]:
    names = [it.analysis for it in records]
    known = _numbers(connection, names)
    rows = [_analysis_row(it) for it in records]
    if new := [row for row in rows if row["analysis"] not in known]:
        connection.execute(insert(_analyses), new)
    if old := [{"it": row["analysis"], **row} for row in rows if row["analysis"] in known]:
        columns: dict[str, BindParameter[str]] = {name: bindparam(name) for name in _CHANGING}
        statement = update(_analyses).where(_analyses.c.analysis == bindparam("it")).values(columns)
        connection.execute(statement, old)
    return _numbers(connection, names)


def _analysis_row(record: AnalysisRecord) -> dict[str, str]:
    return {
        "analysis": record.analysis,
        "collaboration": str(record.item()["collaboration"]),
        "facets": json.dumps(record.facets(), ensure_ascii=False),
        "item": json.dumps(record.item(), ensure_ascii=False),
        "body": json.dumps(record.as_json(), ensure_ascii=False),
        "stamp": record.stamp,
    }


def _put_versions(connection: Connection, records: Sequence[AnalysisRecord]) -> None:
    statement = delete(_versions).where(_versions.c.analysis == bindparam("it"))
    connection.execute(statement, [{"it": record.analysis} for record in records])
    rows = [
        {
            "analysis": it.analysis,
            "version": it.version,
            "digest": it.digest,
            "status": it.status,
            "body": json.dumps(record.version_json(it), ensure_ascii=False),
        }
        for record in records
        for it in record.versions
    ]
    connection.execute(insert(_versions), rows)


def _numbers(connection: Connection, analyses: Sequence[str]) -> dict[str, int]:
    query = select(_analyses.c.analysis, _analyses.c.number).where(_analyses.c.analysis.in_(analyses))
    return {row.analysis: row.number for row in connection.execute(query)}


def _next_generation(connection: Connection) -> None:
    """Let everybody who remembers the index read it again."""
    known = connection.scalar(select(_marks.c.value).where(_marks.c.name == GENERATION).with_for_update())
    if known is None:
        connection.execute(insert(_marks).values(name=GENERATION, value="1"))
    else:
        connection.execute(update(_marks).where(_marks.c.name == GENERATION).values(value=str(int(known) + 1)))
