"""Many requests at a time, but not too many."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

__all__ = ["gather"]

T = TypeVar("T")


async def gather(work: Iterable[Awaitable[T]], at_a_time: int) -> list[T]:
    """Return the results in order; if something raises, the rest is still done, and then the first error raised."""
    free = asyncio.Semaphore(at_a_time)

    async def one(each: Awaitable[T]) -> T:
        async with free:
            return await each

    results = await asyncio.gather(*map(one, work), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if not isinstance(result, BaseException)]
