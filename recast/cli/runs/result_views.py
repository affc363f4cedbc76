"""Show results: a summary, in full, one of the tables, or as data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from recast.cli.output import emit, message, say, write
from recast.counted import counted
from recast.errors import NotFound, UsageError
from recast.json_types import JsonObject
from recast.results.numbers import LEAST_CLS, cls_text
from recast.results.present import Section, sections
from recast.results.summary import conventions, deciding, headline, limit_row
from recast.results.types import FILE_TYPES

__all__ = ["show_results"]

_MOST_ROWS = 20


def show_results(document: JsonObject, run_dir: Path, output: str, table: str | None, *, full: bool) -> None:
    """Print results; `table` chooses those of one name. Raises UsageError for CSV of several tables."""
    results: list[JsonObject] = list(document["results"])
    if table is not None:
        results = _named(results, table)
        document = {**document, "results": results}
    if output in ("json", "jsonl"):
        emit(document, results, (), output)
    elif output == "csv":
        _csv(document, results)
    elif full or table is not None:
        _in_full(document, results, run_dir)
    else:
        _in_short(document, results, run_dir)


def _named(results: Sequence[JsonObject], name: str) -> list[JsonObject]:
    found = [result for result in results if result["name"] == name]
    if not found:
        names = dict.fromkeys(result["name"] for result in results)
        raise NotFound(f"There is no result {name!r}", where=f"--table {name}", why=f"There are: {', '.join(names)}")
    return found


def _csv(document: JsonObject, results: Sequence[JsonObject]) -> None:
    tables = sections([result for result in results if result["type"] not in FILE_TYPES]) or sections(results)
    if len(tables) > 1:
        run = document["run"]
        raise UsageError(
            f"There are {len(tables)} tables, and CSV holds only one",
            where="-o csv",
            why=f"Tables: {', '.join(table.name for table in tables)}",
            next_step=f"recast results {run} -o csv --table {tables[0].name}, or all of them as files: "
            f"recast results {run} --export csv DIR",
        )
    for table in tables:
        warning = "; ".join(document.get("warnings", ()))
        rows = [{**({"warning": warning} if warning else {}), **row} for row in table.rows]
        emit(document, rows, tuple(dict.fromkeys(key for row in rows for key in row)), "csv")


def _in_full(document: JsonObject, results: Sequence[JsonObject], run_dir: Path) -> None:
    tables = sections(results)
    for index, table in enumerate(tables):
        write("\n" * (index > 0), end="")
        emit(document, [_bounded(row) for row in table.rows], table.columns, "table")
    if any(table.name == "files" for table in tables):
        message(f"files are in {run_dir / 'results'}")


def _bounded(row: JsonObject) -> JsonObject:
    """Return a row with each CLs below the meaningful range as an upper bound."""
    small = {
        key: cls_text(value)
        for key, value in row.items()
        if key.startswith(("cls_", "published_cls_")) and isinstance(value, float) and value < LEAST_CLS
    }
    return {**row, **small}


def _in_short(document: JsonObject, results: Sequence[JsonObject], run_dir: Path) -> None:
    limits = deciding(results)
    if limits:
        if len(limits) > 1:
            say(headline(limits))
        rows = [limit_row(limit) for limit in limits[:_MOST_ROWS]]
        emit(document, rows, tuple(dict.fromkeys(key for row in rows for key in row)), "table")
        if len(limits) > _MOST_ROWS:
            say(f"... and {len(limits) - _MOST_ROWS} more")
        if told := conventions(limits):
            say(told)
        for note in dict.fromkeys(note for limit in limits for note in limit.get("notes", ())):
            say(f"note: {note}")
    others = sections([result for result in results if not (limits and result["name"] == limits[0]["name"])])
    for table in others[: 0 if limits else 1]:
        emit(document, table.rows[:_MOST_ROWS], table.columns, "table")
    say(f"also: {', '.join(map(_size, others))}" if others else "", indent="")
    run = document["run"]
    message(f"all tables: recast results {run} --full; files are in {run_dir / 'results'}")


def _size(table: Section) -> str:
    return f"{table.name} ({counted(len(table.rows), 'file' if table.name == 'files' else 'row')})"
