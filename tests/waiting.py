"""How tests wait: until a condition holds, which ends the wait early, with a bound that only what hangs reaches."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

__all__ = ["BOUND_S", "NotInTime", "until", "until_async"]

BOUND_S = 900.0
"""More than ten times what anything that we wait for has taken on a quiet machine."""

_PAUSE_S = 0.02


class NotInTime(AssertionError):
    """A condition did not hold within its bound."""


def until(condition: Callable[[], object], what: str = "the condition", bound_s: float = BOUND_S) -> None:
    """Wait until a condition holds; raise NotInTime with `what` if it does not in time."""
    give_up_at = time.monotonic() + bound_s
    while not condition():
        if time.monotonic() > give_up_at:
            raise NotInTime(f"{what}: not within {bound_s:g} s")
        time.sleep(_PAUSE_S)


async def until_async(condition: Callable[[], object], what: str = "the condition", bound_s: float = BOUND_S) -> None:
    """Wait as `until` does, and let other tasks go on meanwhile."""
    give_up_at = time.monotonic() + bound_s
    while not condition():
        if time.monotonic() > give_up_at:
            raise NotInTime(f"{what}: not within {bound_s:g} s")
        await asyncio.sleep(_PAUSE_S)
