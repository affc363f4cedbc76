"""The output of commands: data on stdout as table, json, jsonl or csv; everything else on stderr."""

from __future__ import annotations

import csv
import errno
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from recast.errors import RecastError
from recast.json_types import JsonObject
from recast.masked import masked, masked_json
from recast.terminal_safe import as_utf8, json_visible, one_line, visible

__all__ = [
    "FORMATS",
    "as_json",
    "emit",
    "hand_over",
    "hand_over_file",
    "message",
    "output_option",
    "overwrite",
    "print_error",
    "say",
    "shown",
    "write",
    "write_bytes",
    "write_log",
    "write_page",
]

FORMATS = ("table", "json", "jsonl", "csv")

F = TypeVar("F", bound=Callable[..., Any])


def output_option(function: F) -> F:
    """Add `-o/--output table|json|jsonl|csv`, passed as `output`."""
    return click.option(
        "-o", "--output", type=click.Choice(FORMATS), default="table", show_default=True, help="Output format."
    )(function)


def emit(document: Any, rows: Sequence[JsonObject], columns: Sequence[str], output: str) -> None:
    """Print data on stdout: `document` whole for json, `rows` for the others (`columns` for table and csv)."""
    if output == "json":
        print(as_json(document, indent=1))
    elif output == "jsonl":
        for row in rows:
            print(as_json(row))
    elif output == "csv":
        writer = csv.DictWriter(sys.stdout, fieldnames=list(columns), extrasaction="ignore")
        writer.writeheader()
        writer.writerows([{key: one_line(masked(_cell(row.get(key)))) for key in columns} for row in rows])
    else:
        _print_table(rows, columns)


def as_json(document: Any, indent: int | None = None) -> str:
    """Return a document that is safe to print: without secrets, and with invisible characters as JSON escapes."""
    return json_visible(json.dumps(masked_json(document), indent=indent, ensure_ascii=False))


def shown(text: str) -> str:
    """Return a text that is safe to show: without secrets, and with control sequences written as escapes."""
    return visible(masked(text), None)


def say(text: str = "", indent: str = "    ") -> None:
    """Print a line for a person on stdout. Continuation lines are indented, so that none looks like our own.

    Only the functions of this module print: nothing else in the command line does.
    """
    print(shown(text).replace("\n", f"\n{indent}"))


def write(text: str, end: str = "\n") -> None:
    """Print a text of many lines on stdout unchanged, except for invisible characters and secrets."""
    print(shown(text), end=end)


def message(text: str) -> None:
    """Print one line for a person on stderr, as `say` does."""
    print(shown(text).replace("\n", "\n    "), file=sys.stderr, flush=True)


def hand_over(text: str) -> None:
    """Print a line on stderr that holds a secret, for the person who is to have it."""
    print(one_line(text), file=sys.stderr, flush=True)


def hand_over_file(content: bytes) -> None:
    """Print a file that somebody has asked for on stdout: as it is, but on a terminal so that nothing of it is obeyed.

    Secrets in it are not masked: it may be one. Raises OSError if it cannot be written.
    """
    if sys.stdout is None:
        raise OSError(errno.EBADF, "there is no standard output")
    if sys.stdout.isatty():
        print(visible(content.decode("utf-8", "backslashreplace"), None, keep="\n\t"), end="", flush=True)
    else:
        write_bytes(content)


def overwrite(text: str, *, last: bool) -> None:
    """Print a line on stderr in place of the one before, which a terminal shows."""
    print(f"\r{one_line(masked(text))}", end="\n" if last else "", file=sys.stderr, flush=True)


def write_page(markdown: str) -> None:
    """Print a page of the documentation: on a terminal with bold headings and wrapped, otherwise unchanged."""
    text = shown(markdown)
    if sys.stdout.isatty():
        from recast.cli.page import for_terminal

        text = for_terminal(text, colour="NO_COLOR" not in os.environ)
    print(text, end="")


def write_log(piece: str) -> None:
    """Print a piece of a job's log, of whole lines; tabs stay."""
    print(visible(masked(piece), None, keep="\n\t"), end="", flush=True)


def write_bytes(piece: bytes) -> None:
    """Print bytes as they are, for programs; the user has asked for it."""
    sys.stdout.flush()
    sys.stdout.buffer.write(piece)
    sys.stdout.flush()


def print_error(error: RecastError) -> None:
    """Print an error as what, where, why and next on stderr."""
    colour = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    bold, end = ("\x1b[1;31m", "\x1b[0m") if colour else ("", "")
    print(f"{bold}error{end} [{one_line(error.code)}] {one_line(masked(error.what))}", file=sys.stderr)
    for label, text in (("where", error.where), ("why", error.why), ("next", error.next_step)):
        if text:
            body = shown(text).replace("\n", "\n        ")
            print(f"  {label:<5} {body}", file=sys.stderr)


def _print_table(rows: Sequence[JsonObject], columns: Sequence[str]) -> None:
    if not rows:
        return
    cells = [[one_line(masked(_cell(row.get(column)))) for column in columns] for row in rows]
    widths = [max(len(column), *(len(line[i]) for line in cells)) for i, column in enumerate(columns)]
    for line in [list(columns), *cells]:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (dict, list, tuple)):
        return as_utf8(json.dumps(masked_json(value), ensure_ascii=False))
    return as_utf8(str(value))
