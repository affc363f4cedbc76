"""`recast show`: a run step by step, or the inputs of an analysis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from recast.cli.output import emit, output_option, say, write
from recast.cli.runs.show_run import show as show_run
from recast.errors import NotFound, UsageError
from recast.json_types import JsonDict

if TYPE_CHECKING:
    from recast.catalogue import PublishedVersion

__all__ = ["show"]

EPILOG = """
\b
Examples:
  recast show last
  recast show 3f2 -o json
  recast show inputs atlas-susy-2018-31
  recast show inputs atlas-susy-2018-31 --template > inputs.yml
"""
_OWN = ("inputs", "--help", "-h")


class _RunUnlessNamed(click.Group):
    """A group whose subcommand is optional: a word that names none of them is a run."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args if args and args[0] in _OWN else ["run", *args])


@click.group(cls=_RunUnlessNamed, epilog=EPILOG, subcommand_metavar="RUN | inputs ANALYSIS[@VERSION]")
def show() -> None:
    """Show RUN and all of its steps, or the inputs of an analysis."""


show.add_command(show_run, "run")


@show.command(
    "inputs", epilog="\b\nExamples:\n  recast show inputs atlas-susy-2018-31\n  recast show inputs NAME@1.0.0 -o json"
)
@click.argument("analysis", metavar="ANALYSIS[@VERSION]|ENTRY.yml|CRATE")
@click.option("--template", is_flag=True, help="Print a YAML file to fill in, for `recast run --inputs`.")
@click.option("--example", metavar="NAME", help="Fill the template from this example [default: from the schema].")
@output_option
def inputs(analysis: str, template: bool, example: str | None, output: str) -> None:
    """Show the inputs of ANALYSIS: names, types, units, limits, defaults, examples."""
    from recast.inputs.help import COLUMNS, input_rows

    version = _version(analysis)
    if template:
        from recast.inputs.template import template as filled

        write(filled(version.input_schema, version.typed, version.example(example).inputs if example else None))
        return
    if example is not None:
        raise UsageError("--example is for a template", next_step=f"recast show inputs {analysis} --template")
    examples = {name: item.inputs for name, item in version.examples.items()}
    rows = input_rows(version.input_schema)
    reference = {"analysis": version.analysis, "version": version.version, "digest": version.digest}
    document = {**reference, "schema": version.input_schema, "inputs": rows, "examples": examples}
    if output == "table":
        _describe(rows, version)
    else:
        emit(document, rows, COLUMNS, output)


def _version(name: str) -> PublishedVersion:
    """Return a published version; raise NotFound, with a different message for an imported entry."""
    from recast.catalogue import Catalogue
    from recast.catalogue.transfer.find import find_version
    from recast.prepare.crate import read_crate
    from recast.prepare.crate_files import crate_at
    from recast.recast_atlas.imported import ImportedEntries

    local = Catalogue()
    if (crate := crate_at(name)) is not None and (held := read_crate(crate)).version is not None:
        return held.found(local).version
    if name.partition("@")[0] not in local.analyses() and name in ImportedEntries().names():
        raise NotFound(
            f"The imported entry {name!r} has no schema of its inputs",
            why="Only a published version declares its inputs.",
            next_step=f"recast catalogue show {name}   (its examples)",
        )
    return find_version(name, local).version


def _describe(rows: list[JsonDict], version: PublishedVersion) -> None:
    """Print a paragraph for each input, since descriptions are longer than columns."""
    say(f"{version.reference} takes:\n")
    for row in rows:
        write("\n".join(_paragraph(row)))
        say()
    if version.examples:
        first = next(iter(version.examples))
        say(f"examples: {', '.join(version.examples)}; recast run {version.typed} --example {first}")
    say(f"a file to fill in: recast show inputs {version.typed} --template > inputs.yml")


def _paragraph(row: JsonDict) -> Iterator[str]:
    import textwrap

    from recast.inputs.wording import shown

    default = f"default {shown(row['default'])}" if "default" in row else ""
    unit, must = f"in {row['unit']}" if row["unit"] else "", "required" if row["required"] else ""
    facts = (row["type"], unit, row["allowed"], default, must)
    yield f"{row['input']}  {'; '.join(fact for fact in facts if fact)}"
    yield from textwrap.wrap(row["description"], 100, initial_indent="    ", subsequent_indent="    ")
    yield from (f"    for example {shown(example)}" for example in row["examples"][:3])
