"""Holm's correction for looking at many quantities."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["holm"]


def holm(probabilities: Sequence[float]) -> list[float]:
    """Return the corrected probabilities, in the same order.

    If those below alpha are called significant, the probability of one or more false calls in the whole family is at
    most alpha, however the quantities depend on each other (S. Holm, 1979).
    """
    count, highest = len(probabilities), 0.0
    corrected = [0.0] * count
    for rank, index in enumerate(sorted(range(count), key=probabilities.__getitem__)):
        highest = max(highest, min(1.0, (count - rank) * probabilities[index]))
        corrected[index] = highest
    return corrected
