"""`recast diff`: the differences between two runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import click

from recast.cli.find_run import run_directory
from recast.cli.output import emit, output_option, say
from recast.counted import counted
from recast.json_types import JsonObject
from recast.results.numbers import LEAST_CLS, cls_text

__all__ = ["diff", "section_lines"]

DIFFERENT = 1
_DIGEST = re.compile("(sha256:)?[0-9a-f]{64}")
MOST_ROWS = 15
"""Rows of a section shown as text; -o csv has all."""
MOST_LINES = 40
"""Lines of a file's changes shown as text."""
MOST_SHOWN = 60
_MOST_PER_CENT = 10.0
"""A number that grew by more than this is shown as a factor."""

EPILOG = """
\b
Examples:
  recast diff 3f2 last
  recast diff 3f2 last -o json
  recast diff 3f2 last --exit-code && echo the same

The comparison covers what was asked for, spec, images, inputs, steps and why they differ, states, results, and what
steps published. Durations are shown, but do not make two runs different.
"""

_CLS = re.compile(r"/cls_(?:obs|exp)(?:/\d)?$")


@click.command(epilog=EPILOG)
@click.argument("before")
@click.argument("after")
@click.option("--exit-code", is_flag=True, help="Exit code 1 if the runs differ.")
@output_option
@click.pass_context
def diff(ctx: click.Context, before: str, after: str, exit_code: bool, output: str) -> None:
    """Show the differences between two runs."""
    from recast.reports.run_diff import diff_json, diff_rows
    from recast.runs import open_run

    document = diff_json(open_run(run_directory(before)), open_run(run_directory(after)))
    if output == "table":
        for line in _told(document):
            say(line)
    else:
        columns = ("section", "where", "before", "after", "relative", "words")
        emit(document, list(diff_rows(document)), columns, output)
    if exit_code and not document["equal"]:
        ctx.exit(DIFFERENT)


def _told(document: JsonObject) -> Iterator[str]:
    """Yield the differences as text."""
    for side in ("before", "after"):
        run = document[side]
        yield f"{side:<7} run {run['run']}: {run['title']}, {run['state']}"
    if document["equal"]:
        yield "The runs are equal, except for their durations."
    told = {row["where"] for row in document["answers"]}
    answers = [row for row in document["answers"] if not _is_beyond(row)]
    rest = [row for row in document["results"] if row["where"] not in told and not _is_beyond(row)]
    yield from section_lines({**document, "answers": answers, "results": rest})


def _is_cls(row: JsonObject) -> bool:
    numbers = all(isinstance(row[side], (int, float)) for side in ("before", "after"))
    return numbers and _CLS.search(row["where"]) is not None


def _is_beyond(row: JsonObject) -> bool:
    """Return whether a CLs is below the meaningful range on both sides, where its size should not be compared."""
    return _is_cls(row) and max(row["before"], row["after"]) < LEAST_CLS


def section_lines(document: JsonObject) -> Iterator[str]:
    """Yield the lists of differences in a document, section by section, as text."""
    for section, rows in document.items():
        if not isinstance(rows, list) or not rows:
            continue
        if section == "text":
            yield from _text(rows)
            continue
        yield f"{section.replace('_', ' ')}:"
        yield from ("  " + _row(row) for row in rows[:MOST_ROWS])
        if len(rows) > MOST_ROWS:
            yield f"  ... and {len(rows) - MOST_ROWS:,} more (-o csv has all)"


def _text(rows: list[JsonObject]) -> Iterator[str]:
    """Yield what changed in files, a limited number of lines each."""
    for row in rows:
        yield f"{row['where']}:"
        yield from ("  " + line for line in row["lines"][:MOST_LINES])
        if len(row["lines"]) > MOST_LINES:
            yield f"  ... and {len(row['lines']) - MOST_LINES:,} more lines (-o json has more)"


def _row(row: JsonObject) -> str:
    if row.get("words"):
        return f"{row['where'].split(' ')[0]}: {row['words']}"
    if _is_cls(row) and min(row["before"], row["after"]) < LEAST_CLS:
        return f"{row['where']}: {cls_text(row['before'])} -> {cls_text(row['after'])}"
    before, after, relative = row["before"], row["after"], row.get("relative")
    if isinstance(before, str) and isinstance(after, str) and _is_long(before, after):
        return "\n".join([f"{row['where']}:", *_text_lines(before, after)])
    if isinstance(before, list) and isinstance(after, list):
        return f"{row['where']}: {_lists(before, after)}"
    by = "" if relative is None else f"  ({_by(relative, before)})"
    if isinstance(before, dict) or isinstance(after, dict):
        return f"{row['where']}: {'new' if before is None else 'gone' if after is None else 'changed'}"
    return f"{row['where']}: {_shown(before)} -> {_shown(after)}{by}"


def _is_long(before: str, after: str) -> bool:
    return max(len(before), len(after)) > MOST_SHOWN and not _DIGEST.fullmatch(before)


def _text_lines(before: str, after: str) -> list[str]:
    """Return two different texts: in full if each is a single line, otherwise the lines that differ."""
    from recast.reports.text_diff import text_changed

    if "\n" not in before + after:
        return [f"- {before}", f"+ {after}"]
    return text_changed(before, after)[:MOST_LINES]


def _by(relative: float, before: float) -> str:
    """Return by how much a number changed: in per cent, or as a factor where that is easier to read."""
    return f"x {1 + relative:.3g}" if relative > _MOST_PER_CENT and before > 0 else f"{relative:+.2%}"


def _lists(before: list[Any], after: list[Any]) -> str:
    """Return what is in one list and not in the other."""
    old, new = ([_shown(item) for item in items] for items in (before, after))
    only_old, only_new = sorted(set(old) - set(new)), sorted(set(new) - set(old))
    told = [
        f"; {word} {', '.join(items[:3])}{' ...' * (len(items) > 3)}"
        for word, items in (("gone", only_old), ("new", only_new))
        if items
    ]
    same = ", in another order" if len(old) == len(new) and not told else ""
    return f"{counted(len(old), 'item')} -> {len(new)}{''.join(told)}{same}"


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    text = f"{value:.6g}" if isinstance(value, float) else value if isinstance(value, str) else json.dumps(value)
    line = " ".join(text.split())
    if _DIGEST.fullmatch(line):
        return line[:19] + "..."
    return line if len(line) <= MOST_SHOWN else line[: MOST_SHOWN - 3] + "..."
