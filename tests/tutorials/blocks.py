"""The code blocks of a tutorial: what to type, and what is then shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Block", "blocks", "missing"]

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """Commands for a shell, and the lines that their output must hold."""

    line: int
    commands: str
    shown: tuple[str, ...] = ()


def blocks(page: Path) -> Iterator[Block]:
    """Yield the `sh` blocks of a page, each with the `text` block that follows it; other kinds are not allowed."""
    text = page.read_text(encoding="utf-8")
    assert text.count("```") % 2 == 0
    waiting: Block | None = None
    for found in _FENCE.finditer(text):
        kind, content = found.groups()
        if kind == "text" and waiting is not None:
            yield Block(waiting.line, waiting.commands, tuple(content.splitlines()))
            waiting = None
            continue
        assert kind == "sh", f"{page.name}: a block of kind {kind!r} is not tested"
        if waiting is not None:
            yield waiting
        waiting = Block(text[: found.start()].count("\n") + 2, content)
    if waiting is not None:
        yield waiting


def missing(shown: tuple[str, ...], output: str) -> list[str]:
    """Return the lines that no line of the output holds; blanks count once, `…` stands for anything."""
    lines = [" ".join(line.split()) for line in output.splitlines()]
    return [line for line in shown if not any(_pattern(line).search(own) for own in lines)]


def _pattern(line: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part.strip()) for part in " ".join(line.split()).split("…")))
