"""Locations of entries to add: a local folder, a folder in a repository, or a web server."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Protocol
from urllib.parse import quote, unquote, urlsplit

from recast.errors import EntryError, NetworkError, NotFound
from recast.remote.scheme import GitToplevel, parse_toplevel
from recast.spec.source import MAX_FILE_BYTES

__all__ = ["EntryLocation", "find_shelf"]

SUFFIXES = (".yml", ".yaml")


class EntryLocation(Protocol):
    """A folder with entries' files, read by names relative to it."""

    def names(self) -> list[str]:
        """Return the names of the YAML files in the folder itself."""

    def read(self, name: str) -> str:
        """Return a file's text; raise NotFound, EntryError or a network error."""

    def location(self, name: str) -> str:
        """Return the location of a file, as shown and recorded."""

    def base(self, name: str) -> str:
        """Return the folder of a file, as a toplevel."""


@dataclass(frozen=True, slots=True)
class FolderShelf:
    """A folder of this machine; `text` is its original notation if it is a copy of a remote folder."""

    folder: Path
    text: GitToplevel | None = None

    def names(self) -> list[str]:
        """Return the names of the YAML files in the folder itself."""
        return sorted(path.name for path in self.folder.iterdir() if path.suffix in SUFFIXES and path.is_file())

    def read(self, name: str) -> str:
        """Return a file's text."""
        path = self.folder / name
        if self.text is not None:
            _inside(name)
        try:
            if path.exists() and not path.is_file():
                raise EntryError("An entry is a file, but this is not", where=self.location(name))
            with path.open("rb") as stream:
                return stream.read(MAX_FILE_BYTES + 1).decode("utf-8-sig")  # the parser rejects larger files
        except OSError as problem:
            raise NotFound(
                f"There is no entry file {name!r}",
                where=self.location(name),
                why=problem.strerror or str(problem),
                next_step=f"ls {path.parent}" if self.text is None else "Check the path.",
            ) from problem
        except UnicodeDecodeError as problem:
            raise EntryError("The file is not UTF-8", where=self.location(name), why=str(problem)) from problem

    def location(self, name: str) -> str:
        """Return where a file is."""
        return str(self.folder / name) if self.text is None else self.text.below(name).text

    def base(self, name: str) -> str:
        """Return the folder of a file."""
        if self.text is None:
            return str((self.folder / name).parent.resolve())
        return self.text.below(posixpath.dirname(name)).text


@dataclass(frozen=True, slots=True)
class WebShelf:
    """A folder of a web server; `url` ends with a slash."""

    url: str
    first: str

    def names(self) -> list[str]:
        """Return the file that the URL named: a web server has no list."""
        return [self.first]

    def read(self, name: str) -> str:
        """Return a file's text."""
        from recast.remote.client import Client
        from recast.remote.hosts import hosts

        _inside(name)
        content = Client(hosts(), [self.url]).get(self.location(name)).content
        if content.lstrip()[:1] == b"<":
            raise NetworkError(
                "The server sent a web page, not an entry",
                where=self.location(name),
                why="It may want a login, or the URL is that of a page that shows the file.",
                next_step="recast catalogue add github:ORG/REPO@REF:recast.yml   (or gitlab-cern:..., or the raw file)",
            )
        return content.decode("utf-8-sig", errors="replace")

    def location(self, name: str) -> str:
        """Return where a file is."""
        return self.url + quote(name)

    def base(self, name: str) -> str:
        """Return the folder of a file."""
        folder = posixpath.dirname(name)
        return f"{self.url}{quote(folder)}/" if folder else self.url


def find_shelf(text: str) -> tuple[EntryLocation, list[str] | None]:
    """Return what `recast catalogue add TEXT` reads: a location, and files in it, None for all of the folder."""
    path = Path(text)
    place = parse_toplevel(text) if not path.exists() else None
    if isinstance(place, GitToplevel):
        return _of_repository(place)
    if place is not None:
        url = place.url.rstrip("/")
        first = unquote(urlsplit(url).path.rpartition("/")[2])
        if not first.endswith((*SUFFIXES, ".json")):
            url, first = f"{url}/recast.yml", "recast.yml"
        return WebShelf(url[: url.rindex("/") + 1], first), [first]
    if path.is_dir():
        return FolderShelf(path.absolute()), None
    if not path.exists():
        raise NotFound(f"There is no file or folder {text!r}", next_step="recast catalogue add PATH|FOLDER|URL")
    return FolderShelf(path.parent.absolute()), [path.name]


def _of_repository(place: GitToplevel) -> tuple[EntryLocation, list[str] | None]:
    from recast.remote import local_toplevel

    file = PurePosixPath(place.subfolder)
    if file.suffix in SUFFIXES:
        folder = replace(place, subfolder="" if file.parent == PurePosixPath() else str(file.parent))
        return FolderShelf(local_toplevel(folder.text).path, folder), [file.name]
    return FolderShelf(local_toplevel(place.text).path, place), None


def _inside(name: str) -> None:
    """Refuse a name in a remote index that leads out of its folder."""
    if name.startswith("/") or ".." in PurePosixPath(name).parts or parse_toplevel(name) is not None:
        raise EntryError(
            f"The index names {name!r}, outside of its own folder",
            why="A remote index may only name files next to it.",
            next_step="Add that entry by itself: recast catalogue add PATH|URL",
        )
