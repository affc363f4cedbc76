"""An order in a file: the long options of `recast submit` as keys, in YAML or JSON; what is typed wins over it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from recast.errors import InputError
from recast.json_types import JsonDict
from recast.plainfile import read_plain
from recast.spec.source import parse
from recast.suggest import nearest

__all__ = ["FLAGS", "LISTS", "TEXTS", "read_order_file"]

TEXTS = (
    "image", "each", "name", "executor", "runtime", "cpus", "memory", "disk", "walltime", "gpus", "gpu", "arch",
    "working_group",
)  # fmt: skip
LISTS = ("command", "with", "output", "env", "bind", "site", "exclude_site", "container_arg", "secret")
NUMBERS = ("array", "tries", "max_parallel")
FLAGS = ("network", "cvmfs", "no_cache")
_PATHS = ("each", "with")
"""Relative to the file that names them."""


def read_order_file(path: Path) -> JsonDict:
    """Return what a file says, by option, as a command gets its options; raise InputError with file and key.

    Keys are the long options without dashes; `exclude-site` and `exclude_site` are the same. `env` may be a map.
    """
    try:
        content = read_plain(path)
    except OSError as problem:
        raise InputError("The order cannot be read", where=str(path), why=problem.strerror or "") from problem
    body = parse(content, str(path)).value
    if not isinstance(body, dict):
        raise InputError(
            "The order is not a map of options", where=str(path), next_step="write one 'option: value' a line"
        )
    read: JsonDict = {}
    known = (*TEXTS, *LISTS, *NUMBERS, *FLAGS)
    for key, value in body.items():
        name = str(key).replace("-", "_")
        if name not in known:
            raise _unknown(str(key), path, known)
        if name in read:
            raise InputError(f"{key!r} is there twice", where=str(path))
        read[name] = _value(name, value, f"{path} /{key}")
    for name in _PATHS:
        if name in read:
            read[name] = _beside(read[name], path)
    return read


def _value(name: str, value: Any, where: str) -> Any:
    """Return a value as the command line gives it: texts, tuples of texts, whole numbers, flags."""
    if name in LISTS:
        if name == "env" and isinstance(value, dict):
            value = [f"{key}={_text(item, where)}" for key, item in value.items()]
        if not isinstance(value, list):
            raise InputError("It is not a list", where=where, next_step="write [first, second]")
        return tuple(_text(item, where) for item in value)
    if name in FLAGS:
        if not isinstance(value, bool):
            raise InputError("It is neither true nor false", where=where)
        return value
    if name in NUMBERS:
        if type(value) is not int:
            raise InputError("It is not a whole number", where=where)
        return value
    return _text(value, where)


def _text(value: Any, where: str) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise InputError("It is not a text or a number", where=where, next_step="put it in quotes")
    return str(value)


def _beside(value: Any, path: Path) -> Any:
    folder = path.absolute().parent
    return tuple(str(folder / item) for item in value) if isinstance(value, tuple) else str(folder / value)


def _unknown(key: str, path: Path, known: Collection[str]) -> InputError:
    near = nearest(key, [name.replace("_", "-") for name in known])
    return InputError(
        f"{key!r} is not an option of recast submit",
        where=str(path),
        why=f"Did you mean {near}?" if near else f"Options: {', '.join(sorted(known))}.",
        next_step="recast submit --help",
    )
