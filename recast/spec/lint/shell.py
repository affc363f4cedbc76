"""Parse a shell script roughly: its commands, without comments, blank lines and here-documents."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["commands", "is_shell"]

_SHELLS = frozenset({"sh", "bash", "dash", "ash", "ksh", "zsh"})
_HEREDOC = re.compile(r"<<-?\s*(['\"]?)(?P<word>\w+)\1")
_JOINS = ("\\", "&&", "||", "|")


def is_shell(interpreter: str) -> bool:
    """Return whether an interpreter, as written in a spec, is a shell: `bash`, `/bin/sh -x`, `/usr/bin/env zsh`."""
    words = [word.rpartition("/")[2] for word in interpreter.split()]
    return bool(words) and (words[1] if words[0] == "env" and len(words) > 1 else words[0]) in _SHELLS


def commands(script: str) -> Iterator[str]:
    """Yield the commands, each as one string; lines joined by a backslash, a pipe, &&, || or a quote are combined."""
    lines = iter(script.split("\n"))
    held: list[str] = []
    quote = ""
    for line in lines:
        if not quote and (not line.strip() or line.lstrip().startswith("#")):
            continue
        held.append(line)
        quote = _open_quote(line, quote)
        found = None if quote else _HEREDOC.search(line)
        if found:
            _skip(lines, found["word"])
        if not quote and not line.rstrip().endswith(_JOINS):
            yield "\n".join(held).strip()
            held = []
    if held:
        yield "\n".join(held).strip()


def _open_quote(line: str, quote: str) -> str:
    """Return the quote that is open at the end of a line, given the one that was open at its start."""
    escaped = False
    for at, letter in enumerate(line):
        if escaped:
            escaped = False
        elif letter == "\\" and quote != "'":
            escaped = True
        elif quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == "#" and (at == 0 or line[at - 1].isspace()):
            break
    return quote


def _skip(lines: Iterator[str], word: str) -> None:
    """Skip the lines of a here-document."""
    for line in lines:
        if line.strip() == word:
            return
