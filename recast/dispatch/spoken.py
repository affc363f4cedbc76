"""Lines of the log of the dispatcher's processes."""

from __future__ import annotations

import sys

from recast.moments import now

__all__ = ["say"]


def say(text: str) -> None:
    """Write a line with its time to stderr."""
    print(f"{now()} {text}", file=sys.stderr, flush=True)
