"""The JSONPath expressions with which stages refer to each other, as far as they can be checked without running.

`name`, `name[*].sub`, `name.[*].sub`, `name[0].sub`, `a,b` and `*`; a comma binds tighter than a dot, as in
jsonpath_rw, which yadage uses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

__all__ = ["MAX_PATH_CHARS", "PathError", "Segment", "parse_path"]

T = TypeVar("T")

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<name>[A-Za-z_@][A-Za-z0-9_@-]*) |
        (?P<quoted>'[^'\\]*'|"[^"\\]*") |
        (?P<index>\[\s*(?:\*|-?\d{1,9}|(?:-?\d{1,9})?\s*:\s*(?:-?\d{1,9})?)\s*\]) |
        (?P<mark>[.,*$])
    )\s*""",
    re.VERBOSE,
)
_BEYOND = re.compile(r"\.\.|[|&()`\\]|\[['\"A-Za-z_]|\bwhere\b")
"""What jsonpath_rw supports but is not checked here, outside quotes."""

_QUOTED = re.compile(r"'[^'\\]*'" r'|"[^"\\]*"')


MAX_PATH_CHARS = 20_000
"""The longest path: a union of a thousand stages fits."""


class PathError(ValueError):
    """The text is not a JSONPath."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One level of scope: the stages it names (`*` for all), and whether an index follows.

    `start` and `stop` bound the instances as in a Python slice; `[*]` and no index at all mean every one.
    """

    names: tuple[str, ...]
    indexed: bool = False
    start: int | None = field(default=None, compare=False)
    stop: int | None = field(default=None, compare=False)

    def pick(self, items: Sequence[T]) -> Sequence[T]:
        """Return the instances that the index means."""
        return items if self.start is None and self.stop is None else items[self.start : self.stop]


def parse_path(path: str) -> tuple[Segment, ...] | None:
    """Return the levels of a path, or None if it uses more of JSONPath than is checked here; raise PathError."""
    if len(path) > MAX_PATH_CHARS:
        raise PathError(f"is a path of {len(path)} characters, more than {MAX_PATH_CHARS}")
    if _BEYOND.search(_QUOTED.sub("''", path)):
        return None
    segments: list[Segment] = []
    for part in _parts(path):
        if isinstance(part, str):
            if not segments:
                return None
            segments[-1] = Segment(segments[-1].names, True, *_bounds(part[1:-1].strip()))
        else:
            segments.append(Segment(part))
    if not segments:
        raise PathError(f"{path!r} names no stage")
    return tuple(segments)


def _bounds(index: str) -> tuple[int | None, int | None]:
    """Return start and stop of `*`, `3`, `-1` or `1:3` as of a slice."""
    if index == "*":
        return None, None
    if ":" not in index:
        return int(index), int(index) + 1 or None
    start, stop = (int(bound) if bound.strip() else None for bound in index.split(":"))
    return start, stop


def _parts(path: str) -> Iterator[str | tuple[str, ...]]:
    """Return indexes as `[...]`, and the names between two dots as a tuple; the dots are checked and dropped."""
    names: list[str] = []
    expects = "start"
    for kind, text in _tokens(path):
        joins = (expects, kind) in {("start", "name"), ("dot", "name"), ("comma", "name")}
        if joins:
            names.append(text)
            expects = "more"
        elif text == "," and expects == "more" and names:
            expects = "comma"
        elif (text, expects) in {(".", "more"), ("$", "start")}:
            if names:
                yield tuple(names)
            names, expects = [], "dot" if text == "." else "more"
        elif kind == "index" and expects in ("start", "more", "dot"):
            if names:
                yield tuple(names)
            names, expects = [], "more"
            yield text
        else:
            raise PathError(f"{path!r} is not a path: {text!r} cannot stand there")
    if expects in ("dot", "comma"):
        raise PathError(f"{path!r} is not a path: it ends too early")
    if names:
        yield tuple(names)


def _tokens(path: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(path):
        found = _TOKEN.match(path, at)
        if found is None:
            raise PathError(f"{path!r} is not a path: {path[at]!r} cannot stand there")
        at = found.end()
        kind = str(found.lastgroup)
        text = found.group(kind)
        if kind == "quoted":
            yield "name", text[1:-1]
        else:
            yield ("name" if kind == "name" or text == "*" else kind), text
