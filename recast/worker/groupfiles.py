"""The small files of control groups, read and written by single system calls."""

from __future__ import annotations

import os

__all__ = ["entry_of", "lines_of", "read_text", "write_text"]


def read_text(path: str) -> str:
    """Return the text of a file, stripped; nothing if it cannot be read."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        return os.read(fd, 65536).decode().strip()
    except OSError:  # the group is gone
        return ""
    finally:
        os.close(fd)


def lines_of(path: str) -> list[str]:
    """Return the lines of a file of any length; raise OSError."""
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read().split("\n")[:-1]


def entry_of(path: str, name: str) -> int:
    """Return the number after `name` in a file of such lines, 0 if there is none."""
    return next((int(line.split()[1]) for line in read_text(path).splitlines() if line.startswith(name + " ")), 0)


def write_text(path: str, text: str) -> None:
    """Write a text by one call; raise OSError."""
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)
