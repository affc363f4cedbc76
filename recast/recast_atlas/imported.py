"""Imported recast-atlas entries: stored unchanged, one file each, so that a broken one does not affect others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from recast.atomic import replace_file
from recast.errors import EntryError, NotFound, RecastError, StoreError
from recast.images.disk import locked
from recast.json_types import JsonObject
from recast.paths import places
from recast.remote.scheme import GitToplevel, WebToplevel, parse_toplevel
from recast.spec.source import Document, parse
from recast.suggest import listed

if TYPE_CHECKING:
    from recast.recast_atlas.entry import AtlasEntry

__all__ = ["ImportedEntries", "ImportedEntry"]

SCHEMA = 1


@dataclass(frozen=True)
class ImportedEntry:
    """One entry as it was added.

    `text` is the unmodified file; `location` is where it was (a path, a URL, `github:...`), `base` the folder that its
    relative paths refer to, in the same notation; `added` is UTC; `tags` are those of the index that named it.
    """

    name: str
    text: str
    location: str
    base: str
    added: str
    tags: tuple[str, ...] = field(default=())

    @cached_property
    def document(self) -> Document:
        """The parsed text, with the line of each value."""
        return parse(self.text, self.location)

    @cached_property
    def entry(self) -> AtlasEntry:
        """The checked entry; raises EntryError."""
        from recast.recast_atlas.entry import read_entry

        return read_entry(self.document)

    @property
    def toplevel(self) -> str:
        """The toplevel of its workflow: as written, or `specs` next to the entry."""
        return self.resolve(self.entry.spec.toplevel or "specs")

    @property
    def named(self) -> tuple[str, ...]:
        """The URL that the user gave when it was added, which may lead to addresses of the local network."""
        return (self.base,) if isinstance(parse_toplevel(self.base), WebToplevel) else ()

    @property
    def state(self) -> str:
        """The state that `recast catalogue ls` prints."""
        if self.entry.spec.workflow_type != "yadage":
            return f"imported: {self.entry.spec.workflow_type}, cannot run here"
        place = parse_toplevel(self.toplevel)
        if place is None:
            return "imported: follows a local folder"
        fixed = isinstance(place, GitToplevel) and place.is_commit
        return "imported: images float" if fixed else "imported: floating"

    def resolve(self, path: str) -> str:
        """Return a toplevel or folder that the entry names, relative to its own; raise EntryError.

        A remote entry may name other remote locations, but no folder of this machine.
        """
        if parse_toplevel(path) is not None:
            return path
        base = parse_toplevel(self.base)
        if base is None:
            return str(Path(self.base) / path)
        if path.startswith(("/", "~")) or ".." in PurePosixPath(path).parts:
            raise EntryError(
                f"The entry {self.name!r} names the folder {path!r} of this machine",
                where=self.location,
                why="It comes from elsewhere; only you may say which of your folders it reads.",
                next_step="Give the folder yourself (--initdir DIR), or add the entry from a local copy.",
            )
        return base.below(path).text if isinstance(base, GitToplevel) else f"{base.url}{quote(path)}"


class ImportedEntries:
    """The imported entries of this installation."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = places().state_dir / "imported" if root is None else root

    def names(self) -> list[str]:
        """Return the names of all entries, sorted."""
        return sorted(unquote(path.stem) for path in self.root.glob("*.json") if not path.name.startswith("."))

    def get(self, name: str) -> ImportedEntry:
        """Return one entry; raise NotFound, StoreError for a damaged file, EntryError if it is no longer valid."""
        try:
            body = json.loads(self._path(name).read_bytes())
            if body.pop("schema") != SCHEMA or body["name"] != name:
                raise ValueError("made by another version of recast")
            found = ImportedEntry(**{**body, "tags": tuple(body["tags"])})
        except FileNotFoundError:
            known = self.names()
            raise NotFound(
                f"No entry {name!r} was imported",
                where=str(self.root),
                why=f"Imported are: {listed(name, known)}",
                next_step="recast catalogue ls" if known else "recast catalogue add PATH|URL",
            ) from None
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as problem:
            raise StoreError(
                f"The imported entry {name!r} is damaged",
                where=str(self._path(name)),
                why=str(problem),
                next_step=f"recast catalogue rm {name}   (and add it again)",
                code="catalogue.corrupt",
            ) from problem
        found.entry  # noqa: B018 - the check
        return found

    def all(self) -> Iterator[tuple[str, ImportedEntry | RecastError]]:
        """Yield every name with its entry, or with its error."""
        for name in self.names():
            try:
                yield name, self.get(name)
            except RecastError as problem:
                yield name, problem

    def put(self, entry: ImportedEntry, *, force: bool = False) -> str:
        """Store an entry; return `added`, `updated` or `unchanged`; raise EntryError if another one has its name."""
        with self._writing(), locked(self.root / ".lock"):
            state = self._compare(entry, force)
            if state != "unchanged":
                content = json.dumps({"schema": SCHEMA, **_body(entry)}, indent=1)
                replace_file(self._path(entry.name), content.encode())
        return state

    def remove(self, name: str) -> None:
        """Remove an entry, also a damaged one; raise NotFound."""
        if name not in self.names():
            self.get(name)  # raises NotFound with the existing names
        with self._writing():
            self._path(name).unlink(missing_ok=True)

    def _compare(self, entry: ImportedEntry, force: bool) -> str:
        try:
            there = self.get(entry.name)
        except NotFound:
            return "added"
        except RecastError:
            return "updated"
        if there.location != entry.location and not force:
            raise EntryError(
                f"There is an entry {entry.name!r} already",
                where=entry.location,
                why=f"It was added from {there.location} at {there.added}.",
                next_step="Rename one of them, or replace the old one: --force",
                code="entry.exists",
            )
        same = (there.text, there.location, there.tags) == (entry.text, entry.location, entry.tags)
        return "unchanged" if same else "updated"

    def _path(self, name: str) -> Path:
        return self.root / f"{quote(name, safe='')}.json"

    def _writing(self) -> _Writing:
        return _Writing(self.root)


class _Writing:
    """Create the folder, and turn an OSError into a StoreError."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def __enter__(self) -> None:
        try:
            self._root.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise self._error(problem) from problem

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> None:
        if isinstance(problem, OSError):
            raise self._error(problem) from problem

    def _error(self, problem: OSError) -> StoreError:
        return StoreError.of(
            problem,
            "The imported entries cannot be written",
            self._root,
            "Free space or fix the permissions: export RECAST_HOME=DIR",
        )


def _body(entry: ImportedEntry) -> JsonObject:
    return {**asdict(entry), "tags": list(entry.tags)}
