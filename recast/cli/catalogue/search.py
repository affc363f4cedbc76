"""Searches that are known but not archived, on the command line; `recast catalogue search`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from recast.cli.output import emit, message, output_option

if TYPE_CHECKING:
    from recast.catalogue.unarchived import KnownSearch

__all__ = ["lines_of_known", "search"]

EPILOG = """
\b
Examples:
  recast catalogue search gluino
  recast catalogue search mono-jet
  recast catalogue search arXiv:1908.03122
  recast catalogue search ATLAS 'missing transverse momentum' -o json
"""


@click.command(epilog=EPILOG)
@click.argument("words", nargs=-1, required=True, metavar="WORD...")
@output_option
def search(words: tuple[str, ...], output: str) -> None:
    """Find analyses that contain all WORDs: published here, imported, or known but not archived.

    It is not an error if there are none.
    """
    from recast.operations.search import search as found_by

    rows = [hit.as_json() for hit in found_by(words, say=message)]
    emit(rows, rows, ("analysis", "version", "collaboration", "state", "images", "title"), output)
    if not rows:
        message(f"no analysis contains {' and '.join(words)}; list all of them: recast catalogue ls --all")


def lines_of_known(item: KnownSearch) -> Iterator[str]:
    """Yield the page for a terminal."""
    yield f"{item.analysis}  {item.title}"
    yield f"  {item.collaboration}; not archived: there is nothing to run, but its likelihood is public"
    yield from (f"  {kind:<8} {link}" for kind, link in item.links.items())
    yield f"  known from {', '.join(item.sources)}"
    yield "archive it"
    yield f"  {item.next_step}"
