"""The command that installs a program, by distribution, and how to type it without being root.

Pure, except for `install_here`.
"""

from __future__ import annotations

import shlex

from recast.machine.facts import Facts, gather_facts

__all__ = ["as_root", "as_typed", "chained", "install", "install_here", "installed"]

_FAMILIES = {
    "apt-get": ("debian", "ubuntu"),
    "dnf": ("fedora", "rhel", "centos", "almalinux", "rocky"),
    "pacman": ("arch",),
    "zypper": ("suse", "opensuse", "opensuse-leap", "opensuse-tumbleweed", "sles"),
}
_INSTALL = {
    "apt-get": "apt-get install -y --no-install-recommends",
    "dnf": "dnf install -y",
    "pacman": "pacman -S --noconfirm --needed",
    "zypper": "zypper --non-interactive install",
}
# What podman needs besides, to start containers of an ordinary user, and where control groups are hybrid.
_NAMES = {
    ("podman", "apt-get"): "podman runc uidmap",
    ("docker", "apt-get"): "docker.io",
    ("newuidmap", "apt-get"): "uidmap",
    ("newuidmap", "dnf"): "shadow-utils",
    ("newuidmap", "pacman"): "shadow",
    ("newuidmap", "zypper"): "shadow",
    ("docker", "dnf"): "moby-engine",
    ("pip", "apt-get"): "python3-pip",
    ("pip", "dnf"): "python3-pip",
    ("pip", "pacman"): "python-pip",
    ("pip", "zypper"): "python3-pip",
    ("mksquashfs", "apt-get"): "squashfs-tools",
    ("mksquashfs", "dnf"): "squashfs-tools",
    ("mksquashfs", "pacman"): "squashfs-tools",
    ("mksquashfs", "zypper"): "squashfs",
}
_APPTAINER = "https://apptainer.org/docs/admin/latest/installation.html"
_BUBBLEWRAP = {"debian": 12, "ubuntu": 24, "rhel": 10}
"""The first version of each whose bubblewrap is 0.8 or newer."""
_DOCKER_CLI_APART = 13
"""The first Debian whose docker.io comes without the command docker."""


def install_here(*programs: str) -> str:
    """Return the command that installs programs on this machine, as the current user types it."""
    facts = gather_facts()
    lines = [installed(facts, program, bare=True) for program in programs]
    return next((line for line in lines if line.startswith("#")), "") or as_root(facts, " && ".join(lines))


def installed(facts: Facts, program: str, *, bare: bool = False) -> str:
    """Return the command that installs a program; a comment (`# ...`) if the distribution has no package for it.

    A `bare` one is for root.
    """
    if why := _not_packaged(facts, program):
        return why
    lines = _extra(facts, program) or [_line(facts, program)]
    line = " && ".join(lines)
    return line if bare else as_root(facts, line)


def install(facts: Facts, program: str) -> str:
    """Return the command for root that installs what every distribution has; a comment if its means are not known."""
    return _line(facts, program) if _manager(facts) else f"# install {program}"


def as_root(facts: Facts, command: str) -> str:
    """Return a command of root as the user types it: with `sudo`, or `su` where there is none."""
    if facts.is_root or not command or command.startswith("#"):
        return command
    if not facts.has_sudo:
        return f"su - -c {shlex.quote(command)}"
    plain = not set(command) & set("&|;<>$\"'")
    return f"sudo {command}" if plain else f"sudo sh -c {shlex.quote(command)}"


def as_typed(facts: Facts, line: str) -> str:
    """Return a line that begins with `sudo` as this user types it: root without, others by `su` if there is no sudo."""
    if not line.startswith("sudo ") or (facts.has_sudo and not facts.is_root):
        return line
    command, mark, comment = line.removeprefix("sudo ").partition("   #")
    if facts.is_root and not set(command) & set("|"):
        return command + mark + comment
    inner = command.removeprefix("sh -c ")
    words = shlex.split(inner)[0] if inner != command else command
    return as_root(facts, words) + mark + comment


def chained(facts: Facts, root: list[str], own: list[str]) -> str:
    """Return one line out of commands for root and commands of the user's own, done in this order."""
    return " && ".join([*([as_root(facts, " && ".join(root))] if root else []), *own])


def _line(facts: Facts, program: str) -> str:
    manager = _manager(facts)
    names = _NAMES.get((program, manager), program)
    if program == "docker" and facts.distribution == "debian" and _major(facts, 99) >= _DOCKER_CLI_APART:
        names += " docker-cli"
    line = f"{_INSTALL[manager]} {names}"
    return line if manager != "apt-get" or facts.package_lists else f"apt-get update && {line}"


def _extra(facts: Facts, program: str) -> list[str]:
    """Return the commands for what is not in the distribution's own archive, but in one that it knows."""
    if program != "apptainer" or not _is(facts, "rhel", "ubuntu") or _is(facts, "fedora", only=True):
        return []
    if _is(facts, "ubuntu", only=True):
        ready = "apt-get install -y software-properties-common && add-apt-repository -y ppa:apptainer/ppa"
        return [ready, "apt-get update", "apt-get install -y apptainer"]
    release = _major(facts, 9)
    epel = "epel-release"
    if facts.distribution == "rhel":
        epel = f"https://dl.fedoraproject.org/pub/epel/epel-release-latest-{release}.noarch.rpm"
    return [f"dnf install -y {epel}", "dnf install -y apptainer"]


def _not_packaged(facts: Facts, program: str) -> str:
    """Return why the distribution cannot install a program, as a comment; empty if it can."""
    name = f"{facts.distribution or 'this distribution'} {facts.version}".strip()
    if not _manager(facts):
        return f"# install {program} by the means of {name}"
    if program == "apptainer" and _manager(facts) == "apt-get" and not _is(facts, "ubuntu", only=True):
        return f"# {name} has no package of Apptainer; {_APPTAINER}"
    if program == "bubblewrap" and _is_older(facts):
        return f"# the bubblewrap of {name} is older than 0.8; take another runtime: {installed(facts, 'podman')}"
    if program == "docker" and _is(facts, "rhel") and not _is(facts, "fedora", only=True):
        return f"# {name} has Podman in place of Docker: {installed(facts, 'podman')}"
    if program == "mmdebstrap" and _manager(facts) != "apt-get" and not _is(facts, "fedora", only=True):
        return f"# {name} has no package of mmdebstrap; only building base images needs it"
    return ""


def _is_older(facts: Facts) -> bool:
    """Return whether the distribution has a bubblewrap that is too old for us."""
    family = next((name for name in _BUBBLEWRAP if _is(facts, name, only=True)), "")
    if not family and _is(facts, "rhel") and not _is(facts, "fedora", only=True):
        family = "rhel"  # its versions are those of RHEL
    return bool(family) and _major(facts, 99) < _BUBBLEWRAP[family]


def _manager(facts: Facts) -> str:
    return next((name for name, family in _FAMILIES.items() if _is(facts, *family)), "")


def _is(facts: Facts, *names: str, only: bool = False) -> bool:
    """Return whether this is one of some distributions; unless `only`, or one that is made of them."""
    return facts.distribution in names or (not only and not set(facts.like).isdisjoint(names))


def _major(facts: Facts, unknown: int) -> int:
    first = facts.version.partition(".")[0]
    return int(first) if first.isdecimal() else unknown
