"""How many signals a step fits: enough that its start is small beside its fits, and as many in each; pure.

A step starts Python and imports pyhf, which takes a second; a signal takes from a fiftieth of a second to minutes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

__all__ = ["seconds_each", "shares"]

CLS_S, LIMITS_S, TOY_S = 0.02, 0.15, 0.03
"""Seconds of a core for a signal: its CLs; its upper limits; a toy experiment of either hypothesis."""
WORTH_S = 2.5
"""What a step should have to do beside its start."""

Item = TypeVar("Item")


def seconds_each(*, upper_limits: bool, toys: int) -> float:
    """Return about how long a signal takes."""
    return CLS_S + LIMITS_S * upper_limits + TOY_S * toys


def shares(items: Sequence[Item], each_s: float) -> list[list[Item]]:
    """Return the items in parts whose sizes differ by one at most.

    There is an even number of parts, unless there is only one item, so that two cores end at once. Neighbours go into
    different parts: fits of a corner of the plane are slower than others.
    """
    wanted = math.ceil(len(items) * each_s / WORTH_S)
    parts = min(len(items), max(2, wanted + wanted % 2))
    return [list(items[start::parts]) for start in range(parts)]
