"""`recast catalogue create`: a new entry that runs immediately."""

from __future__ import annotations

from pathlib import Path

import click

from recast.cli.output import emit, message, output_option

__all__ = ["create"]

EPILOG = """
\b
Examples:
  recast catalogue create atlas-susy-2042-01 --shape likelihood
  recast catalogue create my-search --shape events --to path/to/checkout

\b
Shapes:
  likelihood  signals for a published pyhf workspace: points of a patchset, or own events per bin
  events      events in batches, selection, merge, limit; a toy generator takes the place of Pythia
  yadage      a plain workflow: one job per value, then a gather
"""


@click.command(epilog=EPILOG)
@click.argument("name")
@click.option("--shape", type=click.Choice(("likelihood", "events", "yadage")), required=True, help="Kind of analysis.")
@click.option(
    "--to", "checkout", type=click.Path(path_type=Path, file_okay=False), default=Path(), metavar="DIR",
    help="Folder that contains catalogue/ and specs/ [default: here].",
)  # fmt: skip
@output_option
def create(name: str, shape: str, checkout: Path, output: str) -> None:
    """Write a small entry NAME that builds, runs and validates, as a starting point. Nothing is overwritten."""
    from recast.catalogue.entries.skeleton import create as write_skeleton

    rows = [{"file": str(path)} for path in write_skeleton(name, shape, checkout)]
    emit({"analysis": name, "shape": shape, "files": [row["file"] for row in rows]}, rows, ("file",), output)
    message(f"next steps: {checkout / 'specs' / name / 'README.md'}")
