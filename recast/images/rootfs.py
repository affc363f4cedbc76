"""Writing a root folder entry by entry, so that no entry reaches outside it.

Every path is walked from the root's descriptor, component by component, without following links; a symlink among the
parents is followed only where it stays inside. New files are always made with O_EXCL, so nothing is written through
a link that an earlier entry planted.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from pathlib import Path

from recast.errors import ImageError
from recast.images.tarstream import Entry, Source, read_exactly

__all__ = ["RootFolder"]

Place = tuple[str, ...]

_COPY_BYTES = 1 << 20
_OPAQUE = ".wh..wh..opq"
_WHITEOUT = ".wh."
_LONGEST_PATH = 4096
_DEEPEST = 256
_MOST_LINKS = 40
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_UNUSABLE = {"3": "a character device", "4": "a block device", "6": "a FIFO"}


class RootFolder:
    """A root folder under construction.

    Ownership is set when we are root. Setuid and setgid bits of files are dropped and device nodes and FIFOs are left
    out (`skipped` says which): the folder lies on the host, where they would be a danger, and a container that may gain
    no privileges has no use for them. Modes and times of folders are set by `finish`.
    """

    def __init__(self, root: Path, most_entries: int) -> None:
        self._root = os.open(root, _FOLDER)
        self._left = most_entries
        self._most = most_entries
        self._parent: tuple[Place, int, Place] | None = None
        self._folders: dict[Place, Entry] = {}
        self._fresh: set[Place] = set()
        self._above_fresh: set[Place] = set()
        self._chown = os.geteuid() == 0
        self.skipped: list[str] = []

    def close(self) -> None:
        """Let go of the descriptors."""
        self._forget_parent()
        os.close(self._root)

    def start_layer(self) -> None:
        """Say that the next entries belong to a new layer: whiteouts hide only what lower layers brought."""
        self._fresh.clear()
        self._above_fresh.clear()

    def put(self, entry: Entry, content: Source) -> None:
        """Apply one entry; raise ImageError (`image.escape`, `image.bomb`, `image.layer`) if it must not be."""
        self._count()
        parts = _parts(entry.name)
        if not parts:
            if entry.kind == "5":
                self._folders[()] = entry
            return
        folder, place = self._open_parent(parts[:-1])
        name = parts[-1]
        if name.startswith(_WHITEOUT):
            self._hide(folder, place, name)
            read_exactly(content, entry.size)
        elif entry.kind in _UNUSABLE:
            self.skipped.append(f"{entry.name}: {_UNUSABLE[entry.kind]}")
        else:
            self._make(folder, (*place, name), entry, content)

    def make_folder(self, path: str) -> None:
        """Make sure that a folder is there, as a real folder (a mount point)."""
        folder, _ = self._open(_parts(path))
        os.close(folder)

    def finish(self) -> None:
        """Give folders their owners, modes and times, deepest first."""
        self._forget_parent()
        for place in sorted(self._folders, key=len, reverse=True):
            folder = self._open_place(place)
            if folder is not None:  # a later layer may have removed it
                self._dress(folder, self._folders[place], 0o3777)
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
        self._folders[place] = entry

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
        if not entry.link or "\0" in entry.link or len(entry.link) > _LONGEST_PATH:
            raise _refused(entry.name, "it is a symbolic link to an impossible path")
        os.symlink(entry.link, name, dir_fd=folder)
        if self._owner_differs(entry):
            os.chown(name, entry.uid, entry.gid, dir_fd=folder, follow_symlinks=False)
        os.utime(name, ns=(entry.mtime_ns, entry.mtime_ns), dir_fd=folder, follow_symlinks=False)

    def _make_hard_link(self, folder: int, name: str, entry: Entry, content: Source) -> None:
        parts = _parts(entry.link)
        if not parts:
            raise _refused(entry.name, "it is a hard link to a folder")
        source, _ = self._open(parts[:-1], make=False)
        try:
            if _is_folder(parts[-1], source):
                raise _refused(entry.name, "it is a hard link to a folder")
            os.link(parts[-1], name, src_dir_fd=source, dst_dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            raise _refused(entry.name, f"it is a hard link to {entry.link!r}, which is not there") from None
        finally:
            os.close(source)

    def _dress(self, descriptor: int, entry: Entry, bits: int) -> None:
        if self._owner_differs(entry):
            os.fchown(descriptor, entry.uid, entry.gid)
        os.fchmod(descriptor, entry.mode & bits)
        os.utime(descriptor, ns=(entry.mtime_ns, entry.mtime_ns))

    def _owner_differs(self, entry: Entry) -> bool:
        return self._chown and (entry.uid, entry.gid) != (0, 0)

    # -- removing

    def _hide(self, folder: int, place: Place, name: str) -> None:
        hidden = name.removeprefix(_WHITEOUT)
        if name == _OPAQUE:
            for child in os.listdir(folder):
                self._remove_lower(folder, (*place, child))
        elif hidden in ("", ".", ".."):
            raise _refused(name, "it is a whiteout of nothing or of a parent")
        elif not hidden.startswith(_WHITEOUT):
            self._remove_lower(folder, (*place, hidden))

    def _remove_lower(self, folder: int, place: Place) -> None:
        """Remove what lower layers brought at a place, but not what this layer has put there already."""
        if place not in self._fresh and place not in self._above_fresh:
            self._remove(folder, place)
        elif _is_folder(place[-1], folder):
            inner = os.open(place[-1], _FOLDER, dir_fd=folder)
            try:
                for child in os.listdir(inner):  # noqa: PTH208 (a descriptor)
                    self._remove_lower(inner, (*place, child))
            finally:
                os.close(inner)

    def _remove(self, folder: int, place: Place) -> None:
        """Remove whatever is at a place; nothing there is fine."""
        try:
            os.unlink(place[-1], dir_fd=folder)
        except FileNotFoundError:
            return
        except (IsADirectoryError, PermissionError):
            shutil.rmtree(place[-1], dir_fd=folder)

    def _mark_fresh(self, place: Place) -> None:
        self._fresh.add(place)
        above = place[:-1]
        while above and above not in self._above_fresh:
            self._above_fresh.add(above)
            above = above[:-1]

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
        walk = _Walk(self._root)
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

    def _make_on_the_way(self, walk: _Walk, name: str, make: bool) -> None:
        if walk.absolute or not make:
            # Else a link to /outside would quietly get an /outside of its own.
            raise _refused("/".join([*walk.place, name]), "it leads through a link to a place that is not in the image")
        self._count()
        os.mkdir(name, 0o755, dir_fd=walk.folder)
        walk.enter(name)
        self._folders.pop(walk.place, None)

    def _open_place(self, place: Place) -> int | None:
        walk = _Walk(self._root)
        try:
            return walk.result()[0] if all(walk.enter(name) for name in place) else None
        finally:
            walk.close()

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise ImageError(
                "The image unpacks to more than is allowed",
                why=f"it holds over {self._most} entries",
                code="image.bomb",
            )


class _Walk:
    """A walk down from the root: open descriptors of the folders passed, and their names."""

    def __init__(self, root: int) -> None:
        self._open = [os.dup(root)]
        self._names: list[str] = []
        self._links = 0
        self.absolute = False

    @property
    def folder(self) -> int:
        return self._open[-1]

    @property
    def place(self) -> Place:
        return tuple(self._names)

    def enter(self, name: str) -> bool:
        """Go into a folder; return False if it is not there or not a folder (nor a link to one)."""
        if len(self._names) >= _DEEPEST:
            raise _refused("/".join(self._names[:8]) + "/...", f"it lies more than {_DEEPEST} folders deep")
        try:
            self._open.append(os.open(name, _FOLDER, dir_fd=self.folder))
        except (FileNotFoundError, NotADirectoryError):
            return False
        self._names.append(name)
        return True

    def up(self) -> None:
        if not self._names:
            raise _refused("..", "a link among its parents climbs out of the root")
        os.close(self._open.pop())
        self._names.pop()

    def read_link(self, name: str) -> str | None:
        """Return where a link points, None if nothing is there."""
        try:
            return os.readlink(name, dir_fd=self.folder)
        except FileNotFoundError:
            return None
        except OSError as problem:
            if problem.errno != errno.EINVAL:
                raise
            raise _refused("/".join([*self._names, name]), "a file stands where a folder is needed") from None

    def follow(self, link: str) -> list[str]:
        """Take a link; return the components still to walk. An absolute one starts at the image's own root."""
        self._links += 1
        if self._links > _MOST_LINKS:
            raise _refused(link, "its parents are a maze of links")
        if link.startswith("/"):
            self.absolute = True
            while self._names:
                self.up()
        return [part for part in link.split("/") if part not in ("", ".")]

    def result(self) -> tuple[int, Place]:
        return os.dup(self.folder), self.place

    def close(self) -> None:
        while self._open:
            os.close(self._open.pop())


def _parts(path: str) -> Place:
    """Split a path of an entry; raise ImageError if it could mean anything outside the root."""
    if path.startswith("/"):
        raise _refused(path, "its path is absolute")
    parts = tuple(part for part in path.split("/") if part not in ("", "."))
    if ".." in parts:
        raise _refused(path, "its path climbs with ..")
    if "\0" in path or len(path) > _LONGEST_PATH or any(len(os.fsencode(part)) > 255 for part in parts):
        raise _refused(path, "its path is impossible")
    return parts


def _is_folder(name: str, folder: int) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)


def _write(descriptor: int, chunk: bytes) -> None:
    written = os.write(descriptor, chunk)
    while written < len(chunk):
        written += os.write(descriptor, memoryview(chunk)[written:])


def _refused(name: str, why: str) -> ImageError:
    return ImageError("A layer's entry is refused", where=repr(name[:200]), why=why, code="image.escape")
