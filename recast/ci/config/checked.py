"""A value of a YAML document with its position: asked for as what it should be, else an error that says where."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from pathlib import PurePosixPath

from recast.errors import SpecError
from recast.json_types import JsonObject, JsonValue, is_finite
from recast.spec.source import Document, segment
from recast.suggest import did_you_mean

__all__ = ["Checked"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_MOST_LETTERS = 1000
_WORDS = {dict: "a map", list: "a list", str: "a text", bool: "yes or no", int: "a number", float: "a number"}


class Checked:
    """One value of a document, and its JSON pointer."""

    def __init__(self, document: Document, value: JsonValue, pointer: str) -> None:
        self._document, self._value, self._pointer = document, value, pointer

    def has(self, key: str) -> bool:
        """Return whether the map has a key with a value."""
        return self._value.get(key) is not None

    def at(self, key: str) -> Checked:
        """Return the value of a key of the map."""
        return Checked(self._document, self._value.get(key), f"{self._pointer}/{segment(key)}")

    def keys(self, known: Collection[str], required: Collection[str] = ()) -> None:
        """Raise SpecError unless this is a map with only known keys, and with those that are required."""
        for key in self.mapping():
            if key not in known:
                raise Checked(self._document, None, f"{self._pointer}/{segment(key)}").fault(
                    f"There is no key {str(key)!r:.60} here",
                    why=f"Known are: {', '.join(known)}.",
                    next_step=did_you_mean(str(key), known, what="keys"),
                )
        for key in required:
            if not self.has(key):
                raise self.fault(f"The key {key!r} is missing", next_step=f"add a line `{key}: ...`")

    def items(self) -> list[Checked]:
        """Return the values of a list."""
        if not isinstance(self._value, list):
            raise self._other("a list")
        return [Checked(self._document, item, f"{self._pointer}/{i}") for i, item in enumerate(self._value)]

    def mapping(self) -> JsonObject:
        """Return a map whose keys are texts."""
        if not isinstance(self._value, dict) or not all(isinstance(key, str) for key in self._value):
            raise self._other("a map")
        return self._value

    def text(self) -> str:
        """Return a text on one line that is not empty."""
        if not isinstance(self._value, str):
            raise self._other("a text")
        if not 0 < len(self._value) <= _MOST_LETTERS or not self._value.isprintable():
            raise self.fault(f"A text of 1 to {_MOST_LETTERS} letters was expected, on one line")
        return self._value

    def name(self) -> str:
        """Return a text that can be part of pointers, names of runs and names of files."""
        text = self.text()
        if not _NAME.fullmatch(text):
            raise self.fault(
                f"{text!r:.80} cannot be a name", why="A name has at most 64 letters, digits and _.-, and no blanks."
            )
        return text

    def path(self, *, glob: bool = False) -> str:
        """Return a path, or a glob, that is relative and stays inside the repository."""
        text = self.text()
        pure = PurePosixPath(text)
        if pure.is_absolute() or ".." in pure.parts or (not glob and str(pure) != text) or "\\" in text:
            raise self.fault(
                f"{text!r:.80} does not stay inside the repository",
                why="Paths are relative to the folder of this file, in one spelling, without `..`.",
            )
        return text

    def number(self, *, least: float = -math.inf, above: float = -math.inf, below: float = math.inf) -> float:
        """Return a finite number of at least `least`, above `above` and below `below`."""
        value = self._value
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self._other("a number")
        if not (is_finite(value) and value >= least and above < value < below):
            raise self.fault(f"{value!r:.40} is not allowed here", why=f"Allowed is {_range(least, above, below)}.")
        return float(value)

    def fault(self, what: str, why: str = "", next_step: str = "") -> SpecError:
        """Return the error about this value."""
        position = self._document.position(self._pointer)
        where = f"{position}".rstrip()
        return SpecError(
            what, where=where, why=why, next_step=next_step or f"fix {self._document.file}", code="ci.config"
        )

    def _other(self, wanted: str) -> SpecError:
        found = "nothing" if self._value is None else _WORDS.get(type(self._value), type(self._value).__name__)
        return self.fault(f"This should be {wanted}, and it is {found}")


def _range(least: float, above: float, below: float) -> str:
    parts = [f"at least {least:g}"] if math.isfinite(least) else []
    parts += [f"more than {above:g}"] if math.isfinite(above) else []
    parts += [f"less than {below:g}"] if math.isfinite(below) else []
    return " and ".join(parts) or "a finite number"
