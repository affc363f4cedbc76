"""Where control groups with limits can be made, version 1 or 2: below our own group, never beside or above it.

So what a unit, a batch system or a container sets for us goes on holding. Version 2 gives controllers only to groups
below one without processes: our own is divided if it was handed to us, with all that is in it moved down into a `rest`;
else a systemd manager is asked for one of our own (`recast.worker.limits.scope`).
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping

from recast.worker.limits.groupfiles import lines_of, read_text, write_text
from recast.worker.limits.place import REST, Lack, Place
from recast.worker.limits.scope import is_handed_over, own_scope

__all__ = ["CONTROLLERS", "Hierarchy", "take_hierarchy"]

CONTROLLERS = ("cpu", "memory", "pids")
_ROUNDS = 20
_VERSION_1 = Lack(
    "the control groups here are of version 1, in which only root can set limits",
    "# add systemd.unified_cgroup_hierarchy=1 to the kernel's command line and start the machine again",
)


class Hierarchy:
    """Where groups can be made: controller -> the folder in which to make them; empty if nowhere, `lack` says why.

    `rest` is where a process goes that leaves such a group, empty for that very folder.
    """

    __slots__ = ("folders", "lack", "rest", "unified")

    def __init__(self, folders: Mapping[str, str], unified: bool, rest: str = "", lack: Lack | None = None) -> None:
        self.folders = dict(folders)
        self.unified = unified
        self.rest = rest
        self.lack = lack

    @property
    def usable(self) -> bool:
        """Whether a memory limit can be set."""
        return "memory" in self.folders


def take_hierarchy(
    *,
    may_ask: bool,
    mounts: str = "/proc/self/mounts",
    own: str = "/proc/self/cgroup",
    ask: Callable[[Place], Place | Lack] = own_scope,
) -> Hierarchy:
    """Return where this process can make groups, after having made room for them.

    On version 2 processes may be moved: all of our own group, if it was handed to us, one level down. With `may_ask`,
    if it was not, a systemd manager may put this process into a group of its own, `ask`; for a job of a batch system
    that would be a way out.
    """
    try:
        ours = dict(line.split(":", 2)[1:] for line in lines_of(own))
        mounted = [line.split()[1:4] for line in lines_of(mounts) if line.split()[2] in ("cgroup", "cgroup2")]
    except OSError as problem:
        return Hierarchy({}, False, lack=Lack(f"{problem.filename}: {problem.strerror}"))
    folders = _version_1(ours, [(place, options) for place, kind, options in mounted if kind == "cgroup"])
    if "memory" in folders:
        writable = {name: path for name, path in folders.items() if os.access(path, os.W_OK)}
        return Hierarchy(writable, False, lack=None if "memory" in writable else _VERSION_1)
    mount = next((place for place, kind, _ in mounted if kind == "cgroup2"), None)
    if mount is None or "" not in ours:
        return Hierarchy({}, True, lack=Lack("no control groups are mounted here"))
    return _version_2(Place(mount, ours[""]), ask if may_ask else None)


def _version_1(ours: Mapping[str, str], mounted: list[tuple[str, str]]) -> dict[str, str]:
    folders = {}
    for names, path in ours.items():
        for place, options in mounted:
            if names and set(names.split(",")) <= set(options.split(",")):
                folders.update({name: (place + path).rstrip("/") for name in names.split(",")})
    return {name: path for name, path in folders.items() if name in CONTROLLERS}


def _version_2(place: Place, ask: Callable[[Place], Place | Lack] | None) -> Hierarchy:
    if place.names and place.names[-1].startswith(REST):
        return _enabled(place.parent, place.folder)  # another worker has divided it already
    if place.is_root and place.is_writable:
        return _enabled(place, place.folder)
    lack = _not_ours(place)
    if lack is None:
        return _divided(place)
    if ask is not None:
        found = ask(place)
        if isinstance(found, Place):
            return _divided(found)
        lack = found
    return Hierarchy({}, True, lack=lack)


def _not_ours(place: Place) -> Lack | None:
    """Return why a group may not be divided by us, None if it may.

    A unit that systemd did not delegate may not, even if we own its folder: systemd takes controllers away again when
    it likes, and stops a service altogether when the kernel kills a process in it for memory.
    """
    if not os.path.isdir(place.folder):
        return Lack(f"the control group {place.path} is not to be seen from here")
    if not place.is_writable:
        return Lack(f"the control group {place.path} cannot be written by us")
    if place.unit and not is_handed_over(place):
        return Lack(f"{place.unit} is not delegated to us")
    if place.has_strangers():
        return Lack(f"others run in the control group {place.path}, too")
    return None


def _divided(place: Place) -> Hierarchy:
    """Move all processes of a group one level down, then hand its controllers on."""
    rest = f"{place.folder}/{REST}{os.getpid()}"
    try:
        os.makedirs(rest, exist_ok=True)
        for _ in range(_ROUNDS):
            for pid in place.processes():
                _move(pid, rest)
            found = _enabled(place, rest)
            if found.lack is None or found.folders:
                return found
    except OSError as problem:
        return Hierarchy({}, True, lack=Lack(f"{place.path} cannot be divided: {problem.strerror}"))
    return found


def _move(pid: int, folder: str) -> None:
    try:
        write_text(f"{folder}/cgroup.procs", str(pid))
    except OSError as problem:
        if problem.errno != errno.ESRCH:
            raise


def _enabled(place: Place, rest: str) -> Hierarchy:
    """Hand the controllers of a group on to those below; there may be some that it does not have itself."""
    there = set(read_text(f"{place.folder}/cgroup.controllers").split()) & set(CONTROLLERS)
    missing = there - set(read_text(f"{place.folder}/cgroup.subtree_control").split())
    try:
        if missing:
            write_text(f"{place.folder}/cgroup.subtree_control", " ".join(f"+{name}" for name in sorted(missing)))
    except OSError as problem:
        return Hierarchy({}, True, lack=Lack(f"{place.path} cannot be divided: {problem.strerror}"))
    return Hierarchy(dict.fromkeys(sorted(there), place.folder), True, rest, _not_handed_on(there))


def _not_handed_on(there: set[str]) -> Lack | None:
    lacking = [name for name in CONTROLLERS if name not in there]
    if not lacking:
        return None
    why = f"systemd hands on no limits of this kind here: {', '.join(lacking)}"
    folder, text = "/etc/systemd/system/user@.service.d", r"[Service]\nDelegate=cpu memory pids\n"
    fix = f"""mkdir -p {folder} && printf "{text}" > {folder}/recast.conf && systemctl daemon-reload"""
    return Lack(why, f"sudo sh -c '{fix}'   # then log out everywhere and in again")
