"""Select the files of the work folder to store.

The payload is untrusted: it may leave symlinks to anywhere, loops, fifos, devices and a million files. All its
processes have ended when this runs, so the tree does not change.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence

from recast.worker.failure import Failure
from recast.worker.json_types import JsonObject

__all__ = ["MAX_DEPTH", "MAX_FILES", "Tree", "blame", "matches", "used_bytes"]

MAX_FILES = 1_000_000
MAX_DEPTH = 64
MAX_PATH_BYTES = 2000
"""Longer paths fit here, and then not where the next job sees them: the kernel's bound is 4096 for the whole."""
_MAX_LINKS = 40
_OF_THE_JOB = (errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP)


class Tree:
    """The work folder, as the job sees it.

    `work` is its path on the host, `seen_as` are the absolute paths under which the job knew it (longest first),
    so that an absolute symlink of the job is judged as the job meant it. `look` is called for each file, and may raise.
    """

    def __init__(self, work: str, seen_as: Sequence[str], look: Callable[[], None] = lambda: None) -> None:
        self.work = work
        self._look = look
        self.seen_as = sorted(seen_as, key=len, reverse=True)
        self._count = 0
        self._seen = 0
        self._linked: dict[str, bool] = {}
        self._places: dict[str, str | None] = {}

    def resolve(self, path: str) -> str:
        """Return what `path` (relative to the work folder) names once all symlinks are followed.

        Raises Failure(user) for a link that leads out of the work folder, or for a loop; FileNotFoundError if
        nothing is there.
        """
        todo, links = _parts(path)[::-1], 0
        done: list[str] = []
        while todo:
            part = todo.pop()
            if part == "..":
                if not done:
                    raise Failure("user", f"output {path!r} leads out of the work folder by a symlink")
                done.pop()
                continue
            here = "/".join([self.work, *done, part])
            if not stat.S_ISLNK(os.lstat(here).st_mode):
                done.append(part)
                continue
            links += 1
            if links > _MAX_LINKS:
                raise Failure("user", f"output {path!r} is a loop of symlinks")
            target = os.readlink(here)
            if target.startswith("/"):
                target, done = self._inside(target, path), []
            todo.extend(_parts(target)[::-1])
        return "/".join(done)

    def _inside(self, target: str, path: str) -> str:
        for seen in self.seen_as:
            if target == seen or target.startswith(seen + "/"):
                return target[len(seen) + 1 :]
        raise Failure(
            "user", f"output {path!r} is a symlink to {target!r}, outside the work folder: copy the file instead"
        )

    def files(self, path: str) -> Iterator[tuple[str, str]]:
        """Yield (name, real place) of the regular file at `path`, or of all files of the folder at `path`.

        Both are relative to the work folder; nothing is yielded if nothing is there. An empty folder is yielded as
        well, with a slash at the end of both.
        """
        try:
            place = self.resolve(path)
            mode = os.lstat(f"{self.work}/{place}").st_mode
        except (FileNotFoundError, NotADirectoryError):
            return
        yield from self._walk("/".join(_parts(path)), place, mode, ())

    def _walk(self, name: str, place: str, mode: int, above: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        if stat.S_ISREG(mode):
            yield self._counted(name, place)
        elif stat.S_ISDIR(mode):
            if place in above or len(above) >= MAX_DEPTH:
                raise Failure("user", f"output {name[:300]!r} is nested too deep, or a folder links to itself")
            yield from self._walk_folder(name, place, above)
        else:
            raise Failure("user", f"output {name!r} is {_kind(mode)}: only regular files can be kept")

    def _counted(self, name: str, place: str) -> tuple[str, str]:
        self._look()
        if not name.isascii():
            _check_utf8(name)
        self._count += 1
        if self._count > MAX_FILES:
            raise Failure("user", f"more than {MAX_FILES} output files")
        if len(name) > MAX_PATH_BYTES // 4 and len(os.fsencode(name)) > MAX_PATH_BYTES:
            raise Failure("user", f"the path of output {name[:300]!r}... is longer than {MAX_PATH_BYTES} bytes")
        return name, place

    def _walk_folder(self, name: str, place: str, above: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        with os.scandir(f"{self.work}/{place}" if place else self.work) as entries:
            children = sorted((entry.name, _type(entry)) for entry in entries)
        if not children and name:
            yield self._counted(f"{name}/", f"{place}/")
        for child, mode in children:
            below = f"{place}/{child}" if place else child
            shown = f"{name}/{child}" if name else child
            if mode == stat.S_IFREG:
                yield self._counted(shown, below)
                continue
            try:
                real = self.resolve(below) if mode != stat.S_IFDIR else below
                mode = mode if mode == stat.S_IFDIR else os.lstat(f"{self.work}/{real}").st_mode
            except (FileNotFoundError, NotADirectoryError):
                raise Failure("user", f"output {shown!r} is a symlink to nothing") from None
            yield from self._walk(shown, real, mode, (*above, place))

    def glob(self, pattern: str) -> Iterator[tuple[str, str]]:
        """Yield (name, real place) of every file that a pattern matches, or that is below a folder that it matches."""
        from recast.worker.files.patterns import expand

        done: set[str] = set()
        for path in expand(pattern, self):
            name = "/".join(_parts(path))
            if done.isdisjoint(_above(name)):
                done.add(name)
                yield from self._all_of(name)

    def _all_of(self, name: str) -> Iterator[tuple[str, str]]:
        if self._place_of(name) is None:
            raise Failure("user", f"output {name!r} is a symlink to nothing")
        yield from self.files(name)

    def names(self, path: str) -> list[str]:
        """Return the names in a folder, links followed; nothing if there is none."""
        self._look()
        place = self._place_of(path)
        if place is None:
            return []
        try:
            with os.scandir(f"{self.work}/{place}" if place else self.work) as entries:
                found = [entry.name for entry in entries]
        except NotADirectoryError:
            return []
        self._seen += len(found)
        if self._seen > MAX_FILES:
            raise Failure("user", f"a pattern of outputs looks at more than {MAX_FILES} names")
        return found

    def exists(self, path: str) -> bool:
        """Return whether a file, folder or link is there; a path with a slash or dot at its end must be a folder."""
        *above, last = path.split("/")
        if last in ("", "."):
            place = self._place_of(path)
            return place is not None and os.path.isdir(f"{self.work}/{place}")
        place = self._place_of("/".join(above))
        return place is not None and os.path.lexists("/".join(filter(None, [self.work, place, last])))

    def is_link(self, path: str) -> bool:
        """Return whether the last part of a path is a symbolic link."""
        above, _, last = "/".join(_parts(path)).rpartition("/")
        place = self._place_of(above)
        return place is not None and os.path.islink("/".join(filter(None, [self.work, place, last])))

    def links_of(self, name: str) -> str:
        """Return how many parts long the linked folders are that a name leads through, such as `1 3`."""
        return " ".join(str(folder.count("/") + 1) for folder in _above(name) if self._is_linked(folder))

    def _is_linked(self, folder: str) -> bool:
        if folder not in self._linked:
            self._linked[folder] = self.is_link(folder)
        return self._linked[folder]

    def _place_of(self, path: str) -> str | None:
        """Return what a path names, None for nothing; each is looked up once, for the tree stands still."""
        if path not in self._places:
            try:
                self._places[path] = self.resolve(path)
            except (FileNotFoundError, NotADirectoryError):
                self._places[path] = None
        return self._places[path]


def used_bytes(folder: str, look: Callable[[], None]) -> tuple[int, int]:
    """Return the disk usage of a folder, and the size of its files including holes, in bytes."""
    taken = whole = 0
    counted: set[int] = set()
    folders = [folder]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                look()
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                    continue
                found = entry.stat(follow_symlinks=False)
                if found.st_nlink > 1:
                    if found.st_ino in counted:
                        continue
                    counted.add(found.st_ino)
                taken += found.st_blocks * 512
                whole += found.st_size
    return taken, whole


def blame(problem: OSError) -> Failure | None:
    """Return the job's own failure that a problem with what it left amounts to; None if it is not the job's."""
    if problem.errno not in _OF_THE_JOB:
        return None
    return Failure("user", f"output {str(problem.filename)[-300:]!r} cannot be read: {problem.strerror}")


def matches(tree: Tree, outputs: Sequence[JsonObject]) -> dict[str, str]:
    """Return name -> real place of all files that the output patterns name, both relative to the work folder.

    Raises Failure(user) for a required pattern without a file, a link that leads out, or anything but a file.
    """
    found: dict[str, str] = {}
    for output in outputs:
        pattern = output["pattern"]
        if ".." in pattern.split("/"):
            raise Failure("spec", f"output pattern {pattern!r} leads out of a folder: write it without '..'")
        # A file may really be called `a[1].txt`: the name as it stands counts, and what it matches as a pattern.
        named = dict(tree.files(pattern))
        if any(letter in pattern for letter in "*?["):
            named.update(tree.glob(pattern))
        if not named and output["required"] and not _is_folder(tree, pattern):
            raise Failure("user", f"the job left no file for its declared output {pattern!r}")
        found.update(named)
    return found


def _is_folder(tree: Tree, pattern: str) -> bool:
    """Return whether a pattern names a folder: an empty one is there, though it holds nothing to keep."""
    try:
        return os.path.isdir(f"{tree.work}/{tree.resolve(pattern)}")
    except (FileNotFoundError, NotADirectoryError):
        return False


def _type(entry: os.DirEntry[str]) -> int:
    """Return whether an entry is a link, a folder, a file, or 0 for something else, without asking for its status."""
    if entry.is_symlink():
        return stat.S_IFLNK
    if entry.is_dir(follow_symlinks=False):
        return stat.S_IFDIR
    return stat.S_IFREG if entry.is_file(follow_symlinks=False) else 0


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def _check_utf8(name: str) -> None:
    """Raise Failure(user) for a name that is not valid UTF-8, which records, archives and JSON require."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raise Failure("user", f"output {os.fsencode(name)!r} has a name that is not UTF-8: give it another") from None


def _above(name: str) -> list[str]:
    """Return the folders that a name leads through, from the top."""
    parts = name.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _kind(mode: int) -> str:
    for test, word in (
        (stat.S_ISFIFO, "a fifo"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    ):
        if test(mode):
            return word
    return "no regular file"
