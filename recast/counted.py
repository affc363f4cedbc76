"""A count with its noun: `1 job`, `2 jobs`; and the verb that fits it."""

from __future__ import annotations

__all__ = ["are", "counted"]


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return such as `1 job` or `1,200 jobs`; `plural` where an s is not enough."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def are(number: int) -> str:
    """Return `is` for one, `are` for any other number."""
    return "is" if number == 1 else "are"
