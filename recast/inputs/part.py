"""Parse a declaration: each value with its position, so that errors can name it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from recast.json_types import JsonValue, is_finite
from recast.suggest import nearest

__all__ = ["BadDeclaration", "Part"]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_MOST = 200
_LONGEST_TEXT = 1000

T = TypeVar("T")


class BadDeclaration(ValueError):
    """An invalid declaration: `pointer` is its position from the root of the document."""

    def __init__(self, pointer: str, message: str) -> None:
        super().__init__(f"{pointer or '/'}: {message}")
        self.pointer, self.message = pointer, message


class Part:
    """A value of the document, with its position."""

    def __init__(self, value: JsonValue, pointer: str = "") -> None:
        self.value, self.pointer = value, pointer

    def bad(self, message: str) -> BadDeclaration:
        """Return the error for this position."""
        return BadDeclaration(self.pointer, message)

    def keys(self, known: Iterable[str], needed: Iterable[str] = ()) -> None:
        """Check that this is a map of known keys, with the needed ones."""
        names = list(known)
        if not isinstance(self.value, Mapping):
            raise self.bad("a map is expected")
        for key in self.value:
            if key not in names:
                near = nearest(str(key), names)
                raise self.bad(f"unknown key {key!r}" + (f", did you mean {near!r}?" if near else ""))
        for key in needed:
            if key not in self.value:
                raise self.bad(f"the key {key!r} is missing")

    def __getitem__(self, key: str | int) -> Part:
        return Part(self.value[key], f"{self.pointer}/{key}")

    def maybe(self, key: str, read: Callable[[Part], T], otherwise: T) -> T:
        """Return what `read` makes of a key, `otherwise` if it is not there."""
        return read(self[key]) if key in self.value else otherwise

    def text(self) -> str:
        """Return a non-empty string."""
        if not isinstance(self.value, str) or not self.value.strip() or len(self.value) > _LONGEST_TEXT:
            raise self.bad(f"a text is expected, not {self.value!r:.60}")
        return self.value

    def name(self) -> str:
        """Return a name of a particle."""
        if not isinstance(self.value, str) or not _NAME.fullmatch(self.value):
            raise self.bad(f"{self.value!r:.60} is not a name: small letters, digits and _, such as neutralino1")
        return self.value

    def number(self) -> float:
        """Return a finite number."""
        if not is_finite(self.value):
            raise self.bad(f"a number is expected, not {self.value!r:.60}")
        return float(self.value)

    def whole(self, least: int, most: int) -> int:
        """Return a whole number within bounds."""
        if isinstance(self.value, bool) or not isinstance(self.value, int) or not least <= self.value <= most:
            raise self.bad(f"a whole number from {least} to {most} is expected, not {self.value!r:.60}")
        return self.value

    def items(self) -> list[Part]:
        """Return the items of a non-empty list."""
        if not isinstance(self.value, list) or not 0 < len(self.value) <= _MOST:
            raise self.bad(f"a list of 1 to {_MOST} things is expected")
        return [self[index] for index in range(len(self.value))]

    def entries(self) -> list[tuple[str, Part]]:
        """Return the keys of a map, which are strings, with their values."""
        if not isinstance(self.value, Mapping) or len(self.value) > _MOST:
            raise self.bad(f"a map of at most {_MOST} keys is expected")
        for key in self.value:
            if not isinstance(key, str):
                raise self.bad(f"the key {key!r} is not a text: quote it")
        return [(key, self[key]) for key in self.value]
