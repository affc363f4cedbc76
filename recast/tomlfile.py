"""A TOML file that knows where its keys stand, so that an error can name file, line and key."""

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
    """A document and its text; without a file, `path` is empty and so is all else."""

    path: str = ""
    document: JsonObject = field(default_factory=dict)
    text: str = field(default="", repr=False)

    def table(self, *keys: str) -> JsonObject:
        """Return the table at a place, {} if there is none; raise UsageError if something else is there."""
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
        """Return `file:line key` of a key, or of what is nearest above it."""
        return f"{self.path}:{_line(self.text, keys)} {'.'.join(keys)}"

    def check_names(self, known: Collection[str], *keys: str) -> None:
        """Raise UsageError for a key of a table that means nothing."""
        for name in self.table(*keys):
            if name not in known:
                raise UsageError(
                    f"There is nothing called {name!r} to set here",
                    where=self.where(*keys, name),
                    why=f"Known are: {', '.join(sorted(known)) or 'none'}.",
                    next_step=f"write {near}" if (near := nearest(name, known)) else "take the line out",
                )


def read_toml(path: Path, what: str) -> TomlFile:
    """Read a file that has to be there; raise UsageError with its place if it cannot be read. `what` names it."""
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
    """Return the line of a key, 1-based; of the innermost table or key above it that is written, else 1."""
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
