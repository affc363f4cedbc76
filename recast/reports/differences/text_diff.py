"""Line-by-line differences of texts, with limits, since the files are untrusted; pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from recast.counted import counted

__all__ = ["MOST_BYTES", "bytes_changed", "text_changed"]

MOST_BYTES = 256 << 10
"""For a larger file only its size is reported."""
_MOST_LINES = 4000
_CONTEXT = 2


def text_changed(before: str, after: str) -> list[str]:
    """Return the lines that differ, marked `-` and `+`, with two lines of context and `@@` positions."""
    old, new = before.splitlines(), after.splitlines()
    if max(len(old), len(new)) > _MOST_LINES:
        return [f"{counted(len(old), 'line')} -> {counted(len(new), 'line')}, too many to compare"]
    # Skip the two header lines with file names; the caller names what is compared.
    found = list(difflib.unified_diff(old, new, n=_CONTEXT, lineterm=""))[2:]
    return found or (["only line endings differ"] if before != after else [])


def bytes_changed(before: bytes | None, after: bytes | None) -> list[str]:
    """Return the differing lines of two files (None: missing file); sizes for what is not text."""
    texts = [_text(content) for content in (before, after)]
    if None in texts:
        return [f"{_size(before)} -> {_size(after)}"]
    return list(_capped(text_changed(*[str(text) for text in texts])))


def _text(content: bytes | None) -> str | None:
    """Return a file's text, empty for a missing one; None for what is not text, or too large."""
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
