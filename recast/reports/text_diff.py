"""The text of what changed, line by line, within bounds: strangers' files may be anything; pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from recast.counted import counted

__all__ = ["MOST_BYTES", "bytes_changed", "text_changed"]

MOST_BYTES = 256 << 10
"""A larger file is told of by its size alone."""
_MOST_LINES = 4000
_CONTEXT = 2


def text_changed(before: str, after: str) -> list[str]:
    """Return the lines that differ, `-` and `+`, with two around them and `@@` where they are."""
    old, new = before.splitlines(), after.splitlines()
    if max(len(old), len(new)) > _MOST_LINES:
        return [f"{counted(len(old), 'line')} -> {counted(len(new), 'line')}, too many to compare"]
    # The two heads name files; what is compared is named by the caller.
    found = list(difflib.unified_diff(old, new, n=_CONTEXT, lineterm=""))[2:]
    return found or (["only the ends of lines differ"] if before != after else [])


def bytes_changed(before: bytes | None, after: bytes | None) -> list[str]:
    """Return the lines that differ of two files, None for one that is not there; sizes for what is not text."""
    texts = [_text(content) for content in (before, after)]
    if None in texts:
        return [f"{_size(before)} -> {_size(after)}"]
    return list(_capped(text_changed(*[str(text) for text in texts])))


def _text(content: bytes | None) -> str | None:
    """Return a file's text, empty for one that is not there; None for what is not text, or too large."""
    if content is None:
        return ""
    if len(content) > MOST_BYTES or b"\0" in content:
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _size(content: bytes | None) -> str:
    return "nothing" if content is None else counted(len(content), "byte")


def _capped(lines: list[str], most: int = 200) -> Iterator[str]:
    yield from lines[:most]
    if len(lines) > most:
        yield f"... and {len(lines) - most:,} more lines"
