"""Add recast-atlas entries: every file is checked separately, and the valid ones are stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from recast.catalogue.local import Catalogue
from recast.errors import EntryError, RecastError, SpecError
from recast.recast_atlas.entry import kind_of, read_entry, read_index
from recast.recast_atlas.imported import ImportedEntries, ImportedEntry
from recast.recast_atlas.locations import EntryLocation, find_shelf
from recast.remote.origin import utc_now
from recast.spec.source import Document, parse

__all__ = ["Addition", "add_entries"]

MOST_ENTRIES = 1000
"""The most files that one call reads; indexes may name indexes."""


@dataclass(frozen=True, slots=True)
class Addition:
    """The outcome for one file: `added`, `updated`, `unchanged`, `passed over` (not an entry), or `refused` with a
    problem.
    """

    location: str
    state: str
    name: str = ""
    problem: RecastError | None = None
    entry: ImportedEntry | None = None


def add_entries(text: str, *, force: bool = False) -> list[Addition]:
    """Add all entries of a file, folder, URL or repository; return the outcome for each file.

    Raises an error if the location cannot be read at all; an invalid file is reported in its Addition.
    """
    shelf, names = find_shelf(text)
    found = list(_Walk(shelf).files(shelf.names() if names is None else names, (), explicit=names is not None))
    return [_keep(item, force) for item in _without_twins(found)]


class _Walk:
    """Reads files, and those that indexes name, each once."""

    def __init__(self, shelf: EntryLocation) -> None:
        self._shelf = shelf
        self._seen: set[str] = set()
        self._count = 0

    def files(self, names: Sequence[str], tags: tuple[str, ...], *, explicit: bool) -> Iterator[Addition]:
        """Yield an Addition for each entry; `explicit` files are treated as entries whatever they contain."""
        for name in names:
            location = self._shelf.location(name)
            if location in self._seen:
                continue
            self._seen.add(location)
            if len(self._seen) > MOST_ENTRIES:
                raise EntryError(f"More than {MOST_ENTRIES} files are named", where=location)
            try:
                yield from self._file(name, tags, explicit)
            except RecastError as problem:
                yield Addition(location, "refused", problem=_placed(problem, location))

    def _file(self, name: str, tags: tuple[str, ...], explicit: bool) -> Iterator[Addition]:
        location = self._shelf.location(name)
        text = self._shelf.read(name)
        document = _parse(text, location)
        kind = kind_of(document.value)
        if kind == "index":
            index = read_index(document)
            folder = name.rpartition("/")[0]
            inner = [f"{folder}/{entry}" if folder else entry for entry in index.recast_catalogue_entries]
            yield from self.files(inner, (*tags, *index.tags), explicit=True)
        elif kind == "other" and not explicit:
            yield Addition(location, "passed over")
        else:
            read = read_entry(document)
            entry = ImportedEntry(read.name, text, location, self._shelf.base(name), utc_now(), tags)
            entry.toplevel  # noqa: B018 - raises for a folder that it must not name
            yield Addition(location, "found", read.name, entry=entry)


def _parse(text: str, location: str) -> Document:
    try:
        return parse(text, location)
    except SpecError as problem:
        raise EntryError(problem.what, where=problem.where, why=problem.why, next_step=problem.next_step) from problem


def _placed(problem: RecastError, location: str) -> RecastError:
    problem.where = problem.where or location
    return problem


def _without_twins(found: Sequence[Addition]) -> Iterator[Addition]:
    """Refuse all entries with the same name: recast-atlas picks one of them, not always the same."""
    for item in found:
        twins = [other.location for other in found if item.name and other.name == item.name]
        if len(twins) > 1:
            problem = EntryError(
                f"{len(twins)} files call themselves {item.name!r}",
                where=item.location,
                why="They are: " + ", ".join(twins),
                next_step="Rename one, or add only the file that is meant.",
                code="entry.exists",
            )
            yield replace(item, state="refused", problem=problem)
        else:
            yield item


def _keep(item: Addition, force: bool) -> Addition:
    if item.entry is None or item.problem is not None:
        return item
    try:
        _check_unpublished(item.entry, force)
        return replace(item, state=ImportedEntries().put(item.entry, force=force))
    except RecastError as problem:
        return replace(item, state="refused", problem=problem)


def _check_unpublished(entry: ImportedEntry, force: bool) -> None:
    if not force and entry.name in Catalogue().analyses():
        raise EntryError(
            f"An analysis {entry.name!r} is published here",
            where=entry.location,
            why="The name refers to the published version, so the imported entry would never be run.",
            next_step="Rename the entry, or add it anyway: --force",
            code="entry.exists",
        )
