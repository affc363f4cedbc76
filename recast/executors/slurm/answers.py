"""Parse the output of Slurm's commands strictly: one malformed line invalidates the whole answer. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from recast.errors import ExecutorError
from recast.executors.command import Answer, run_command
from recast.executors.slurm.ranges import split_job_id

__all__ = [
    "SACCT_FORMAT",
    "SQUEUE_FORMAT",
    "Commands",
    "Row",
    "config_of",
    "nodes_of",
    "sacct_rows",
    "squeue_rows",
    "submitted_id",
]


class Commands:
    """Runs commands in a fixed environment, and counts them."""

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


SQUEUE_FORMAT = "%i|%T|%N|%j|%r"
SACCT_FORMAT = "JobID,State,NodeList,JobName,ExitCode"
_ID = re.compile(r"(\d{1,18})(?:;[\w.-]+)?", re.ASCII)
_CONFIG = re.compile(r"(\w+)\s*=\s?(.*)")


@dataclass(frozen=True, slots=True)
class Row:
    """Jobs of one array in one state. `indexes` is None for a record of the whole array."""

    array: str
    indexes: tuple[int, ...] | None
    state: str
    host: str
    name: str
    reason: str = ""
    exit_code: str = ""


def submitted_id(text: str) -> str:
    """Return the id that `sbatch --parsable` printed, on the last line after output of plug-ins; raise ValueError."""
    lines = text.split()
    match = _ID.fullmatch(lines[-1]) if lines else None
    if match is None:
        raise ValueError(f"not a job id: {text[:200]!r}")
    return match[1]


def squeue_rows(text: str) -> Iterator[Row]:
    """Yield the rows of squeue in `SQUEUE_FORMAT`; raise ValueError for a malformed line."""
    for job_id, state, host, name, reason in _fields(text, 5):
        base, indexes = split_job_id(job_id)
        yield Row(base, indexes, state, _host(host), name, reason)


def sacct_rows(text: str) -> Iterator[Row]:
    """Yield the rows of `sacct --parsable2` in `SACCT_FORMAT`; raise ValueError for a malformed line."""
    for job_id, state, host, name, exit_code in _fields(text, 5):
        if "." in job_id or "+" in job_id:
            continue  # a step, or part of a heterogeneous job: ignored
        base, indexes = split_job_id(job_id)
        yield Row(base, indexes, state, _host(host), name, "", exit_code)


def config_of(text: str) -> dict[str, str]:
    """Return the values that `scontrol show config` prints."""
    found = (_CONFIG.fullmatch(line.strip()) for line in text.splitlines())
    return {match[1]: match[2].strip() for match in found if match}


def nodes_of(text: str) -> dict[str, str]:
    """Return host name -> node name from `sinfo --Node --format=%N|%n`, with and without the domain."""
    found: dict[str, str] = {}
    for node, host in _fields(text, 2):
        for name in (node, host):
            found[name] = node
            found.setdefault(name.partition(".")[0], node)
    return found


def _fields(text: str, count: int) -> Iterator[list[str]]:
    for line in text.split("\n"):
        if not line:
            continue
        fields = line.split("|", count - 1)
        if len(fields) != count:
            raise ValueError(f"not {count} fields: {line[:200]!r}")
        yield [field.strip() for field in fields]


def _host(text: str) -> str:
    return "" if text in ("(null)", "None assigned", "n/a") else text
