"""An entry as it is written now: the version that publishing it would make, without being published.

Its blobs go where those of published versions are, and no name means them. So the same number can be tried as often as
one likes, the digest is the one that publishing will give, and runs of it tell what they were made of.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NoReturn

from recast.catalogue.entries.entry import load_entry
from recast.catalogue.publishing.bundle import read_bundle
from recast.catalogue.publishing.publish import stage
from recast.catalogue.store import CatalogueStore
from recast.catalogue.version import PublishedVersion
from recast.errors import NotFound, RecastError
from recast.plainfile import read_plain
from recast.spec.source import parse

__all__ = ["draft", "looks_written", "refuse_file", "written_entry"]

_FILE = re.compile(r"(?P<path>.+\.ya?ml)(?:@(?P<number>[^@/]+))?")


def written_entry(name: str) -> tuple[Path, str | None] | None:
    """Return file and number if `FILE.yml[@VERSION]` is an entry of a catalogue; None for a workflow, or no file."""
    match = _FILE.fullmatch(name)
    if match is None or not Path(match["path"]).is_file():
        return None
    try:
        document = parse(read_plain(Path(match["path"])), match["path"]).value
    except (RecastError, OSError):
        return None  # whoever reads it as a workflow says what is wrong with it
    is_entry = isinstance(document, dict) and "stages" not in document and {"analysis", "versions"} <= document.keys()
    return (Path(match["path"]), match["number"]) if is_entry else None


def looks_written(name: str) -> bool:
    """Say whether a name is that of a YAML file, there or not, and so no analysis."""
    return _FILE.fullmatch(name) is not None


def refuse_file(name: str) -> NoReturn:
    """Raise what is wrong with `FILE.yml[@VERSION]` that `written_entry` does not take: NotFound, EntryError."""
    match = _FILE.fullmatch(name)
    assert match is not None
    if Path(match["path"]).is_file():
        load_entry(Path(match["path"]))
    raise NotFound(
        f"There is no file {match['path']!r}",
        where=str(Path.cwd()),
        next_step="Give the file of an entry, catalogue/NAME.yml, or the name of an analysis: recast catalogue ls",
    )


def draft(path: Path, store: CatalogueStore, number: str | None = None) -> PublishedVersion:
    """Return a version of an entry (the newest by default) as it is written now; raise what publishing would raise."""
    entry = load_entry(path)
    return stage(read_bundle(entry, entry.entry.version(number), unbuilt=True), store)
