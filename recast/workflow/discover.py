"""Replace names of files in values by paths, as yadage's init does: the exact name first, then a pattern."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from recast.jobs import Artifact
from recast.json_types import JsonValue
from recast.worker.files.patterns import expand, has_magic, plain
from recast.workflow.interpolate import RequestText

__all__ = ["Listing", "discovered", "has_magic", "matches", "names_in", "plain", "tree"]


def matches(pattern: str, paths: Collection[str]) -> list[str]:
    """Return the files and folders of a listing that match, sorted, in the pattern's notation."""
    return expand(pattern, Listing(paths))


def tree(folder: str, paths: Iterable[str]) -> list[str]:
    """Return the files of a listing below a folder (`""` is all of them)."""
    name = plain(folder)
    prefix = name + "/" if name else ""
    return [path for path in paths if path.startswith(prefix)]


class Listing:
    """Files as a tree by path; if the paths map to artifacts, these say which folders were links."""

    def __init__(self, paths: Collection[str], links: Iterable[str] = ()) -> None:
        """Build the tree; `links` are the linked folders among the parents of paths."""
        self._folders: dict[str, dict[str, None]] = {"": {}}
        self._links = set(links)
        self._files = paths if isinstance(paths, Mapping) else set(paths)
        for path in map(_tidy, paths):
            if path.endswith("/"):  # an empty folder
                self._folders.setdefault(path[:-1], {})
            self._enter(path.removesuffix("/"))
        for path, item in paths.items() if isinstance(paths, Mapping) else ():
            if isinstance(item, Artifact) and item.links:
                parts = path.split("/")
                self._links.update("/".join(parts[: int(count)]) for count in item.links.split())

    def _enter(self, path: str) -> None:
        known = False
        while not known and path:
            folder, _, name = path.rpartition("/")
            known = folder in self._folders
            self._folders.setdefault(folder, {})[name] = None
            path = folder

    def matches(self, pattern: str) -> list[str]:
        """Return the files and folders that match, sorted, in the pattern's notation."""
        return expand(pattern, self)

    def names(self, path: str) -> Iterable[str]:
        """Return the names in a folder; nothing if there is none."""
        return self._folders.get(plain(path), ())

    def exists(self, path: str) -> bool:
        """Return whether a file or folder exists; a path that ends with a slash or dot must be a folder."""
        name = plain(path)
        return name in self._folders or (name in self._files and path.rpartition("/")[2] not in ("", "."))

    def is_link(self, path: str) -> bool:
        """Return whether the last part of a path is a symbolic link to a folder."""
        return plain(path) in self._links


def _tidy(path: str) -> str:
    """Return a path without empty parts and dots: as a name, a dot would be a folder inside itself, for ever."""
    if "//" not in path and "/." not in path and not path.startswith((".", "/")):
        return path
    return plain(path) + ("/" if path.endswith("/") else "")


def discovered(
    value: JsonValue, folder: str, listing: Collection[str] | Listing, *, patterns: bool, exact: bool = True
) -> JsonValue:
    """Return a value whose strings that name a file or folder of a listing are paths below `folder`.

    With `patterns`, a string that matches as a glob pattern becomes the list of its matches; one that is exactly the
    name of a file is that file, unless `exact` is off. Strings of a request are data and stay unchanged.
    """
    known = listing if isinstance(listing, Listing) else Listing(listing)

    def resolved(value: JsonValue) -> JsonValue:
        if isinstance(value, list):
            return [resolved(item) for item in value]
        if isinstance(value, dict):
            return {key: resolved(item) for key, item in value.items()}
        found = _located(value, known, patterns=patterns, exact=exact)
        if isinstance(found, list):
            return [f"{folder}/{name}" for name in found]
        return value if found is None else f"{folder}/{found}"

    return resolved(value)


def names_in(value: Any, listing: Collection[str], take: Callable[[str], None], known: Listing | None = None) -> None:
    """Call `take` with each file of a listing that strings in a value refer to; `known` is the listing as a tree."""
    known = known or Listing(listing)
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, (list, dict)):
            todo += item.values() if isinstance(item, dict) else item
            continue
        found = _located(item, known, patterns=True)
        for name in [found] if isinstance(found, str) else found or []:
            for path in [plain(name)] if plain(name) in listing else tree(name, listing):
                take(path)


def _located(text: JsonValue, known: Listing, *, patterns: bool, exact: bool = True) -> str | list[str] | None:
    """Return the name that a string refers to, the list of names that it matches, or None; as it is written."""
    if not isinstance(text, str) or isinstance(text, RequestText):
        return None
    if not text or text.startswith("/") or ".." in text.split("/"):
        return None
    if exact and known.exists(text):
        return text
    return (known.matches(text) or None) if patterns and (has_magic(text) or not exact) else None
