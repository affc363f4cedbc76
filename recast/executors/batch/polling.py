"""How often a batch system is asked, and how long one waits after it refused; pure."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Pace", "Patience"]

_GROWTH = 1.5
_SILENCE_GROWTH = 2.0
_LONGEST_SILENCE_S = 300.0


@dataclass(slots=True)
class Pace:
    """The pause between surveys: short while things happen, ever longer while nothing does, up to a bound.

    An engine that cannot be asked is asked ever more rarely, up to five minutes.
    """

    quick_s: float = 1.0
    slow_s: float = 10.0
    pause_s: float = 0.0

    def hurry(self) -> None:
        """Start anew: something was submitted."""
        self.pause_s = self.quick_s

    def after(self, changes: int) -> float:
        """Return the pause after a survey that saw this many changes."""
        self.pause_s = self.quick_s if changes else min(max(self.pause_s, self.quick_s) * _GROWTH, self.slow_s)
        return self.pause_s

    def after_silence(self) -> float:
        """Return the pause after a survey that could not be made."""
        most_s = max(_LONGEST_SILENCE_S, self.slow_s)
        self.pause_s = min(max(self.pause_s, self.quick_s) * _SILENCE_GROWTH, most_s)
        return self.pause_s


@dataclass(slots=True)
class Patience:
    """The pauses between tries of one submission, doubling up to `longest_s`, until `total_s` are used up."""

    first_s: float = 1.0
    longest_s: float = 30.0
    total_s: float = 900.0
    _used_s: float = 0.0
    _next_s: float = 0.0

    def pause(self) -> float | None:
        """Return how long to wait before the next try, None if there should be none."""
        if self._used_s >= self.total_s:
            return None
        self._next_s = min(self._next_s * 2 or self.first_s, self.longest_s)
        self._used_s += self._next_s
        return self._next_s
