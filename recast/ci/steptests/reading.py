"""Strict reading of maps in YAML: every key is known, every value has its type, every fault has file and line."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

from recast.errors import SpecError
from recast.json_types import JsonDict, JsonValue, is_finite
from recast.spec.shapes import kind_of
from recast.spec.source import Document, segment
from recast.suggest import did_you_mean

__all__ = ["Here"]

_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{0,30})?[eE][+-]?[0-9]{1,3}")


@dataclass(frozen=True, slots=True)
class Here:
    """One value of a document, with its JSON pointer."""

    document: Document
    pointer: str
    value: JsonValue

    def refuse(self, what: str, next_step: str = "", why: str = "") -> NoReturn:
        """Raise SpecError about this value."""
        where = str(self.document.position(self.pointer))
        raise SpecError(what, where=where, why=why, next_step=next_step, code="steptest.invalid")

    def keys(self, known: Collection[str], what: str) -> Mapping[str, Here]:
        """Return the entries of a map that may have only the `known` keys."""
        found = self.map(what)
        for key, here in found.items():
            if key not in known:
                here.refuse(f"Unknown key {key!r} in {what}", did_you_mean(key, known, what="keys"))
        return found

    def map(self, what: str) -> Mapping[str, Here]:
        """Return the entries of a map with keys of text."""
        if not isinstance(self.value, dict):
            self.refuse(f"{what[:1].upper()}{what[1:]} is {_a(self.value)}, and has to be a map")
        for key in self.value:
            if not isinstance(key, str):
                self.refuse(f"The key {key!r} in {what} is not text", "Quote it.")
        return {key: self.child(key) for key in self.value}

    def items(self, what: str) -> Iterator[Here]:
        """Yield the items of a list."""
        if not isinstance(self.value, list):
            self.refuse(f"{what[:1].upper()}{what[1:]} is {_a(self.value)}, and has to be a list")
        yield from (self.child(index) for index in range(len(self.value)))

    def child(self, key: str | int) -> Here:
        """Return an entry of a map or an item of a list."""
        return Here(self.document, f"{self.pointer}/{segment(key)}", self.value[key])

    def text(self, what: str, most: int = 10_000) -> str:
        """Return a text that is not empty."""
        if not isinstance(self.value, str) or not self.value:
            self.refuse(f"{what[:1].upper()}{what[1:]} is {_a(self.value)}, and has to be a text")
        if len(self.value) > most:
            self.refuse(f"{what[:1].upper()}{what[1:]} has {len(self.value)} characters, more than {most}")
        return self.value

    def texts(self, what: str) -> tuple[str, ...]:
        """Return one text, or a list of texts."""
        return tuple(it.text(what) for it in self.items(what)) if isinstance(self.value, list) else (self.text(what),)

    def integer(self, what: str, least: int, most: int) -> int:
        """Return a whole number between two bounds."""
        if not isinstance(self.value, int) or isinstance(self.value, bool) or not least <= self.value <= most:
            self.refuse(f"{what[:1].upper()}{what[1:]} has to be a whole number from {least} to {most}")
        return self.value

    def number(self, what: str, least: float = -math.inf) -> float:
        """Return a finite number; YAML reads 1e-3 as a text, because it has no point."""
        value = float(self.value) if isinstance(self.value, str) and _NUMBER.fullmatch(self.value) else self.value
        if not is_finite(value) or value < least:
            self.refuse(f"{what[:1].upper()}{what[1:]} has to be a number" + (" of 0 or more" if least == 0 else ""))
        return float(value)

    def flag(self, what: str) -> bool:
        """Return true or false."""
        if not isinstance(self.value, bool):
            self.refuse(f"{what[:1].upper()}{what[1:]} has to be true or false")
        return self.value

    def json(self, what: str) -> JsonValue:
        """Return a value that JSON can hold."""
        if isinstance(self.value, dict):
            made: JsonDict = {key: here.json(what) for key, here in self.map(what).items()}
            return made
        if isinstance(self.value, list):
            return [here.json(what) for here in self.items(what)]
        if isinstance(self.value, float) and not math.isfinite(self.value):
            self.refuse(f"{self.value} is not a number of JSON")
        if self.value is not None and not isinstance(self.value, (str, int, float, bool)):
            self.refuse(f"YAML reads {self.value!s:.40} as {_a(self.value)}", f"Quote it: '{self.value!s:.40}'")
        return self.value


def _a(value: JsonValue) -> str:
    kind = kind_of(value)
    return kind if kind in ("null", "text") else f"a {kind}"
