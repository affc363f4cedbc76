"""Write a root folder entry by entry, so that no entry reaches outside it.

Every path is resolved from the root's descriptor, component by component, without following links; a symlink among the
parents is followed only if it stays inside. New files are always created with O_EXCL, so nothing is written through a
link from an earlier entry.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import NamedTuple

from recast.layers.faults import LayerFault
from recast.layers.tarstream import Entry, Source, read_exactly, skip
from recast.layers.tree import remove_at
from recast.layers.walk import FOLDER, LONGEST_PATH, Place, Walk, path_parts, refused

__all__ = ["RootFolder"]

_COPY_BYTES = 1 << 20
_OPAQUE = ".wh..wh..opq"
_WHITEOUT = ".wh."
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_ON_THE_WAY = 20
"""Entries that a folder counts for which no entry names: one long name makes hundreds, and builders name theirs."""
_MOST_SKIPPED = 100
_FOLDERS_BYTES, _FOLDER_BYTES = 64 << 20, 400
"""Memory for what is still to be done to folders, and what each costs beside its path."""
_UNUSABLE = {"3": "a character device", "4": "a block device", "6": "a FIFO"}


class _Look(NamedTuple):
    """The final mode and times of a folder."""

    mode: int
    uid: int
    gid: int
    mtime_ns: int


class RootFolder:
    """A root folder under construction, in bounded memory whatever the layers contain.

    Ownership is set when we are root. Setuid and setgid bits of files are dropped and device nodes and FIFOs are left
    out (`skipped` says which): the folder is on the host, where they would be dangerous, and a container without
    privileges has no use for them. Modes and times of folders are set by `finish`.
    """

    def __init__(self, root: str | os.PathLike[str], most_entries: int) -> None:
        self._root = os.open(root, FOLDER)
        self._left = most_entries
        self._most = most_entries
        self._parent: tuple[Place, int, Place] | None = None
        self._folders: dict[str, _Look] = {}
        self._folders_bytes = 0
        self._fresh: set[int] = set()
        self._chown = os.geteuid() == 0
        self._skipped: list[str] = []
        self._skipped_more = 0

    @property
    def skipped(self) -> list[str]:
        """What was left out and why: the first of it by name, the rest by number."""
        return [*self._skipped, *([f"... and {self._skipped_more} more"] if self._skipped_more else [])]

    def close(self) -> None:
        """Let go of the descriptors."""
        self._forget_parent()
        os.close(self._root)

    def start_layer(self) -> None:
        """Say that the next entries belong to a new layer: whiteouts hide only what lower layers brought."""
        self._fresh.clear()

    def put(self, entry: Entry, content: Source) -> None:
        """Apply one entry; raise LayerFault (`image.escape`, `image.bomb`, `image.layer`) if it must not be."""
        self._count()
        parts = path_parts(entry.name)
        if not parts:
            if entry.kind == "5":
                self._remember((), entry)
            else:
                skip(content, entry.size)
            return
        folder, place = self._open_parent(parts[:-1])
        name = parts[-1]
        if name.startswith(_WHITEOUT):
            self._hide(folder, place, name)
            skip(content, entry.size)
        elif entry.kind in _UNUSABLE:
            if len(self._skipped) < _MOST_SKIPPED:
                self._skipped.append(f"{entry.name}: {_UNUSABLE[entry.kind]}")
            else:
                self._skipped_more += 1
        else:
            self._make(folder, (*place, name), entry, content)

    def make_folder(self, path: str) -> None:
        """Make sure that a folder is there, as a real folder (a mount point)."""
        folder, _ = self._open(path_parts(path))
        os.close(folder)

    def finish(self) -> None:
        """Give folders their owners, modes and times, deepest first."""
        self._forget_parent()
        for path in sorted(self._folders, key=_depth, reverse=True):
            folder = self._open_place(tuple(path.split("/")) if path else ())
            if folder is not None:  # a later layer may have removed it
                self._dress(folder, self._folders[path], 0o3777)
                os.close(folder)

    # -- making

    def _make(self, folder: int, place: Place, entry: Entry, content: Source) -> None:
        if entry.kind == "5":
            self._make_folder(folder, place, entry)
        else:
            make = {"0": self._make_file, "1": self._make_hard_link, "2": self._make_symlink}[entry.kind]
            try:
                make(folder, place[-1], entry, content)
            except FileExistsError:
                self._remove(folder, place)
                make(folder, place[-1], entry, content)
        self._mark_fresh(place)

    def _make_folder(self, folder: int, place: Place, entry: Entry) -> None:
        try:
            os.mkdir(place[-1], 0o700, dir_fd=folder)
        except FileExistsError:
            if not _is_folder(place[-1], folder):
                self._remove(folder, place)
                os.mkdir(place[-1], 0o700, dir_fd=folder)
        self._remember(place, entry)

    def _remember(self, place: Place, entry: Entry) -> None:
        """Note how a folder is to look; raise LayerFault if there are too many to remember."""
        path = "/".join(place)
        if path not in self._folders:
            self._folders_bytes += _FOLDER_BYTES + len(path)
            if self._folders_bytes > _FOLDERS_BYTES:
                raise _bomb(f"its {len(self._folders)} folders have too many names, or too long ones")
        self._folders[path] = _Look(entry.mode, entry.uid, entry.gid, entry.mtime_ns)

    def _make_file(self, folder: int, name: str, entry: Entry, content: Source) -> None:
        descriptor = os.open(name, _NEW_FILE, 0o600, dir_fd=folder)
        try:
            left = entry.size
            while left:
                chunk = read_exactly(content, min(left, _COPY_BYTES))
                _write(descriptor, chunk)
                left -= len(chunk)
            self._dress(descriptor, entry, 0o1777)
        finally:
            os.close(descriptor)

    def _make_symlink(self, folder: int, name: str, entry: Entry, content: Source) -> None:
        if not entry.link or "\0" in entry.link or len(entry.link) > LONGEST_PATH:
            raise refused(entry.name, "it is a symbolic link to an impossible path")
        os.symlink(entry.link, name, dir_fd=folder)
        self._own(name, entry, folder)
        os.utime(name, ns=(entry.mtime_ns, entry.mtime_ns), dir_fd=folder, follow_symlinks=False)

    def _make_hard_link(self, folder: int, name: str, entry: Entry, content: Source) -> None:
        parts = path_parts(entry.link)
        if not parts:
            raise refused(entry.name, "it is a hard link to a folder")
        source, _ = self._open(parts[:-1], make=False)
        try:
            if _is_folder(parts[-1], source):
                raise refused(entry.name, "it is a hard link to a folder")
            os.link(parts[-1], name, src_dir_fd=source, dst_dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            raise refused(entry.name, f"it is a hard link to {entry.link!r}, which is not there") from None
        finally:
            os.close(source)

    def _dress(self, descriptor: int, entry: Entry | _Look, bits: int) -> None:
        self._own(descriptor, entry)
        os.fchmod(descriptor, entry.mode & bits)
        os.utime(descriptor, ns=(entry.mtime_ns, entry.mtime_ns))

    def _own(self, target: int | str, entry: Entry | _Look, folder: int | None = None) -> None:
        if not self._chown or (entry.uid, entry.gid) == (0, 0):
            return
        try:
            os.chown(target, entry.uid, entry.gid, dir_fd=folder, follow_symlinks=isinstance(target, int))
        except OSError as problem:
            if problem.errno not in (errno.EINVAL, errno.EPERM):
                raise
            self._chown = False  # root of a user namespace without this user: as if we were not root

    # -- removing

    def _hide(self, folder: int, place: Place, name: str) -> None:
        hidden = name.removeprefix(_WHITEOUT)
        if name == _OPAQUE:
            if self._note((*place, _OPAQUE)):  # a second time, nothing of lower layers is left there
                self._empty_lower(folder, place)
        elif hidden in ("", ".", ".."):
            raise refused(name, "it is a whiteout of nothing or of a parent")
        elif not hidden.startswith(_WHITEOUT):
            self._remove_lower(folder, (*place, hidden))

    def _remove_lower(self, folder: int, place: Place) -> None:
        """Remove what lower layers brought at a place, but not what this layer has put there already."""
        if not self._is_fresh(place):
            self._remove(folder, place)
        elif _is_folder(place[-1], folder):
            inner = os.open(place[-1], FOLDER, dir_fd=folder)
            try:
                self._empty_lower(inner, place)
            finally:
                os.close(inner)

    def _empty_lower(self, folder: int, place: Place) -> None:
        """Remove from a folder what lower layers brought. It is read until nothing of it is left, not into memory."""
        removed = True
        while removed:
            removed = False
            with os.scandir(folder) as entries:
                for entry in entries:
                    if not self._is_fresh((*place, entry.name)):
                        self._remove(folder, (*place, entry.name))
                        removed = True
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    self._remove_lower(folder, (*place, entry.name))

    def _remove(self, folder: int, place: Place) -> None:
        """Remove whatever is at a place; nothing there is fine."""
        try:
            os.unlink(place[-1], dir_fd=folder)
        except FileNotFoundError:
            return
        except (IsADirectoryError, PermissionError):
            remove_at(place[-1], folder)

    def _mark_fresh(self, place: Place) -> None:
        """Note that this layer has put something at a place, or below it."""
        while place and self._note(place):
            place = place[:-1]

    def _is_fresh(self, place: Place) -> bool:
        return hash(place) in self._fresh

    def _note(self, place: Place) -> bool:
        """Note a place by its hash, which Python salts: a path may be long. Return whether it is new."""
        before = len(self._fresh)
        self._fresh.add(hash(place))
        return len(self._fresh) > before

    # -- walking

    def _open_parent(self, parts: Place) -> tuple[int, Place]:
        """Open the folder of an entry; entries of one folder follow each other, so the last one is kept open."""
        if self._parent is None or self._parent[0] != parts:
            self._forget_parent()
            folder, place = self._open(parts)
            self._parent = (parts, folder, place)
        return self._parent[1], self._parent[2]

    def _forget_parent(self) -> None:
        if self._parent is not None:
            os.close(self._parent[1])
            self._parent = None

    def _open(self, parts: Place, *, make: bool = True) -> tuple[int, Place]:
        """Open a folder below the root, making it if need be; return a new descriptor and where it really is."""
        walk = Walk(self._root)
        try:
            pending = list(reversed(parts))
            while pending:
                name = pending.pop()
                if name == "..":
                    walk.up()
                elif not walk.enter(name):
                    link = walk.read_link(name)
                    if link is None:
                        self._make_on_the_way(walk, name, make)
                    else:
                        pending.extend(reversed(walk.follow(link)))
            return walk.result()
        finally:
            walk.close()

    def _make_on_the_way(self, walk: Walk, name: str, make: bool) -> None:
        if walk.absolute or not make:
            # Else a link to /outside would quietly get an /outside of its own.
            raise refused("/".join([*walk.place, name]), "it leads through a link to a place that is not in the image")
        self._count(_ON_THE_WAY)
        os.mkdir(name, 0o755, dir_fd=walk.folder)
        walk.enter(name)
        self._folders.pop("/".join(walk.place), None)

    def _open_place(self, place: Place) -> int | None:
        walk = Walk(self._root)
        try:
            return walk.result()[0] if all(walk.enter(name) for name in place) else None
        finally:
            walk.close()

    def _count(self, entries: int = 1) -> None:
        self._left -= entries
        if self._left < 0:
            raise _bomb(f"it holds over {self._most} entries")


def _bomb(why: str) -> LayerFault:
    return LayerFault("The image unpacks to more than is allowed", why=why, code="image.bomb")


def _depth(path: str) -> int:
    return path.count("/") + 1 if path else 0


def _is_folder(name: str, folder: int) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)


def _write(descriptor: int, chunk: bytes) -> None:
    written = os.write(descriptor, chunk)
    while written < len(chunk):
        written += os.write(descriptor, memoryview(chunk)[written:])
