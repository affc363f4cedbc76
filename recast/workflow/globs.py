"""Shell-like patterns over the files that a step left; `recast.worker.patterns` says how they are read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from recast.jobs import Artifact
from recast.worker.patterns import expand, has_magic, plain

__all__ = ["Listing", "has_magic", "matches", "plain", "tree"]


def matches(pattern: str, paths: Collection[str]) -> list[str]:
    """Return the files and folders of a listing that match, sorted, spelled as the pattern is."""
    return expand(pattern, Listing(paths))


def tree(folder: str, paths: Iterable[str]) -> list[str]:
    """Return the files of a listing below a folder (`""` is all of them)."""
    name = plain(folder)
    prefix = name + "/" if name else ""
    return [path for path in paths if path.startswith(prefix)]


class Listing:
    """Files by their paths, as the tree that they came from; a map to artifacts tells which folders were links."""

    def __init__(self, paths: Collection[str], links: Iterable[str] = ()) -> None:
        """Take in paths; `links` are the linked folders among those that they lead through."""
        self._folders: dict[str, dict[str, None]] = {"": {}}
        self._links = set(links)
        self._files = paths if isinstance(paths, Mapping) else set(paths)
        for path in paths:
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
        """Return the files and folders that match, sorted, spelled as the pattern is."""
        return expand(pattern, self)

    def names(self, path: str) -> Iterable[str]:
        """Return the names in a folder; nothing if there is none."""
        return self._folders.get(plain(path), ())

    def exists(self, path: str) -> bool:
        """Return whether a file or folder is there; a path with a slash or dot at its end must be a folder."""
        name = plain(path)
        return name in self._folders or (name in self._files and path.rpartition("/")[2] not in ("", "."))

    def is_link(self, path: str) -> bool:
        """Return whether the last part of a path is a symbolic link to a folder."""
        return plain(path) in self._links
