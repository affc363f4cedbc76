"""Paths over the stages of a scope: the part of JSONPath that dependencies and selectors use.

`name`, `name[*].sub`, `name.[*].sub`, `name[0].sub`, `name[*].a[*].b`, `a,b`. A path is a tuple of tokens; each
names one or more stages, and which of their instances (`None` for all).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from recast.errors import SpecError

__all__ = ["Token", "parse_path"]

_NAME = r"(?:[A-Za-z_][\w-]*|\"[^\"]+\"|'[^']+')"
_TOKEN = re.compile(rf"\s*(?P<names>{_NAME}(?:\s*,\s*{_NAME})*)\s*(?:\.?\[(?P<index>\*|\d+)\])?\s*")


@dataclass(frozen=True, slots=True)
class Token:
    """One level of a path: stages by name, and the instance (`None` is every one)."""

    names: tuple[str, ...]
    index: int | None


@lru_cache(maxsize=4096)
def parse_path(text: str) -> tuple[Token, ...]:
    """Parse a path; raise SpecError for any other JSONPath."""
    tokens: list[Token] = []
    position = 2 if text.startswith("$.") else 0
    while True:
        found = _TOKEN.match(text, position)
        if found is None:
            raise _unreadable(text)
        names = tuple(name.strip().strip("\"'") for name in found["names"].split(","))
        index = found["index"]
        tokens.append(Token(names, int(index) if index and index != "*" else None))
        position = found.end()
        if position == len(text):
            return tuple(tokens)
        if text[position] != ".":
            raise _unreadable(text)
        position += 1


def _unreadable(text: str) -> SpecError:
    return SpecError(
        f"The stage path {text!r} cannot be read",
        code="spec.path",
        why="A path names stages of its own scope: name, name[*].sub, name[0].sub, or a,b.",
        next_step="write the stage's name, followed by [*] and a dot to look into its sub-workflows",
    )
