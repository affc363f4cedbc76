"""Rules on the text of a spec's files, parsed or not: secrets, and deceptive characters."""

from __future__ import annotations

import re
import sys
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from recast.json_types import JsonValue
from recast.secret_text import Secret, in_line, in_pair, may_hold
from recast.spec.findings import Finding
from recast.spec.model import Position
from recast.spec.source import Document, segment

__all__ = ["SpecText", "check_text"]

_COMMENT = re.compile(r"(?:^|\s)#(?P<text>.*)")
_DECEIVES = re.compile(
    "[\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\u3164\ufeff\uffa0\U000e0000-\U000e007f]"
)
"""Characters without width, or that change the direction of the following text."""

_NOT_A_VALUE = frozenset({"outputmap", "publish"})
"""Keys below which a text is the name of something."""


MOST_FINDINGS = 200
"""The most findings of one kind that are shown for one file."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A secret, the line from which to search for its text, and its key if it is in a value."""

    secret: Secret
    line: int
    key: str | None = None
    excerpt: str = ""


@dataclass(frozen=True)
class SpecText:
    """A file of a spec: its name below the toplevel, its lines, and its parsed content if it could be parsed."""

    file: str
    lines: tuple[str, ...] = field(repr=False)
    document: Document | None = field(repr=False, default=None)

    @cached_property
    def whole(self) -> str:
        """Return the lines as one text, to see quickly what is nowhere in it."""
        return "\n".join(self.lines)

    def position(self, line: int) -> Position:
        """Return a place in a line (counted from 1), with the key of the last value that starts at or above it."""
        above = bisect(self._starts, (line, sys.maxsize))
        return Position(self.file, line, self._starts[above - 1][2] if above else "")

    @cached_property
    def _starts(self) -> list[tuple[int, int, str]]:
        lines = self.document.lines if self.document is not None else {}
        return sorted((number, len(pointer), pointer) for pointer, number in lines.items())

    def line_of(self, excerpt: str, start: int) -> int:
        """Return the first line from `start` on that holds an excerpt, or `start`."""
        for number in range(start, len(self.lines) + 1):
            if excerpt in self.lines[number - 1]:
                return number
        return start


def check_text(text: SpecText) -> tuple[list[Finding], set[str]]:
    """Return the findings on a text, at most `MOST_FINDINGS` of each kind, and all secrets, which must not be shown."""
    findings = list(islice(_deceiving(text), MOST_FINDINGS))
    secrets: set[str] = set()
    shown: set[tuple[int, str]] = set()
    for found in _secrets(text):
        secrets.add(found.secret.value)
        if len(shown) >= MOST_FINDINGS:
            continue
        line = text.line_of(found.excerpt, found.line)
        secrets.update(_key_lines(found.secret, text, line))
        if (line, found.secret.kind) not in shown:
            shown.add((line, found.secret.kind))
            place = text.position(line) if found.key is None else Position(text.file, line, found.key)
            what = f"This looks like a secret: {found.secret.kind}"
            findings.append(Finding("spec.secret", what, place, next_step="Revoke it, and remove it from the spec."))
    return findings, secrets


def _deceiving(text: SpecText) -> Iterator[Finding]:
    for number, line in enumerate(() if text.whole.isascii() else text.lines, 1):
        found = None if line.isascii() else _DECEIVES.search(line, 1 if number == 1 and line[0] == "\ufeff" else 0)
        if found is not None:
            what = f"The line has the invisible character U+{ord(found[0]):04X}"
            place = text.position(number)
            yield Finding("spec.invisible-character", what, place, next_step="Remove the character.")


def _secrets(text: SpecText) -> Iterator[_Found]:
    """Return the secrets in values first, then those in comments, and in the lines of a file that cannot be read."""
    if not may_hold(text.whole):
        return
    if text.document is not None:
        yield from _in_value(text.document, text.document.value, "", "")
    for number, line in enumerate(text.lines, 1):
        comment = _COMMENT.search(line) if text.document is not None else None
        if comment is not None or text.document is None:
            for secret in in_line(comment["text"] if comment is not None else line):
                yield _Found(secret, number)


def _in_value(document: Document, value: JsonValue, key: str, pointer: str) -> Iterator[_Found]:
    if isinstance(value, dict):
        name = value.get("key")
        for entry, item in value.items():
            label = name if entry == "value" and isinstance(name, str) else str(entry)
            yield from _in_value(document, item, label, f"{pointer}/{segment(entry)}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _in_value(document, item, key, f"{pointer}/{index}")
    elif isinstance(value, str):
        line = document.lines.get(pointer, 1)
        if not _NOT_A_VALUE.intersection(pointer.split("/")) and "\n" not in value.strip():
            yield from (_Found(secret, line, pointer, value.strip()) for secret in in_pair(key, value))
        for part in value.split("\n"):
            yield from (_Found(secret, line, pointer, part.strip()) for secret in in_line(part))


def _key_lines(secret: Secret, text: SpecText, line: int) -> Iterator[str]:
    """Return the lines of a private key, given the one that it starts in."""
    if secret.kind == "a private key":
        for following in text.lines[line : line + 200]:
            if "-----END" in following:
                break
            if following.strip():
                yield following.strip()
