"""Lines of the log of the dispatcher's processes. A log that cannot be written stops nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress

from recast.moments import now

__all__ = ["say", "unfailing"]


def say(text: str) -> None:
    """Write a line with its time to stderr, if that is possible."""
    with suppress(OSError, ValueError):  # the disk is full, the reader is gone, the file is closed
        print(f"{now()} {text}", file=sys.stderr, flush=True)


def unfailing(say: Callable[[str], None]) -> Callable[[str], None]:
    """Return what says the same, and goes on if that is not possible."""

    def quietly(text: str) -> None:
        with suppress(OSError, ValueError):
            say(text)

    return quietly
