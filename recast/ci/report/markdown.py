"""Text of strangers in Markdown: it must not become a link, a mention, HTML, or a row of its own.

Forges look for mentions (`@name`), references (`#1`, `!1`), and bare addresses after Markdown is rendered, so escaping
with a backslash is not enough: only code is left alone, and in prose an invisible joiner keeps the parts apart. It also
stands before what would be a heading, a list or a quick action (`/merge`) at the beginning of a line.
"""

from __future__ import annotations

import re

from recast.terminal_safe import visible

__all__ = ["block", "code", "prose"]

_JOINER = "\u2060"
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&$^])")
_FIRST = re.compile(r"^(?=[-+=#/:]|\d+[.)])")
_MENTIONS = re.compile(r"([@#!~%$&^*])(?=[\w\"'])")
_ADDRESS = re.compile(r"(?i)(www(?=\.)|mailto(?=:)|[a-z][a-z0-9+.-]{1,30}(?=://))")
_RUNS = re.compile(r"`+")


def code(text: str, most: int = 200, *, in_table: bool = False) -> str:
    """Return a text as one span of code, whatever is in it; in a table its bars are escaped."""
    line = _line(text, most)
    longest = max((len(run) for run in _RUNS.findall(line)), default=0)
    fence = "`" * (longest + 1)
    padded = f" {line} " if line.startswith("`") or line.endswith("`") or not line.strip() else line
    span = f"{fence}{padded or ' '}{fence}"
    # Where a backslash stands before a bar, GitHub and GitLab would take ours for the escape of that backslash.
    return span.replace("\\|", f"\\{_JOINER}|").replace("|", "\\|") if in_table else span


def prose(text: str, most: int = 600) -> str:
    """Return a text as plain words on one line."""
    line = _ADDRESS.sub(rf"\1{_JOINER}", _MENTIONS.sub(rf"\1{_JOINER}", _line(text, most)))
    return _SPECIAL.sub(r"\\\1", _FIRST.sub(_JOINER, line))


def block(text: str, most: int = 2000) -> str:
    """Return a text as a block of code of its own."""
    body = visible(text, most)
    longest = max((len(run) for run in _RUNS.findall(body)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{body}\n{fence}"


def _line(text: str, most: int) -> str:
    return visible(" ".join(text.split()), most)
