"""Slurm's commands, each with a bound on its time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from recast.errors import ExecutorError
from recast.executors.command import Answer, run_command

__all__ = ["Commands"]


class Commands:
    """Runs commands in one environment; counts them."""

    def __init__(self, env: Mapping[str, str], timeout_s: float) -> None:
        self._env = dict(env)
        self._timeout_s = timeout_s
        self.calls: dict[str, int] = {}

    async def run(self, *argv: str, text: str = "", env: Mapping[str, str] | None = None) -> Answer:
        """Run a command to its end; raise ExecutorError if it cannot be started or takes too long."""
        self.calls[argv[0]] = self.calls.get(argv[0], 0) + 1
        try:
            return await run_command(*argv, env={**self._env, **(env or {})}, timeout_s=self._timeout_s, text=text)
        except TimeoutError:
            raise _unable(argv, f"it did not answer within {self._timeout_s:g} s", "scontrol ping") from None
        except OSError as problem:
            raise _unable(argv, f"{problem.strerror}: {argv[0]}", "install Slurm's client commands") from problem


def _unable(argv: Sequence[str], why: str, next_step: str) -> ExecutorError:
    return ExecutorError(
        f"Slurm cannot be asked: {argv[0]} failed", where="executor slurm", why=why, next_step=next_step
    )
