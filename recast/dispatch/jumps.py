"""Whether the clock has jumped: it was set, or the machine slept. Then leases seem to be over that are not."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["Jumps"]

_MOST_S = 5.0
"""Clocks drift apart by less between two looks."""


class Jumps:
    """Compares two clocks at each look: one that tells the time, one that only goes forwards and stops in sleep."""

    def __init__(
        self,
        calm_s: float,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """After a jump, the clocks count as unsettled for `calm_s`."""
        self._calm_s, self._wall, self._steady = calm_s, wall, steady
        self._apart = wall() - steady()
        self._settled_at = 0.0

    def settled(self) -> bool:
        """Return whether there was no jump of late: whoever lives has said so since."""
        now, apart = self._steady(), self._wall() - self._steady()
        if abs(apart - self._apart) > _MOST_S:
            self._settled_at = now + self._calm_s
        self._apart = apart
        return now >= self._settled_at
