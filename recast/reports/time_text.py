"""Times and durations as text."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["ago", "clock", "duration"]


def duration(seconds: float) -> str:
    """Return a duration as text: `45 s`, `12 min`, `3.5 h`, `2.1 d`."""
    for unit, size in (("d", 86_400), ("h", 3600)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{max(0.0, seconds):.0f} s"


def clock(time: float) -> str:
    """Return a time in seconds since the epoch as UTC, such as `2026-11-22 21:05:09Z`."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def ago(time: float, now: float) -> str:
    """Return how long ago and since when, such as `for 12 min, since 2026-11-22 21:05:09Z`."""
    return f"for {duration(now - time)}, since {clock(time)}"
