"""How commands speak: data on stdout as table, json, jsonl or csv; everything else on stderr."""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from recast.errors import RecastError
from recast.visible import as_utf8

__all__ = ["FORMATS", "emit", "message", "output_option", "print_error"]

FORMATS = ("table", "json", "jsonl", "csv")

F = TypeVar("F", bound=Callable[..., Any])


def output_option(function: F) -> F:
    """Add `-o/--output table|json|jsonl|csv`, handed over as `output`."""
    return click.option(
        "-o", "--output", type=click.Choice(FORMATS), default="table", show_default=True, help="Form of the data."
    )(function)


def emit(document: Any, rows: Sequence[Mapping[str, Any]], columns: Sequence[str], output: str) -> None:
    """Print data on stdout: `document` whole for json, `rows` for the others (`columns` for table and csv)."""
    if output == "json":
        print(as_utf8(json.dumps(document, indent=1, ensure_ascii=False)))
    elif output == "jsonl":
        for row in rows:
            print(as_utf8(json.dumps(row, ensure_ascii=False)))
    elif output == "csv":
        writer = csv.DictWriter(sys.stdout, fieldnames=list(columns), extrasaction="ignore")
        writer.writeheader()
        writer.writerows([{key: _cell(row.get(key)) for key in columns} for row in rows])
    else:
        _print_table(rows, columns)


def message(text: str) -> None:
    """Print one line for a person on stderr."""
    print(text, file=sys.stderr, flush=True)


def print_error(error: RecastError) -> None:
    """Print an error as what, where, why and next on stderr; what a terminal would obey is written as an escape."""
    from recast.visible import visible

    colour = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    bold, end = ("\x1b[1;31m", "\x1b[0m") if colour else ("", "")
    print(f"{bold}error{end} [{error.code}] {visible(error.what, None)}", file=sys.stderr)
    for label, text in (("where", error.where), ("why", error.why), ("next", error.next_step)):
        if text:
            body = visible(text, None).replace("\n", "\n        ")
            print(f"  {label:<5} {body}", file=sys.stderr)


def _print_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    if not rows:
        return
    cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    widths = [max(len(column), *(len(line[i]) for line in cells)) for i, column in enumerate(columns)]
    for line in [list(columns), *cells]:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (dict, list, tuple)):
        return as_utf8(json.dumps(value, ensure_ascii=False))
    return as_utf8(str(value))
