"""The secrets of a job in its log: read before it starts, blotted out when it has ended."""

from __future__ import annotations

import mmap
import os
from collections.abc import Sequence

from recast.worker.failure import Failure

__all__ = ["blot_out", "read_secrets"]

_LEAST_BYTES = 4
_LEAST_LINE_BYTES = 8
"""Shorter ones would be found in many a word."""
_MOST_BYTES = 1 << 20


def read_secrets(paths: Sequence[str]) -> list[bytes]:
    """Return what must not stand in a log: each secret as a whole, and its lines, the longest first. Raises Failure."""
    found: set[bytes] = set()
    for path in paths:
        try:
            with open(path, "rb") as file:
                content = file.read(_MOST_BYTES).strip()
        except OSError as problem:
            name = os.path.basename(path)
            raise Failure("authentication", f"the secret {name} cannot be read here: {problem.strerror}") from None
        found.add(content)
        found.update(line.strip() for line in content.split(b"\n") if len(line.strip()) >= _LEAST_LINE_BYTES)
    return sorted((text for text in found if len(text) >= _LEAST_BYTES), key=lambda text: (-len(text), text))


def blot_out(path: str, secrets: Sequence[bytes]) -> None:
    """Overwrite secrets in a file by as many stars, in place: whoever follows it stays where they are."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return  # there is no log, or the payload has put something else in its place
    try:
        if not os.fstat(fd).st_size:
            return
        with mmap.mmap(fd, 0) as text:
            for secret in secrets:
                place = text.find(secret)
                while place >= 0:
                    text[place : place + len(secret)] = b"*" * len(secret)
                    place = text.find(secret, place + len(secret))
    finally:
        os.close(fd)
