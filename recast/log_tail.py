"""The last lines of a log of any length."""

from __future__ import annotations

from pathlib import Path

__all__ = ["last_lines"]


def last_lines(log: Path, lines: int, most_bytes: int = 8192) -> list[str]:
    """Return the last `lines` of a file, within its last `most_bytes`; an empty list if it cannot be read."""
    try:
        with log.open("rb") as reader:
            reader.seek(max(0, log.stat().st_size - most_bytes))
            text = reader.read(most_bytes).decode(errors="replace")
    except OSError:
        return []
    return text.splitlines()[-lines:]
