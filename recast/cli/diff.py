"""`recast diff`: what differs between two runs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import click

from recast.cli.output import emit, output_option
from recast.cli.runs import run_directory

__all__ = ["diff"]

DIFFERENT = 1
MOST_ROWS = 15
"""Rows of a section that a person is shown; -o csv has all."""

EPILOG = """
\b
Examples:
  recast diff 3f2 last
  recast diff 3f2 last -o json
  recast diff 3f2 last --exit-code && echo the same

Compared are what was asked, spec, images, inputs, steps and why they differ, states, results, and what steps
published; durations are shown, but two runs are equal whatever they took.
"""


@click.command(epilog=EPILOG)
@click.argument("before")
@click.argument("after")
@click.option("--exit-code", is_flag=True, help="Exit code 1 if the runs differ.")
@output_option
@click.pass_context
def diff(ctx: click.Context, before: str, after: str, exit_code: bool, output: str) -> None:
    """Say what differs between two runs."""
    from recast.runs import open_run
    from recast.runs.diff import diff_json, diff_rows

    document = diff_json(open_run(run_directory(before)), open_run(run_directory(after)))
    if output == "table":
        for line in _told(document):
            print(line)
    else:
        columns = ("section", "where", "before", "after", "relative", "words")
        emit(document, list(diff_rows(document)), columns, output)
    if exit_code and not document["equal"]:
        ctx.exit(DIFFERENT)


def _told(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the differences as a person reads them."""
    for side in ("before", "after"):
        run = document[side]
        yield f"{side:<7} run {run['run']}: {run['title']}, {run['state']}"
    if document["equal"]:
        yield "The runs are equal, but for how long they took."
    for section, rows in document.items():
        if not isinstance(rows, list) or not rows:
            continue
        yield f"{section.replace('_', ' ')}:"
        yield from ("  " + _row(row) for row in rows[:MOST_ROWS])
        if len(rows) > MOST_ROWS:
            yield f"  ... and {len(rows) - MOST_ROWS:,} more (-o csv has all)"


def _row(row: Mapping[str, Any]) -> str:
    if row.get("words"):
        return f"{row['where'].split(' ')[0]}: {row['words']}"
    relative = row.get("relative")
    by = "" if relative is None else f"  ({relative:+.2%})"
    return f"{row['where']}: {_shown(row['before'])} -> {_shown(row['after'])}{by}"


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    text = f"{value:.6g}" if isinstance(value, float) else value if isinstance(value, str) else json.dumps(value)
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:57] + "..."
