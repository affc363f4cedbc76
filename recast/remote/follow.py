"""Find the files that a workflow's `$ref` lead to, without loading it, by the rules of `recast.spec.references`."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

from recast.errors import SpecError
from recast.spec.source import parse

__all__ = ["follow"]


def follow(root: str, read: Callable[[str], bytes]) -> None:
    """Read a workflow's file and every file that it leads to, each once, only below the toplevel.

    `read` is called with paths relative to the toplevel; it returns empty bytes for a missing file, which the loader
    reports later with the referring line. References in the root file are relative to the toplevel, in every other file
    to that file.
    """
    contents: dict[str, bytes] = {}
    todo, seen = [(root, "")], set()
    while todo:
        file, base = todo.pop()
        if (file, base) in seen:
            continue
        seen.add((file, base))
        if file not in contents:
            contents[file] = read(file)
        todo += [(target, posixpath.dirname(target)) for target in _targets(contents[file], file, base)]


def _targets(content: bytes, file: str, base: str) -> Iterator[str]:
    """Yield the files that a file refers to; what is not YAML is left to the loader."""
    try:
        todo: list[Any] = [parse(content, file).value] if content else []
    except SpecError:
        return
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            reference = value.get("$ref")
            if isinstance(reference, str):
                target = _below(base, unquote(reference.partition("#")[0]))
                if target is not None:
                    yield target
            todo.extend(value.values())
        elif isinstance(value, list):
            todo.extend(value)


def _below(base: str, path: str) -> str | None:
    """Return a reference's file relative to the toplevel, None if it names no file, or one outside."""
    if not path or path.startswith("/") or "://" in path or "\\" in path or "\0" in path:
        return None
    file = posixpath.normpath(posixpath.join(base, path))
    return None if file in (".", "..") or file.startswith("../") else file
