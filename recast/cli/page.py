"""Showing a Markdown page of the documentation on a terminal."""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Iterator

__all__ = ["for_terminal"]

_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")
_STRONG = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
_WIDEST, _INDENT = 100, "    "


def for_terminal(markdown: str, *, colour: bool = True, width: int | None = None) -> str:
    """Return a page with its headings in bold, its paragraphs as wide as the terminal and its examples indented."""
    columns = width or min(shutil.get_terminal_size().columns, _WIDEST)
    blocks = (_styled(kind, text, columns) for kind, text in _blocks(markdown))
    page = "\n\n".join(blocks) + "\n"
    return page if colour else re.sub(r"\x1b\[\d*m", "", page)


def _styled(kind: str, text: str, width: int) -> str:
    if kind == "code":
        return textwrap.indent(text, _INDENT)
    if kind == "heading":
        return f"\x1b[1m{text}\x1b[0m"
    plain = _LINK.sub(r"\1", " ".join(text.split()))
    filled = textwrap.fill(plain, width, break_on_hyphens=False, break_long_words=False)
    return _STRONG.sub("\x1b[1m\\1\x1b[0m", filled)


def _blocks(markdown: str) -> Iterator[tuple[str, str]]:
    """Yield the parts of a page: headings, examples without their fences, paragraphs."""
    paragraph: list[str] = []
    example: list[str] | None = None
    for line in [*markdown.splitlines(), ""]:
        if line.startswith("```"):
            if example is not None:
                yield "code", "\n".join(example)
            example = [] if example is None else None
        elif example is not None:
            example.append(line)
        elif line.startswith("#"):
            yield "heading", line.lstrip("# ")
        elif line.strip():
            paragraph.append(line)
        elif paragraph:
            yield "text", "\n".join(paragraph)
            paragraph = []
