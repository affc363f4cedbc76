"""What Debian has now of the packages of a base that a recipe makes, according to this machine's lists of packages."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

__all__ = ["available", "newer"]

_HELPER = Path("/usr/lib/apt/apt-helper")
_LONGEST_S = 120.0
_TARGETS = ("apt-get", "indextargets", "--format", "$(RELEASE) $(FILENAME)", "Created-By: Packages")


def available(suite: str, names: Collection[str]) -> dict[str, str]:
    """Return the newest version of packages in a suite, its updates and its security; nothing is downloaded.

    A package that is in no list is left out; so is everything on a machine whose apt has no lists of this suite.
    """
    found: dict[str, str] = {}
    for file in _lists(suite):
        for name, version in _versions(file, names):
            if name not in found or _is_newer(version, found[name]):
                found[name] = version
    return found


def _lists(suite: str) -> Iterator[str]:
    wanted = {suite, f"{suite}-updates", f"{suite}-security"}
    for line in _output([*_TARGETS]).splitlines():
        release, _, file = line.partition(" ")
        if release in wanted and Path(file).is_file():
            yield file


def _versions(file: str, names: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield names and versions of a list of packages, which may be compressed."""
    text = _output([str(_HELPER), "cat-file", file]) if _HELPER.is_file() else ""
    name = ""
    for line in text.splitlines():
        if line.startswith("Package: "):
            name = line.removeprefix("Package: ")
        elif line.startswith("Version: ") and name in names:
            yield name, line.removeprefix("Version: ")


def _is_newer(one: str, other: str) -> bool:
    argv = ["dpkg", "--compare-versions", one, "gt", other]
    try:
        return subprocess.run(argv, capture_output=True, timeout=_LONGEST_S, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _output(argv: list[str]) -> str:
    try:
        done = subprocess.run(argv, capture_output=True, timeout=_LONGEST_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace")


def newer(installed: Mapping[str, str], suite: str) -> dict[str, str]:
    """Return the packages (`deb/NAME`) with their version there, of those that are installed and are newer there."""
    names = {key.removeprefix("deb/"): version for key, version in installed.items() if key.startswith("deb/")}
    there = available(suite, names)
    other = {name: version for name, version in there.items() if version != names[name]}
    return {f"deb/{name}": version for name, version in sorted(other.items()) if _is_newer(version, names[name])}
