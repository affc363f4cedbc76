"""Expand patterns with `*`, `?`, `[...]` or `**` as yadage does, which uses glob2.

Both the worker, which stores files, and the publishers, which name them, use this module, so that they cannot disagree.
Patterns are untrusted: each name is examined once per part, without backtracking.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple, Protocol

__all__ = ["Folder", "expand", "fits", "has_magic", "plain"]


class Folder(Protocol):
    """A tree of files, seen by paths relative to its top as a pattern spells them (`./sub//`); `""` is the top."""

    def names(self, path: str) -> Iterable[str]:
        """Return the names in a folder, links followed; nothing if there is none."""

    def exists(self, path: str) -> bool:
        """Return whether a file, folder or link is there; a path with a slash at its end must be a folder."""

    def is_link(self, path: str) -> bool:
        """Return whether the last part of a path is a symbolic link."""


def has_magic(text: str) -> bool:
    """Return whether a text is a pattern rather than a path."""
    return any(letter in text for letter in "*?[")


def plain(path: str) -> str:
    """Return a path without empty parts and dots: `./sub//deep/` is `sub/deep`."""
    return "/".join(part for part in path.split("/") if part not in ("", "."))


def expand(pattern: str, folder: Folder) -> list[str]:
    """Return the matches of a pattern, each once, sorted, in the pattern's notation: `./*.txt` gives `./a.txt`.

    A text that is not a pattern matches itself, if it exists. Hidden names only match explicit patterns. `**` names
    linked folders and does not walk through them; it passes over what is hidden where it begins, not further down.
    """
    if not has_magic(pattern):
        return [pattern] if folder.exists(pattern) else []
    parts = pattern.split("/")
    first = next(index for index, part in enumerate(parts) if has_magic(part))
    found = ["/".join(parts[:first]).rstrip("/")]
    # Empty parts mean nothing, but for the last one, which asks for folders.
    *steps, last = [part for part in parts[first:-1] if part] + parts[-1:]
    for part in steps:
        found = list(
            dict.fromkeys(_below(found, folder, itself=True) if part == "**" else _matched(part, found, folder))
        )
    return sorted(set(_below(found, folder, itself=False) if last == "**" else _matched(last, found, folder)))


def fits(name: str, part: str) -> bool:
    """Return whether a name matches one part of a pattern, including hidden names."""
    *pieces, last = _pieces(part)
    at, end = 0, len(name) - last.length
    for number, piece in enumerate(pieces):
        # What a star leaves out is as short as can be: then most is left for those behind it.
        look = piece.letters.search if number else piece.letters.match
        found = look(name, at, end)
        if found is None:
            return False
        at = found.end()
    return (at <= end if pieces else end == 0) and last.letters.match(name, end) is not None


def _matched(part: str, bases: Iterable[str], folder: Folder) -> Iterator[str]:
    if not has_magic(part):
        yield from (path for base in bases if folder.exists(path := _join(base, part)))
        return
    for base in bases:
        for name in folder.names(base):
            if (part.startswith(".") or not name.startswith(".")) and fits(name, part):
                yield _join(base, name)


def _below(bases: Iterable[str], folder: Folder, *, itself: bool) -> Iterator[str]:
    """Yield all that lies below some folders. A folder that was walked is not walked again from further down."""
    walked: set[str] = set()
    for base in sorted(bases):
        if itself:
            yield base
        todo = [] if base in walked else [base]
        while todo:
            here = todo.pop()
            for name in folder.names(here):
                if here == base and name.startswith("."):
                    continue
                path = _join(here, name)
                yield path
                if path not in walked and not folder.is_link(path):
                    walked.add(path)
                    todo.append(path)


def _join(base: str, name: str) -> str:
    return base + name if not base or base.endswith("/") else f"{base}/{name}"


class _Piece(NamedTuple):
    """What stands between two stars of a part: an expression for so many letters."""

    letters: re.Pattern[str]
    length: int


@lru_cache(maxsize=1024)
def _pieces(part: str) -> tuple[_Piece, ...]:
    pieces: list[list[str]] = [[]]
    at = 0
    while at < len(part):
        letter = part[at]
        at += 1
        if letter == "*":
            pieces.append([])
        elif letter == "?":
            pieces[-1].append(".")
        elif letter == "[" and (end := part.find("]", at + (2 if part.startswith("!", at) else 1))) > 0:
            pieces[-1].append(_one_of(part[at:end]))
            at = end + 1
        else:
            pieces[-1].append(re.escape(letter))
    return tuple(_Piece(re.compile("".join(letters), re.DOTALL), len(letters)) for letters in pieces)


def _one_of(letters: str) -> str:
    """Return the regular expression of `[letters]`; a range that runs backwards holds nothing."""
    is_not, letters = letters.startswith("!"), letters.removeprefix("!")
    known, at = "", 0
    while at < len(letters):
        is_range = letters.startswith("-", at + 1) and at + 2 < len(letters)
        last = letters[at + 2] if is_range else letters[at]
        if letters[at] <= last:
            known += f"{re.escape(letters[at])}-{re.escape(last)}"
        at += 3 if is_range else 1
    if not known:
        return "." if is_not else "(?!)"
    return f"[{'^' if is_not else ''}{known}]"
