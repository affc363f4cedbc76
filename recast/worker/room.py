"""Room for what bubblewrap mounts, in a root folder that many jobs share and none of them writes.

A mount needs something to lie over. Where the image has nothing there, the nearest folder that it has is shown anew:
an empty one in memory, with each of its entries mounted from the root. So the root stays as it was unpacked, whoever
names whatever place.
"""

from __future__ import annotations

import functools
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Optional

from recast.worker.failure import Failure, failure_of

__all__ = ["MOST_ENTRIES", "with_room"]

MOST_ENTRIES = 500
"""Mounts that a job may cost for this: bubblewrap's time grows with their square, 2 s here."""

_LONGEST_BYTES = 3500  # the kernel's 4096, less what stands before it while the container is set up
_WORDS = {
    **dict.fromkeys(("--bind", "--ro-bind", "--ro-bind-try", "--setenv"), 2),
    **dict.fromkeys(("--tmpfs", "--proc", "--dev", "--remount-ro", "--chdir", "--perms", "--size"), 1),
    **dict.fromkeys(("--uid", "--gid", "--cap-drop", "--hostname", "--json-status-fd"), 1),
    **dict.fromkeys(("--unshare-all", "--share-net", "--unshare-user", "--disable-userns"), 0),
    **dict.fromkeys(("--die-with-parent", "--new-session", "--clearenv"), 0),
}
_IN_PROC = (("proc", "sys"), ("proc", "keys"), ("proc", "key-users"))
_BINDS = ("--bind", "--ro-bind", "--ro-bind-try")
_Place = tuple[str, ...]


class _Mount(NamedTuple):
    """One mount: its option, what is shown (empty for a new file system), and where."""

    option: str
    source: str
    place: _Place

    @property
    def is_file(self) -> bool:
        return bool(self.source) and not os.path.isdir(self.source)


def with_room(options: Sequence[str]) -> list[str]:
    """Return bubblewrap's options with room for each mount over the root folder; the first bind is that of the root.

    Raises Failure: `spec` where something else stands in the way, above all a link: it would be followed while the
    container is being set up, when the node is still in reach.
    """
    steps = list(_steps(options))
    mounts: list[_Mount] = []
    opened: dict[_Place, set[str]] = {}
    shown: list[list[str]] = []
    for step in steps:
        mount = _mount(step)
        if mount is None or _fits(mount, mounts, opened):
            shown.append(step)
            mounts += [mount] if mount else []
    if not opened:
        return [word for step in shown for word in step]
    root = next(mount.source for mount in mounts if not mount.place)
    return [word for step in shown for word in (_anew(root, opened) if _is_root(step) else step)] + _sealed(opened)


def _steps(options: Sequence[str]) -> Iterator[list[str]]:
    position = 0
    while position < len(options):
        if options[position] not in _WORDS:
            raise Failure("infrastructure", f"this worker does not know bubblewrap's option {options[position]!r}")
        end = position + 1 + _WORDS[options[position]]
        yield list(options[position:end])
        position = end


def _mount(step: Sequence[str]) -> Optional[_Mount]:
    if step[0] in _BINDS:
        return _Mount(step[0], step[1], _parts(step[2]))
    return _Mount(step[0], "", _parts(step[1])) if step[0] in ("--tmpfs", "--proc", "--dev") else None


def _is_root(step: Sequence[str]) -> bool:
    return step[0] in _BINDS and step[2] == "/"


def _fits(mount: _Mount, before: Sequence[_Mount], opened: dict[_Place, set[str]]) -> bool:
    """Return whether a mount can be made, and note in `opened` which folders have to be shown anew for it."""
    if not before:
        if mount.place or not mount.source:
            raise Failure("infrastructure", "the first mount is not the root folder's")
        return True
    is_try = mount.option.endswith("-try")
    if not mount.place or (is_try and not os.path.exists(mount.source)):
        if is_try:
            return False
        raise Failure("spec", "nothing can be mounted over the whole root of an image")
    below = next(other for other in reversed(before) if other.place == mount.place[: len(other.place)])
    _check_order(mount, below, before)
    if below.option == "--proc":
        return not is_try or os.path.exists(_path(mount.place))
    if not below.source:
        return True  # a file system of this job's own: bubblewrap makes what is missing
    try:
        missing = _missing(below, mount, is_try)
    except OSError as problem:
        raise failure_of(problem, "spec") from None
    if missing is None:
        return True
    if below.place:
        raise Failure(
            "spec", f"nothing can be mounted at {_path(mount.place)}: what is mounted above it has no such place"
        )
    opened.setdefault(missing[:-1], set()).add(missing[-1])
    return True


def _check_order(mount: _Mount, below: _Mount, before: Sequence[_Mount]) -> None:
    """Raise Failure (`spec`) for a mount that would hide another one, or that the kernel's own folders cannot hold."""
    place, depth = mount.place, len(mount.place)
    hidden = any(other.place[:depth] == place != other.place for other in before)
    another_kind = below.place == mount.place and below.is_file != mount.is_file
    if hidden or another_kind or (below.option == "--proc" and mount.place not in _IN_PROC):
        raise Failure("spec", f"nothing can be mounted at {_path(mount.place)}: something else is mounted there")


def _missing(below: _Mount, mount: _Mount, is_try: bool) -> Optional[_Place]:
    """Return the first part of a place that what lies below does not have; None if it has all of it, in kind."""
    here = below.source
    for end in range(len(below.place) + 1, len(mount.place) + 1):
        here = f"{here}/{mount.place[end - 1]}"
        is_last = end == len(mount.place)
        try:
            mode = os.lstat(here).st_mode
        except FileNotFoundError:
            return mount.place[:end]
        if (stat.S_ISREG if is_last and mount.is_file else stat.S_ISDIR)(mode):
            continue
        if is_try and is_last and not stat.S_ISDIR(mode):
            return mount.place[:end]
        kind = "file" if is_last and mount.is_file else "folder"
        raise Failure("spec", f"the image has no plain {kind} at {_path(mount.place[:end])} to mount over")
    return None


def _anew(root: str, opened: Mapping[_Place, set[str]]) -> Iterator[str]:
    """Yield what shows the root with the opened folders made anew; outer ones come first."""
    if () not in opened:
        yield from ("--ro-bind", root, "/")
    left = MOST_ENTRIES
    for place in sorted(opened, key=len):
        folder = root + "".join(f"/{part}" for part in place)
        try:
            if place:
                mode = stat.S_IMODE(os.lstat(folder).st_mode)
                yield from ("--perms", f"{mode:o}", "--tmpfs", _path(place))
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as problem:
            raise failure_of(problem, "infrastructure") from None
        for entry in entries:
            if entry.name in opened[place]:
                continue
            if entry.is_symlink():
                yield from ("--symlink", os.readlink(entry.path), _path((*place, entry.name)))
            elif entry.is_dir() or entry.is_file():
                left -= 1
                yield from ("--ro-bind", entry.path, _path((*place, entry.name)))
        if left < 0:
            why = f"the image has nothing there, and over {MOST_ENTRIES} other files and folders beside it"
            lacking = ", ".join(_path((*place, name)) for name in sorted(opened[place]))
            raise Failure("spec", f"nothing can be mounted at {lacking}: {why}")


def _sealed(opened: Mapping[_Place, set[str]]) -> list[str]:
    """Return what makes the folders that were shown anew read-only, once all is mounted."""
    return [word for place in sorted(opened) for word in ("--remount-ro", _path(place))]


def _path(place: _Place) -> str:
    return "/" + "/".join(place)


@functools.lru_cache(maxsize=1024)  # nearly all of them are the same for each job of a slot
def _parts(path: str) -> _Place:
    parts = tuple(part for part in path.split("/") if part not in ("", "."))
    too_long = len(os.fsencode(path)) > _LONGEST_BYTES or any(len(os.fsencode(part)) > 255 for part in parts)
    if ".." in parts or not path.startswith("/") or too_long:
        raise Failure("spec", f"{path[:200]!r} is not a place in an image")
    return parts
