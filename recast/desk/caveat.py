"""What is said of answers that rest on a version which is no longer simply published."""

from __future__ import annotations

from recast.terminal_safe import one_line

__all__ = ["caveat_of"]

_LONGEST = 3000


def caveat_of(reference: str, status: str, reason: str) -> str:
    """Return what is said of answers that rest on a version: empty if it is simply published, or cannot be read here:
    that is no fault of the answers.
    """
    if status in ("published", "damaged"):
        return ""
    return one_line(f"{reference} is {status}: {reason}" if reason else f"{reference} is {status}", _LONGEST)
