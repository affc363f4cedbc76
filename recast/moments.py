"""Moments as text: `2026-01-31T12:00:00Z`, UTC, to the second; such texts sort by time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

__all__ = ["moment", "now", "plus", "seconds_between"]

_FORM = "%Y-%m-%dT%H:%M:%SZ"


def moment(epoch_s: float) -> str:
    """Return a time in seconds since 1970 as text."""
    return datetime.fromtimestamp(epoch_s, UTC).strftime(_FORM)


def now() -> str:
    """Return the current moment, by the clock of this machine."""
    return datetime.now(UTC).strftime(_FORM)


def plus(start: str, seconds: float) -> str:
    """Return the moment some seconds after another."""
    return (_read(start) + timedelta(seconds=seconds)).strftime(_FORM)


def seconds_between(earlier: str, later: str) -> float:
    """Return the seconds from one moment to another."""
    return (_read(later) - _read(earlier)).total_seconds()


def _read(text: str) -> datetime:
    return datetime.strptime(text, _FORM).replace(tzinfo=UTC)
