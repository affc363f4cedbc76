"""How many jobs are with the executor at once: as many as it takes, or what it does within a moment.

An executor runs jobs in the order in which it got them. So what it holds in advance goes before everything that becomes
ready later, such as the next step of a point whose first one has just ended. Jobs of a millisecond need many in
advance, so that no slot waits for the driver; jobs of a second need one, whose files are staged in meanwhile, or none
where a point waits for its next step. Pure.
"""

from __future__ import annotations

from datetime import datetime

from recast.jobs import Outcome

__all__ = ["Pace"]

_AHEAD_S, _AHEAD_OF_POINTS_S = 0.25, 0.02
"""How much work is given in advance; where points wait, what hides the way to the driver and back."""
_WEIGHT = 0.25


class Pace:
    """The number of jobs that an executor may have now, at most `most`.

    `slots` is how many it runs at once; 0 for a batch system, which has a queue and an order of its own.
    """

    def __init__(self, most: int, slots: int) -> None:
        self._most = most
        self._slots = slots
        self._mean_s: float | None = None

    def heard(self, outcome: Outcome) -> None:
        """Learn from a job that has ended how long such jobs take; the newest count most."""
        if self._slots:
            taken = _seconds(outcome)
            known = taken if self._mean_s is None else self._mean_s
            self._mean_s = known + _WEIGHT * (taken - known)

    def most(self, *, points: bool) -> int:
        """Return how many jobs it may have; as many as it has slots, while nobody knows how long they take.

        `points` says that what is to be submitted belongs to one of many sub-workflows, each of which is to end soon.
        """
        if not self._slots:
            return self._most
        if self._mean_s is None:
            return min(self._most, self._slots)
        ahead_s, least = (_AHEAD_OF_POINTS_S, 0) if points else (_AHEAD_S, self._slots)
        ahead = int(self._slots * ahead_s / max(self._mean_s, 1e-4))
        return min(self._most, self._slots + max(ahead, least))


def _seconds(outcome: Outcome) -> float:
    """Return how long an attempt took; 0 if a stranger's node wrote no times, or its clock was set."""
    try:
        taken = (datetime.fromisoformat(outcome.ended) - datetime.fromisoformat(outcome.started)).total_seconds()
    except (ValueError, TypeError):
        return 0.0
    return max(0.0, taken)
