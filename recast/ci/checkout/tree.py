"""The files of a commit, written as they are: no filter, attribute, hook or submodule has a say, and limits hold before
anything is written.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO

from recast.ci.checkout.process import Limits, TooLong, argv, environment, run_git
from recast.errors import InfrastructureError, PermissionDenied
from recast.terminal_safe import is_invisible

__all__ = ["Checkout", "Entry", "list_tree", "write_tree"]

_FILE, _PROGRAM, _LINK, _SUBMODULE = "100644", "100755", "120000", "160000"
_MOST_PATH_BYTES, _MOST_NAME_LETTERS, _MOST_LINK_BYTES = 3000, 255, 4000
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, link or submodule of a commit."""

    mode: str
    object: str
    size: int
    path: str


@dataclass(frozen=True, slots=True)
class Checkout:
    """What was written: files and their bytes; and the paths of submodules, whose folders are empty."""

    files: int
    size: int
    submodules: tuple[str, ...]


def write_tree(mirror: Path, commit: str, folder: Path, limits: Limits) -> Checkout:
    """Write all files of a commit below a new or empty folder.

    Raises PermissionDenied for what is refused: too many or too large files, names that are not sound, links that lead
    out of the folder. What was written by then stays, for the caller to remove.
    """
    entries = list_tree(mirror, commit, limits)
    folder.mkdir(parents=True, exist_ok=True)
    root = os.fspath(folder)
    blobs = [entry for entry in entries if entry.mode in (_FILE, _PROGRAM)]
    links = [entry for entry in entries if entry.mode == _LINK]
    submodules = tuple(entry.path for entry in entries if entry.mode == _SUBMODULE)
    try:
        for path in submodules:
            os.makedirs(f"{root}/{path}", exist_ok=True)
        targets = _write(mirror, blobs, links, root, limits)
        for entry, target in zip(links, targets, strict=True):
            _make_folder(root, entry.path)
            os.symlink(target, f"{root}/{entry.path}")
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as problem:
        raise _refused("Two files of a commit have the same path", str(problem.filename)) from problem
    except OSError as problem:
        raise InfrastructureError.of(problem, "A checkout cannot be written", folder, "check the disk") from problem
    _check_links(root, links)
    return Checkout(len(blobs) + len(links), sum(entry.size for entry in blobs), submodules)


def list_tree(mirror: Path, commit: str, limits: Limits) -> list[Entry]:
    """Return all entries of a commit; raise PermissionDenied for names, kinds, counts and sizes that are refused."""
    try:
        answer = run_git(["ls-tree", "-r", "-z", "--long", "--full-tree", "--end-of-options", commit], mirror, limits)
    except TooLong:  # folders that hold the same folder many times, each of which does too: few objects, endless paths
        raise _refused(f"The list of a commit's files has more than {limits.most_output:,} bytes", commit) from None
    if answer.code != 0:
        raise InfrastructureError(
            "The files of a commit cannot be listed", where=commit, why=answer.err.strip()[-500:],
            next_step=f"remove {mirror}, which is only a cache, and try again",
        )  # fmt: skip
    lines = answer.out.split(b"\0")[:-1]
    if len(lines) > limits.most_files:
        raise _refused(f"A commit has more than {limits.most_files:,} files", commit)
    entries = [_entry(line) for line in lines]
    if sum(entry.size for entry in entries) > limits.most_bytes:
        raise _refused(f"The files of a commit have more than {limits.most_bytes:,} bytes", commit)
    for entry in entries:
        if entry.size > limits.most_file:
            raise _refused(f"A file of a commit has more than {limits.most_file:,} bytes", entry.path)
    _check_paths([entry.path for entry in entries])
    return entries


def _check_paths(paths: list[str]) -> None:
    """Refuse a path that comes twice, or lies below a file or link: writing it would follow the link."""
    known = set(paths)
    if len(known) < len(paths):
        raise _refused(
            "Two files of a commit have the same path",
            next(one for one, other in pairwise(sorted(paths)) if one == other),
        )
    folders: set[str] = set()
    for path in paths:
        parent = path.rpartition("/")[0]
        while parent and parent not in folders:
            if parent in known:
                raise _refused("A file of a commit lies below another file", path)
            folders.add(parent)
            parent = parent.rpartition("/")[0]


def _entry(line: bytes) -> Entry:
    head, _, raw = line.partition(b"\t")
    mode, _, name, size = head.decode("ascii", "replace").split()
    try:
        path = raw.decode()
    except UnicodeDecodeError:
        raise _refused("The name of a file is not UTF-8", ascii(raw)[:200]) from None
    if mode not in (_FILE, _PROGRAM, _LINK, _SUBMODULE):
        raise _refused(f"A file of a commit has the unknown mode {mode}", path)
    parts = path.split("/")
    if not _is_plain(path) or len(raw) > _MOST_PATH_BYTES:
        raise _refused("The name of a file contains control characters, or is too long", ascii(path)[:200])
    if {"", ".", ".."} & set(parts) or ".git" in path.lower().split("/") or max(map(len, parts)) > _MOST_NAME_LETTERS:
        raise _refused("The path of a file contains .git, a dot part, or too long a name", path[:200])
    return Entry(mode, name, int(size) if size.isdecimal() else 0, path)


def _is_plain(path: str) -> bool:
    return (path.isascii() and path.isprintable()) or not any(map(is_invisible, path))


def _write(mirror: Path, blobs: list[Entry], links: list[Entry], root: str, limits: Limits) -> list[str]:
    """Write the content of files, and return the targets of links, in their order."""
    wanted = "".join(f"{entry.object}\n" for entry in (*blobs, *links)).encode()
    with tempfile.TemporaryFile() as given:
        given.write(wanted)
        given.seek(0)
        process = subprocess.Popen(
            argv(["cat-file", "--batch", "--buffer"], limits), cwd=mirror, env=environment(), stdin=given,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        assert process.stdout is not None
        made: set[str] = set()
        try:
            for entry in blobs:
                _make_folder(root, entry.path, made)
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
                descriptor = os.open(f"{root}/{entry.path}", flags, 0o755 if entry.mode == _PROGRAM else 0o644)
                with os.fdopen(descriptor, "wb") as file:
                    _copy(process.stdout, entry, file)
            return [_target(process.stdout, entry) for entry in links]
        finally:
            process.kill()
            process.stdout.close()
            process.wait()


def _make_folder(root: str, path: str, made: set[str] | None = None) -> None:
    parent = path.rpartition("/")[0]
    if parent and (made is None or parent not in made):
        os.makedirs(f"{root}/{parent}", exist_ok=True)
        if made is not None:
            made.add(parent)


def _copy(stream: IO[bytes], entry: Entry, file: IO[bytes]) -> None:
    """Copy the next object of git's stream to a file."""
    head = stream.readline(200).split()
    if len(head) != 3 or head[0].decode() != entry.object or head[1] != b"blob" or int(head[2]) != entry.size:
        raise InfrastructureError("Git does not give a file of a commit", where=entry.path, next_step="try again")
    left = entry.size
    while left:
        piece = stream.read(min(left, _PIECE))
        if not piece:
            raise InfrastructureError("Git ended before a file of a commit did", where=entry.path)
        file.write(piece)
        left -= len(piece)
    stream.read(1)  # the newline after each object


def _target(stream: IO[bytes], entry: Entry) -> str:
    with tempfile.SpooledTemporaryFile(_PIECE) as content:
        if entry.size > _MOST_LINK_BYTES:
            raise _refused("The target of a link is too long", entry.path)
        _copy(stream, entry, content)
        content.seek(0)
        target = content.read()
    try:
        text = target.decode()
    except UnicodeDecodeError:
        raise _refused("The target of a link is not UTF-8", entry.path) from None
    if not text or text.startswith("/") or any(map(is_invisible, text)):
        raise _refused("A link leads out of the checkout, or nowhere", entry.path)
    return text


def _check_links(root: str, links: list[Entry]) -> None:
    """Refuse a link that leads out, also by way of other links; by now all of them are there."""
    real = os.path.realpath(root)
    for entry in links:
        there = os.path.realpath(f"{real}/{entry.path}")
        if there != real and not there.startswith(f"{real}/"):
            raise _refused("A link leads out of the checkout", entry.path)


def _refused(what: str, where: str) -> PermissionDenied:
    return PermissionDenied(
        what, where=where, why="A repository under analysis must not reach beyond its checkout, nor fill the disk.",
        next_step="remove or rename it, and push again",
    )  # fmt: skip
