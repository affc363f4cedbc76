"""Recognise names of entries' files; nothing slow is imported for other names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NoReturn

from recast.errors import NotFound, RecastError
from recast.plainfile import read_plain
from recast.spec.source import parse

__all__ = ["looks_written", "refuse_file", "written_entry"]

_WORKFLOW = re.compile(rb"^stages[ \t]*:", re.MULTILINE)
"""A top-level key that only workflows have: a document with it is not an entry, however long it is."""
_FILE = re.compile(r"(?P<path>.+\.ya?ml)(?:@(?P<number>[^@/]+))?")


def written_entry(name: str) -> tuple[Path, str | None] | None:
    """Return file and number if `FILE.yml[@VERSION]` is an entry of a catalogue; None for a workflow, or no file."""
    match = _FILE.fullmatch(name)
    if match is None or not Path(match["path"]).is_file():
        return None
    try:
        content = read_plain(Path(match["path"]))
        if _WORKFLOW.search(content):
            return None
        document = parse(content, match["path"]).value
    except (RecastError, OSError):
        return None  # reading it as a workflow reports what is wrong with it
    is_entry = isinstance(document, dict) and "stages" not in document and {"analysis", "versions"} <= document.keys()
    return (Path(match["path"]), match["number"]) if is_entry else None


def looks_written(name: str) -> bool:
    """Return whether a name is that of a YAML file, existing or not, and so not an analysis."""
    return _FILE.fullmatch(name) is not None


def refuse_file(name: str) -> NoReturn:
    """Raise the error for a `FILE.yml[@VERSION]` that `written_entry` does not accept: NotFound, EntryError."""
    match = _FILE.fullmatch(name)
    assert match is not None
    if Path(match["path"]).is_file():
        from recast.catalogue.entries.entry import load_entry

        load_entry(Path(match["path"]))
    raise NotFound(
        f"There is no file {match['path']!r}",
        where=str(Path.cwd()),
        next_step="Give the file of an entry, catalogue/NAME.yml, or the name of an analysis: recast catalogue ls",
    )
