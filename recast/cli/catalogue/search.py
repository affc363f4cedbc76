"""Searches that are known and not archived, on the command line; `recast catalogue search`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from recast.cli.output import emit, message, output_option, say

if TYPE_CHECKING:
    from recast.catalogue import Catalogue
    from recast.catalogue.unarchived import KnownSearch

__all__ = ["known_rows", "lines_of_known", "search", "show_known"]

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
    """Find analyses that hold all WORDs: published here, imported, or known and not archived. None is no error."""
    from recast.operations.search import search as found_by

    rows = [hit.as_json() for hit in found_by(words, say=message)]
    emit(rows, rows, ("analysis", "version", "collaboration", "state", "images", "title"), output)
    if not rows:
        message(f"nothing holds {' and '.join(words)}; all that there is: recast catalogue ls --all")


def known_rows(local: Catalogue) -> list[dict[str, Any]]:
    """Return the rows of `recast catalogue ls --all` for searches that nobody archived here."""
    from recast.catalogue.unarchived import NOT_ARCHIVED, not_archived

    nothing: dict[str, Any] = {"version": None, "versions": [], "digest": None, "signature": None}
    return [
        {"analysis": item.analysis, **nothing, "collaboration": item.collaboration, "title": item.title,
         "state": NOT_ARCHIVED}
        for item in not_archived(local.analyses())
    ]  # fmt: skip


def show_known(item: KnownSearch, output: str) -> None:
    """Print all that is known of a search that nobody archived here."""
    if output == "table":
        for line in lines_of_known(item):
            say(line)
    else:
        document = item.as_json()
        emit(document, [document], tuple(document), output)


def lines_of_known(item: KnownSearch) -> Iterator[str]:
    """Yield the page for a terminal."""
    yield f"{item.analysis}  {item.title}"
    yield f"  {item.collaboration}; not archived: there is nothing to run, but its likelihood is public"
    yield from (f"  {kind:<8} {link}" for kind, link in item.links.items())
    yield f"  known from {', '.join(item.sources)}"
    yield "archive it"
    yield f"  {item.next_step}"
