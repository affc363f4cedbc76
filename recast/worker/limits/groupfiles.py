"""The small files of control groups, read and written by single system calls."""

from __future__ import annotations

import os

__all__ = ["KeptFile", "entry_of", "lines_of", "number_of", "read_text", "write_text"]


class KeptFile:
    """A file that is read (and with `writes` written) again and again: it is opened once, when it is first needed."""

    def __init__(self, path: str, *, writes: bool = False) -> None:
        self._path = path
        self._flags = (os.O_RDWR if writes else os.O_RDONLY) | os.O_CLOEXEC
        self._fd: int | None = None

    def read(self) -> str:
        """Return its text, stripped; nothing if it cannot be read."""
        try:
            return os.pread(self._opened(), 65536, 0).decode().strip()
        except OSError:
            return ""

    def write(self, text: str) -> None:
        """Write a text by one call; raise OSError."""
        os.pwrite(self._opened(), text.encode(), 0)

    def close(self) -> None:
        """Let go of it; it is opened again when it is needed."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _opened(self) -> int:
        if self._fd is None:
            self._fd = os.open(self._path, self._flags)
        return self._fd


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
    return number_of(read_text(path), name)


def number_of(text: str, name: str) -> int:
    """Return the number after `name` in a text of such lines, 0 if there is none."""
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith(name + " ")), 0)


def write_text(path: str, text: str) -> None:
    """Write a text by one call; raise OSError."""
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)
