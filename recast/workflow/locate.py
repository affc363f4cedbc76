"""Logical paths in values, and the files of upstream steps that they refer to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from recast.jobs import RUN_ROOT, Artifact
from recast.json_types import JsonValue
from recast.workflow.discover import has_magic, matches, plain, tree
from recast.workflow.graph import Step

__all__ = ["artifacts_of", "map_paths", "owner_of", "paths_in"]

_PREFIX = RUN_ROOT + "/"
_EMBEDDED = re.compile("(" + re.escape(_PREFIX) + r"[^\s,;:'\"=|&<>(){}$`]+)")
_DELIMITERS = re.compile(r"[\n,;:'\"=|&<>]")


def paths_in(value: JsonValue) -> Iterator[str]:
    """Yield the logical paths in the strings of a value, on their own or embedded in other text."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            if _PREFIX in item:
                yield from (piece for is_path, piece in _pieces(item) if is_path)
        elif isinstance(item, list):
            stack.extend(reversed(item))
        elif isinstance(item, dict):
            stack.extend(reversed(item.values()))


def map_paths(value: Any, replacement: Callable[[str], Any]) -> Any:
    """Return the value with each string that contains paths as a list of texts and replaced paths."""
    if isinstance(value, str):
        if _PREFIX not in value:
            return value
        return [replacement(piece) if is_path else piece for is_path, piece in _pieces(value)]
    if isinstance(value, list):
        return [map_paths(item, replacement) for item in value]
    if isinstance(value, dict):
        return {key: map_paths(item, replacement) for key, item in value.items()}
    return value


def owner_of(path: str, directories: Mapping[str, Step]) -> tuple[Step, str] | None:
    """Return the step whose directory contains a logical path, and the rest of the path (`""` for the directory)."""
    folder = path.rstrip("/")
    while len(folder) > len(RUN_ROOT):
        step = directories.get(folder)
        if step is not None:
            return step, path[len(folder) :].strip("/")
        folder = folder.rpartition("/")[0]
    return None


def artifacts_of(step: Step, relative: str) -> list[Artifact]:
    """Return the outputs of a step that a path in its directory refers to: for a file itself, for a folder its whole
    tree, for a pattern its matches, otherwise the paths that begin with it (a common stem such as `{workdir}/histos_`).
    """
    outputs = step.outputs
    name = plain(relative)
    if not name:
        return list(outputs.values())
    if name in outputs:
        return [outputs[name]]
    found = [plain(match) for match in matches(relative, outputs)] if has_magic(relative) else [name]
    names = dict.fromkeys(path for match in found for path in ([match] if match in outputs else tree(match, outputs)))
    return [outputs[path] for path in names or [path for path in outputs if path.startswith(name)]]


def _pieces(text: str) -> list[tuple[bool, str]]:
    """Split a text into paths (True) and the text between; a text that is a single path may contain spaces."""
    if text.startswith(_PREFIX) and text.count(_PREFIX) == 1 and not _DELIMITERS.search(text):
        return [(True, text)]
    return [(i % 2 == 1, piece) for i, piece in enumerate(_EMBEDDED.split(text)) if piece]
