"""Slurm's commands as processes that always end."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from recast.errors import ExecutorError

__all__ = ["Answer", "Commands"]

_LET_GO_S = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def why(self) -> str:
        """The last words on standard error, in one line."""
        return "; ".join(line.strip() for line in self.err.splitlines() if line.strip())[-500:]


class Commands:
    """Runs commands in one environment, each with a bound on its time; counts them."""

    def __init__(self, env: Mapping[str, str], timeout_s: float) -> None:
        self._env = dict(env)
        self._timeout_s = timeout_s
        self.calls: dict[str, int] = {}

    async def run(self, *argv: str, text: str = "", env: Mapping[str, str] | None = None) -> Answer:
        """Run a command to its end; raise ExecutorError if it cannot be started or takes too long."""
        self.calls[argv[0]] = self.calls.get(argv[0], 0) + 1
        try:
            process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={**self._env, **(env or {})},
                start_new_session=True,
            )
        except OSError as problem:
            raise _unable(argv, f"{problem.strerror}: {argv[0]}", "install Slurm's client commands") from problem
        try:
            out, err = await asyncio.wait_for(process.communicate(text.encode()), self._timeout_s)
        except TimeoutError:
            raise _unable(argv, f"it did not answer within {self._timeout_s:g} s", "scontrol ping") from None
        finally:
            await _end(process)
        assert process.returncode is not None
        return Answer(process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill a command that still runs, with what it started."""
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), _LET_GO_S)


def _unable(argv: Sequence[str], why: str, next_step: str) -> ExecutorError:
    return ExecutorError(
        f"Slurm cannot be asked: {argv[0]} failed", where="executor slurm", why=why, next_step=next_step
    )
