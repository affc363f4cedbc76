"""`recast catalogue add`, `rm` and `check`: importing, removing and checking entries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from recast.cli.output import emit, message, output_option, print_error
from recast.counted import counted
from recast.errors import EntryError, NotFound
from recast.json_types import JsonDict

if TYPE_CHECKING:
    from recast.recast_atlas.add import Addition
    from recast.recast_atlas.imported import ImportedEntry

__all__ = ["add", "check", "lines_of_imported", "remove"]

_ADD = """
\b
Examples:
  recast catalogue add recast.yml
  recast catalogue add path/to/analysis
  recast catalogue add github:ORG/REPO@v1:recast.yml
  recast catalogue add gitlab-cern:GROUP/REPO
  recast catalogue add https://host/folder/index.yml
"""
_REMOVE = """
\b
Examples:
  recast catalogue rm examples/rome
  recast catalogue rm atlas-susy-2018-31@1.0.0
"""
_FINDING = ("severity", "code", "where", "what", "next")


@click.command(epilog=_ADD)
@click.argument("place", metavar="PATH|FOLDER|URL")
@click.option("--force", is_flag=True, help="Replace an entry with the same name.")
@output_option
@click.pass_context
def add(ctx: click.Context, place: str, force: bool, output: str) -> None:
    """Add recast-atlas entries, unchanged: from a file, an index, a folder or a repository.

    Each file is checked separately: valid entries are added, the others are reported. Exit code 3 if a file is not a
    valid entry.
    """
    from recast.recast_atlas.add import add_entries

    done = add_entries(place, force=force)
    refused = [item.problem for item in done if item.problem is not None]
    if len(done) == 1 and refused:
        raise refused[0]
    rows = [_row(item) for item in done]
    emit(rows, rows, ("name", "state", "location"), output)
    for problem in refused:
        print_error(problem)
    kept = [item.name for item in done if item.problem is None and item.name]
    if kept:
        message(f"show it: recast catalogue show {kept[0]}; check it: recast catalogue check {kept[0]}")
    elif not refused:
        raise NotFound(
            "There are no recast-atlas entries here",
            where=place,
            why="An entry is a YAML file with name, metadata and spec.",
            next_step="Name the file: recast catalogue add PATH/recast.yml",
        )
    if refused:
        ctx.exit(refused[0].exit_code)


@click.command("rm", epilog=_REMOVE)
@click.argument("name", metavar="NAME|ANALYSIS@VERSION")
@click.option("--force", is_flag=True, help="Remove it although unfinished runs use it.")
@output_option
def remove(name: str, force: bool, output: str) -> None:
    """Remove an imported entry, or a version with all statements about it; their runs are kept.

    Copies that were published elsewhere are not affected, and can be imported or fetched again. A version that
    unfinished runs need is not removed; the error names these runs.
    """
    from recast.operations.forget import forget

    digest, runs = forget(name, force=force)
    row = {"name": name, "digest": digest, "unfinished_runs": runs}
    emit(row, [row], ("name", "digest"), output) if output != "table" else None
    message(f"{name} is removed" + (f"; {', '.join(runs)} continue with what they have" if runs else ""))


@click.command(
    epilog="\b\nExamples:\n  recast catalogue check examples/rome\n  recast catalogue check examples/rome -o json"
    "\n  recast catalogue check catalogue/my-analysis.yml"
)
@click.argument("name")
@output_option
@click.pass_context
def check(ctx: click.Context, name: str, output: str) -> None:
    """Show why an imported entry, a published version or an entry's file could not run; exit code 3 if so.

    Anything that `recast run` rejects is an error, including an image that is not available anywhere; what a pull may
    provide is a warning.
    """
    from recast.operations.check import check as findings_of

    findings = findings_of(name)
    if any(found["code"] == "spec.floating-image" for found in findings):
        message("a run needs the images pinned first: recast image pin FOLDER")
    errors = [found for found in findings if found["severity"] == "error"]
    emit({"name": name, "ok": not errors, "findings": findings}, findings, _FINDING, output)
    message(f"{name}: {counted(len(errors), 'error')}" if errors else f"{name}: ok")
    if errors:
        ctx.exit(EntryError.exit_code)


def lines_of_imported(imported: ImportedEntry) -> Iterator[str]:
    """Yield the page for a terminal."""
    entry, metadata = imported.entry, imported.entry.metadata
    yield f"{imported.name}  {metadata.short_description}"
    yield f"  {imported.state}; added {imported.added} from {imported.location}"
    yield f"  author   {metadata.author or 'unknown'}"
    if metadata.input_requirements:
        yield f"  needs    {metadata.input_requirements}"
    if tags := [*metadata.tags, *imported.tags]:
        yield f"  tags     {', '.join(tags)}"
    yield f"  toplevel {imported.toplevel}"
    yield f"  workflow {entry.spec.workflow}"
    yield "examples"
    yield from (f"  {name}: {_inputs(item.initdata)}" for name, item in entry.example_inputs.items())
    if entry.tests:
        yield "tests"
        yield from (f"  {test.name}: {test.description or test.spec}" for test in entry.tests)
    if entry.results:
        yield "results"
        yield from (f"  {result.name}: {result.relpath}" for result in entry.results)
    yield "run it"
    yield from (f"  recast run {imported.name} --example {name}" for name in entry.offers())


def _inputs(initdata: JsonDict) -> str:
    text = ", ".join(f"{key}={value!s:.40}" for key, value in initdata.items())
    return text if len(text) <= 160 else text[:157] + "..."


def _row(item: Addition) -> JsonDict:
    problem = item.problem.as_json() if item.problem is not None else None
    return {"name": item.name, "state": item.state, "location": item.location, "problem": problem}
