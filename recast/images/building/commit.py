"""The commit that a recipe was built from, and whether its files are as in that commit.

Only git's plumbing is asked, and no configuration of the repository can start a program: nothing here runs a filter, a
hook or a monitor.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Commit", "commit_of"]

_LONGEST_S = 20.0
_HEX = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_MOST_FILES = 20_000


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit by its hex digits, the folder's path in its tree, and whether the files below it are the commit's."""

    digest: str
    path: str
    unmodified: bool


def commit_of(folder: Path) -> Commit | None:
    """Return the commit of the work tree that a folder is in; None if it is in none, or git is missing."""
    top = _asked(folder, "rev-parse", "--show-toplevel")
    head = _asked(folder, "rev-parse", "--verify", "HEAD^{commit}")
    if top is None or head is None or not _HEX.fullmatch(head.strip()):
        return None
    path = Path(os.path.relpath(folder.resolve(), Path(top.strip()).resolve())).as_posix()
    return Commit(head.strip(), path, _same(folder, head.strip(), path))


def _same(folder: Path, head: str, path: str) -> bool:
    """Return whether a folder holds exactly the files of a commit; contents are hashed here, as git stores them."""
    listed = _asked(folder, "ls-tree", "-r", "-z", "--full-tree", head, "--", f"{path}/" if path != "." else ".")
    if listed is None:
        return False
    wanted: dict[str, str] = {}
    for line in filter(None, listed.split("\0")):
        head_part, _, name = line.partition("\t")
        wanted[name] = head_part.split(" ")[2]
    names = dict(_files(folder, path))
    return names.keys() == wanted.keys() and all(
        _blob(place, len(wanted[name])) == wanted[name] for name, place in names.items()
    )


def _files(folder: Path, path: str) -> Iterator[tuple[str, Path]]:
    """Yield the files below a folder by their paths in the tree; git's own are none of them."""
    above = "" if path == "." else f"{path}/"
    for count, place in enumerate(it for it in folder.rglob("*") if it.is_symlink() or it.is_file()):
        name = place.relative_to(folder).as_posix()
        if count < _MOST_FILES and not name.startswith(".git/"):
            yield f"{above}{name}", place


def _blob(path: Path, digits: int) -> str:
    content = os.fsencode(os.readlink(path)) if path.is_symlink() else path.read_bytes()  # noqa: PTH115
    hasher = hashlib.sha256() if digits == 64 else hashlib.sha1(usedforsecurity=False)
    hasher.update(f"blob {len(content)}\0".encode() + content)
    return hasher.hexdigest()


def _asked(folder: Path, *arguments: str) -> str | None:
    argv = ["git", "-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-C", str(folder), *arguments]
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    env = {**kept, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=_LONGEST_S, env=env, check=False)
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    return done.stdout if done.returncode == 0 else None
