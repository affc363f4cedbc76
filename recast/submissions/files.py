"""The files that go along with an order: found, named once, as files of init."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from recast.errors import InputError, UsageError
from recast.prepare.init_dir import read_initdir
from recast.workflow import INIT_DIRECTORY

__all__ = ["carried"]

_FOLDER = "with"


def carried(paths: Sequence[Path]) -> tuple[list[str], dict[str, Path]]:
    """Return how jobs know the files and folders, and all files by their path below init; raise UsageError, InputError.

    Of a folder all that is in it goes along; links that lead out of it are refused.
    """
    logical: list[str] = []
    found: dict[str, Path] = {}
    for path in paths:
        name = path.name or path.resolve().name
        where = f"--with {path}"
        if f"{INIT_DIRECTORY}/{_FOLDER}/{name}" in logical:
            raise UsageError(f"Two files are called {name!r}", where=where, next_step="give one of them another name")
        if not name or name in (".", "..") or not name.isprintable() or name.startswith("-"):
            raise UsageError(f"{name!r} cannot be the name of a file of a job", where=where, next_step="rename it")
        logical.append(f"{INIT_DIRECTORY}/{_FOLDER}/{name}")
        found.update(_files(path, name, where))
    return logical, found


def _files(path: Path, name: str, where: str) -> dict[str, Path]:
    if path.is_dir():
        inside = read_initdir(path)
        inside.check_all()
        if not inside.files:
            raise InputError("The folder holds no file", where=where, next_step="leave it out")
        return {f"{_FOLDER}/{name}/{below}": place for below, place in inside.files.items()}
    if not path.exists():
        raise InputError("There is no such file", where=where, next_step="check the path")
    if not path.is_file():
        raise InputError("It is neither a file nor a folder", where=where, next_step="copy what it holds into a file")
    return {f"{_FOLDER}/{name}": path.absolute()}
