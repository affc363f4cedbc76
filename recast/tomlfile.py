"""A TOML file with the positions of its keys, so that an error can name file, line and key."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recast.errors import UsageError
from recast.json_types import JsonObject
from recast.plainfile import open_plain
from recast.suggest import nearest

__all__ = ["TomlFile", "read_toml"]

MOST_BYTES = 1 << 20

_HEADER = re.compile(r"\s*\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")


@dataclass(frozen=True, slots=True)
class TomlFile:
    """A document and its text; without a file, all fields are empty."""

    path: str = ""
    document: JsonObject = field(default_factory=dict)
    text: str = field(default="", repr=False)

    def table(self, *keys: str) -> JsonObject:
        """Return the table with these keys, {} if there is none; raise UsageError if something else is there."""
        here: Any = self.document
        for depth, key in enumerate(keys, 1):
            here = here.get(key, {})
            if not isinstance(here, dict):
                name = ".".join(keys[:depth])
                raise UsageError(
                    f"{key!r} is not a table",
                    where=self.where(*keys[:depth]),
                    next_step=f"write [{name}] and keys below it",
                )
        found: JsonObject = here
        return found

    def where(self, *keys: str) -> str:
        """Return `file:line key` of a key, or of the nearest existing table above it."""
        return f"{self.path}:{_line(self.text, keys)} {'.'.join(keys)}"

    def check_names(self, known: Collection[str], *keys: str) -> None:
        """Raise UsageError if a table contains an unknown key."""
        for name in self.table(*keys):
            if name not in known:
                raise UsageError(
                    f"There is no setting {name!r} here",
                    where=self.where(*keys, name),
                    why=f"Known are: {', '.join(sorted(known)) or 'none'}.",
                    next_step=f"write {near}" if (near := nearest(name, known)) else "remove the line",
                )


def read_toml(path: Path, what: str) -> TomlFile:
    """Read a file that must exist; raise UsageError with the position if it cannot be read. `what` names it in
    messages.
    """
    import tomllib

    try:
        with open_plain(path) as reader:
            content = reader.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise ValueError(f"it has more than {MOST_BYTES} bytes")
        text = content.decode("utf-8")
        return TomlFile(str(path), tomllib.loads(text), text)
    except OSError as problem:
        why, where = problem.strerror or str(problem), str(path)
    except (ValueError, RecursionError) as problem:
        why, where = str(problem), str(path)
        if line := re.search(r"at line (\d+)", why):
            where = f"{path}:{line[1]}"
    raise UsageError(f"{what} cannot be read", where=where, why=why, next_step="fix the file, or name another one")


def _line(text: str, keys: tuple[str, ...]) -> int:
    """Return the line of a key, from 1; if it is not in the file, that of the innermost table above it, else 1."""
    header: tuple[str, ...] = ()
    best, depth = 1, 0
    for number, line in enumerate(text.splitlines(), 1):
        if found := _HEADER.match(line):
            here = header = _split(found[1])
        elif found := _KEY.match(line):
            here = (*header, *_split(found[1]))
        else:
            continue
        if len(here) > depth and keys[: len(here)] == here:
            best, depth = number, len(here)
    return best


def _split(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
