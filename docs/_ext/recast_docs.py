"""What the site has beside its written pages: those of commands, tables of schemas, ways back from pages of codes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from command_pages import command_pages
from sphinx.application import Sphinx

from recast.service.docs.made import PRUN, SCHEMAS
from recast.service.docs.prun_table import prun_table
from recast.service.docs.schema_tables import schema_tables

LISTS = {"reference/errors": "All error codes", "reference/rules": "All rules"}
"""Folders whose `index` lists their pages: two hundred of them in the sidebar of each page would help nobody."""
OUTSIDE = re.compile(r"\[([^\]]+)\]\((?P<path>(?:\.\./)+[^)#]+)\)")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("builder-inited", write_command_pages)
    app.connect("source-read", complete)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def write_command_pages(app: Sphinx) -> None:
    """Write a page for each command beside their index; those that have not changed are left alone."""
    from recast.cli.app import recast

    folder = Path(app.srcdir) / "reference" / "commands"
    pages = command_pages(recast)
    for old in folder.glob("*.md"):
        if old.stem not in {"index", *pages}:
            old.unlink()
    for name, text in pages.items():
        page = folder / f"{name}.md"
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


def complete(app: Sphinx, docname: str, source: list[str]) -> None:
    """Add what a page as it is read by itself does not have."""
    place, _, name = docname.rpartition("/")
    if place in LISTS and name != "index":
        source[0] = f"---\norphan: true\n---\n\n{source[0].rstrip()}\n\n[{LISTS[place]}](index.md)\n"
    folder = (Path(app.srcdir) / docname).parent
    source[0] = OUTSIDE.sub(lambda link: _kept_or_named(link, folder, Path(app.srcdir)), source[0])
    if docname == "reference/result-schemas":
        source[0] = source[0].replace(SCHEMAS, schema_tables())
    if docname == "reference/prun":
        source[0] = source[0].replace(PRUN, prun_table())


def _kept_or_named(link: re.Match[str], folder: Path, docs: Path) -> str:
    """Return a link as it is if it stays among the pages, else its text with the file of the repository it names."""
    target = (folder / link["path"]).resolve()
    if target.is_relative_to(docs):
        return link[0]
    return f"{link[1]} (`{target.relative_to(docs.parent)}`)"
