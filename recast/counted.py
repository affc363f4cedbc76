"""A count with its noun (`1 job`, `2 jobs`), and the verb that agrees with it."""

from __future__ import annotations

__all__ = ["are", "counted"]


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return `1 job` or `1,200 jobs`; give `plural` where adding an s is not enough."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def are(number: int) -> str:
    """Return `is` for 1 and `are` for every other number."""
    return "is" if number == 1 else "are"
