"""The facts about this machine that determine what to type: collected once, without starting a program."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Facts", "gather_facts"]

_SYSCTLS = (
    "user.max_user_namespaces",
    "kernel.unprivileged_userns_clone",
    "kernel.apparmor_restrict_unprivileged_userns",
)
_PROGRAMS = ("newuidmap", "podman", "runc", "crun", "bwrap", "service", "dockerd")
_PROFILES = ("bwrap", "bwrap-userns-restrict", "usr.bin.bwrap")
_ROOTS_PATH = ("/usr/local/sbin", "/usr/sbin", "/sbin")
_FIRST_SUBUID = 100_000


@dataclass(frozen=True, slots=True)
class Facts:
    """A machine and its user.

    `groups` are those of this process, `member_of` those that the user has now and gets by logging in again.
    `runtime_dir` is XDG_RUNTIME_DIR if that folder belongs to the user; `has_user_dir` says whether systemd has created
    `/run/user/UID`, `lingers` whether it does so without a login. `next_subuid` is the first unassigned subordinate id.
    `socket_group` owns Docker's socket, empty if there is none; `docker_host` is what DOCKER_HOST says.
    """

    distribution: str = ""
    like: tuple[str, ...] = ()
    version: str = ""
    user: str = "root"
    uid: int = 0
    groups: frozenset[str] = frozenset()
    member_of: frozenset[str] = frozenset()
    has_docker_group: bool = False
    has_sudo: bool = False
    systemd: bool = False
    container: bool = False
    runtime_dir: str = ""
    has_user_dir: bool = False
    lingers: bool = False
    sysctls: Mapping[str, int] = field(default_factory=dict)
    user_namespaces: bool = True
    has_bwrap_profile: bool = False
    has_subuids: bool = False
    next_subuid: int = _FIRST_SUBUID
    programs: frozenset[str] = frozenset()
    package_lists: bool = True
    socket_group: str = ""
    docker_host: str = ""

    @property
    def is_root(self) -> bool:
        """Whether the user is root."""
        return self.uid == 0


def gather_facts() -> Facts:
    """Collect the facts; what cannot be read counts as missing."""
    release, uid, user = _release(), os.geteuid(), _user()
    subuids = _lines("/etc/subuid")
    runtime_dir = os.environ.get("XDG_RUNTIME_DIR", "")
    return Facts(
        distribution=release.get("ID", ""),
        like=tuple(release.get("ID_LIKE", "").split()),
        version=release.get("VERSION_ID", ""),
        user=user,
        uid=uid,
        groups=frozenset(_group_names({*os.getgroups(), os.getegid()})),
        member_of=frozenset(entry.gr_name for entry in grp.getgrall() if user in entry.gr_mem),
        has_docker_group=any(entry.gr_name == "docker" for entry in grp.getgrall()),
        has_sudo=shutil.which("sudo") is not None,
        systemd=Path("/run/systemd/system").is_dir(),
        container=any(Path(name).exists() for name in ("/.dockerenv", "/run/.containerenv", "/run/systemd/container")),
        runtime_dir=runtime_dir if runtime_dir and os.access(runtime_dir, os.W_OK | os.X_OK) else "",
        has_user_dir=Path(f"/run/user/{uid}").is_dir(),
        lingers=Path("/var/lib/systemd/linger", user).exists(),
        sysctls={name: value for name in _SYSCTLS if (value := _sysctl(name)) is not None},
        user_namespaces=Path("/proc/self/ns/user").exists(),
        has_bwrap_profile=any(Path("/etc/apparmor.d", name).exists() for name in _PROFILES),
        has_subuids=_has_range(subuids, user, uid) and _has_range(_lines("/etc/subgid"), user, uid),
        next_subuid=_next_free([*subuids, *_lines("/etc/subgid")]),
        programs=frozenset(name for name in _PROGRAMS if _is_installed(name)),
        package_lists=_has_package_lists(),
        socket_group=_socket_group(),
        docker_host=os.environ.get("DOCKER_HOST", ""),
    )


def _release() -> dict[str, str]:
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        if found := dict(line.split("=", 1) for line in _lines(path) if "=" in line):
            return {name: value.strip("\"'") for name, value in found.items()}
    return {}


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _group_names(gids: Iterable[int]) -> Iterable[str]:
    for gid in gids:
        try:
            yield grp.getgrgid(gid).gr_name
        except KeyError:
            yield str(gid)


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(errors="replace").splitlines()
    except OSError:
        return []


def _sysctl(name: str) -> int | None:
    try:
        return int(Path("/proc/sys", *name.split(".")).read_text())
    except (OSError, ValueError):
        return None


def _ranges(lines: Iterable[str]) -> Iterable[tuple[str, int, int]]:
    for line in lines:
        name, _, numbers = line.partition(":")
        first, _, count = numbers.partition(":")
        if first.isdecimal() and count.isdecimal():
            yield name, int(first), int(count)


def _has_range(lines: Iterable[str], user: str, uid: int) -> bool:
    return any(name in (user, str(uid)) and count > 0 for name, _, count in _ranges(lines))


def _next_free(lines: Iterable[str]) -> int:
    return max([_FIRST_SUBUID, *(first + count for _, first, count in _ranges(lines))])


def _is_installed(name: str) -> bool:
    """Return whether a program exists, also in folders that are only on root's PATH: Debian's users lack /usr/sbin."""
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", os.defpath), *_ROOTS_PATH])) is not None


def _has_package_lists() -> bool:
    """Return whether apt knows any package; an image of a container often has no lists."""
    lists = Path("/var/lib/apt/lists")
    return not lists.is_dir() or any("_Packages" in path.name for path in lists.iterdir())


def _socket_group() -> str:
    """Return the group that owns Docker's socket."""
    for path in ("/var/run/docker.sock", "/run/docker.sock"):
        try:
            found = Path(path).stat()
        except OSError:
            continue
        if stat.S_ISSOCK(found.st_mode):
            return next(iter(_group_names([found.st_gid])))
    return ""
