"""Unpack an archive into a new folder: nothing outside it, no links, within limits."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from recast.errors import InputError, StoreError
from recast.remote.folders import Folders
from recast.remote.members import Member, members, unsound

__all__ = ["Bounds", "Unpacked", "unpack"]

MOST_PATH_BYTES = 1000
MOST_NAME_BYTES = 255


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits for an archive: the number of members, and the total bytes of the wanted files."""

    most_files: int
    most_bytes: int


@dataclass(slots=True)
class Unpacked:
    """The sha256 of each file by its path, and the links that were left out."""

    files: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def unpack(
    archive: Path, folder: Path, bounds: Bounds, wanted: Callable[[str], str | None], *, links_refused: bool
) -> Unpacked:
    """Write the wanted files of an archive below a new folder and return what was written.

    `wanted` gives the path of a member below the folder, None to leave it out. Raises InputError for what is unsafe:
    paths that lead out, two members with one name, devices, encrypted members, bombs of bytes or folders, links if they
    are refused.
    """
    task = _Task(archive, folder, bounds)
    with members(archive) as found:
        for count, member in enumerate(found):
            if count >= bounds.most_files:
                raise unsound(archive, f"it contains more than {bounds.most_files} members")
            name = _safe(member.name, archive)
            target = wanted(name) if name else None
            if not target:
                continue
            if member.kind == "link" and not links_refused:
                task.done.left_out.append(target)
            elif member.kind in ("link", "device"):
                raise unsound(archive, f"{name!r} is a {member.kind}, and only files and folders are unpacked")
            elif member.kind == "file":
                task.write(member, target)
            else:
                task.folders.add(target, itself=True)
    return task.done


class _Task:
    """The state of unpacking: what was written so far."""

    def __init__(self, archive: Path, folder: Path, bounds: Bounds) -> None:
        self._archive, self._folder, self._bounds = archive, folder, bounds
        self._bytes = 0
        self.folders = Folders(archive)
        self.done = Unpacked()

    def write(self, member: Member, path: str) -> None:
        """Write one file and record its digest."""
        self._claim(path)
        file = self._folder / path
        digest = hashlib.sha256()
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("xb") as stream:
                for piece in member.read():
                    self._count(len(piece))
                    digest.update(piece)
                    stream.write(piece)
            file.chmod(0o555 if member.executable else 0o444)
        except OSError as problem:
            raise StoreError.of(
                problem,
                "An unpacked file cannot be written",
                file,
                "Free space or fix the permissions of the cache folder.",
            ) from problem
        self.done.files[path] = digest.hexdigest()

    def _claim(self, path: str) -> None:
        """Refuse a path that another member already uses, as a file or as a folder."""
        parents = self.folders.add(path, itself=False)
        if path in self.done.files or path in self.folders or any(parent in self.done.files for parent in parents):
            raise unsound(self._archive, f"two members are called {path!r}")

    def _count(self, size: int) -> None:
        self._bytes += size
        if self._bytes > self._bounds.most_bytes:
            raise unsound(self._archive, f"its files have more than {self._bounds.most_bytes} bytes")


def _safe(name: str, archive: Path) -> str:
    """Return a member's name as a normalised relative path; raise InputError if it may lead elsewhere."""
    fault = _fault(name)
    if fault:
        raise _unsafe(archive, name, fault)
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def _fault(name: str) -> str:
    parts = name.split("/")
    if name.startswith("/"):
        return "it is an absolute path"
    if ".." in parts:
        return "it leads out of the folder"
    if "\\" in name or any(ord(sign) < 32 or ord(sign) == 127 for sign in name):
        return "it contains a backslash or a control character"
    try:
        encoded = [part.encode() for part in parts]
    except UnicodeEncodeError:
        return "it is not UTF-8"
    if len(name.encode()) > MOST_PATH_BYTES or any(len(part) > MOST_NAME_BYTES for part in encoded):
        return "it is too long"
    return ""


def _unsafe(archive: Path, name: str, why: str) -> InputError:
    shown = name if len(name) < 80 else name[:77] + "..."
    return unsound(archive, f"the name of its member {shown!r} is not safe: {why}")
