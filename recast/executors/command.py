"""Run commands as processes that are guaranteed to end."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

__all__ = ["Answer", "gather", "run_command"]

T = TypeVar("T")


async def gather(work: Iterable[Awaitable[T]], at_a_time: int) -> list[T]:
    """Return the results in order; if one raises, the rest still completes, and then the first error is raised."""
    free = asyncio.Semaphore(at_a_time)

    async def one(each: Awaitable[T]) -> T:
        async with free:
            return await each

    results = await asyncio.gather(*map(one, work), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if not isinstance(result, BaseException)]


_LET_GO_S = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a command; `raw` is its unmodified standard output."""

    code: int
    raw: bytes
    err: str

    @property
    def out(self) -> str:
        """Standard output as text."""
        return self.raw.decode(errors="replace")

    @property
    def why(self) -> str:
        """The end of standard error, in one line."""
        return "; ".join(line.strip() for line in self.err.splitlines() if line.strip())[-500:]


async def run_command(*argv: str, env: Mapping[str, str], timeout_s: float, text: str = "") -> Answer:
    """Run a command to its end, with `text` on its standard input.

    Raises OSError if it cannot be started, and TimeoutError if it takes too long, after killing it.
    """
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=env,
        start_new_session=True,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(text.encode()), timeout_s)
    finally:
        await _end(process)
    assert process.returncode is not None
    return Answer(process.returncode, out, err.decode(errors="replace"))


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill a command that is still running, with all its descendants."""
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), _LET_GO_S)
