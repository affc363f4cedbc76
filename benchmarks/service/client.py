"""An open-loop client: requests leave when they are due, whether or not earlier ones were answered.

A closed loop waits for a slow answer before it asks again, and so hides the very moments that are measured. Latency is
counted from when a request was due.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Answered", "Load", "open_loop", "poisson"]


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer: what kind of request it was, seconds from when it was due, and its status (0: none came)."""

    kind: str
    seconds: float
    status: int


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked at which time from the start: kind and path."""

    at: float
    kind: str
    path: str


def poisson(draw: random.Random, rate: float, seconds: float) -> list[float]:
    """Return the times of independent arrivals at a rate."""
    times, now = [], draw.expovariate(rate)
    while now < seconds:
        times.append(now)
        now += draw.expovariate(rate)
    return times


def open_loop(host: str, port: int, load: Sequence[Load]) -> list[Answered]:
    """Send all requests at their times; return the answers in the order of the requests."""
    return asyncio.run(_all(host, port, load))


async def _all(host: str, port: int, load: Sequence[Load]) -> list[Answered]:
    pool: list[_Connection] = []
    start = time.perf_counter()

    async def one(item: Load) -> Answered:
        due = start + item.at
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        connection = pool.pop() if pool else _Connection(host, port)
        try:
            status = await connection.get(item.path)
        except OSError:
            return Answered(item.kind, time.perf_counter() - due, 0)
        taken = time.perf_counter() - due
        pool.append(connection)
        return Answered(item.kind, taken, status)

    answers = await asyncio.gather(*(one(item) for item in load))
    for connection in pool:
        connection.close()
    return answers


class _Connection:
    """A connection that stays open; just enough of HTTP/1.1 to cost next to nothing."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> int:
        """Ask for a path, read the whole answer, and return its status.

        A server closes connections that were idle for long: then, as any client does, it asks again on a new one.
        """
        kept = self._streams is not None
        try:
            return await self._get(path)
        except (asyncio.IncompleteReadError, ConnectionError) as problem:
            if not kept or getattr(problem, "partial", b""):
                raise ConnectionError(str(problem)) from problem
            self.close()
            self._streams = None
            return await self._get(path)

    async def _get(self, path: str) -> int:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port, limit=1 << 22)
        reader, writer = self._streams
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nAccept: */*\r\n\r\n".encode())
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        if "transfer-encoding: chunked" in head:
            await _chunks(reader)
        else:
            length = int(head.partition("content-length:")[2].split("\r\n")[0] or 0)
            await reader.readexactly(length)
        return int(head.split()[1])

    def close(self) -> None:
        """Close it."""
        if self._streams is not None:
            self._streams[1].close()


async def _chunks(reader: asyncio.StreamReader) -> None:
    while size := int(await reader.readuntil(b"\r\n"), 16):
        await reader.readexactly(size + 2)
    await reader.readuntil(b"\r\n")
