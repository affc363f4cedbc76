"""Read the output of a running job with condor_tail, since the bindings cannot contact a starter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from recast.errors import ExecutorError
from recast.executors.command import run_command

__all__ = ["tail"]

_BOUND_S = 20.0
_AHEAD_BYTES = 1 << 20
_MOST_BYTES = 1 << 26
_CONFIGURATIONS = ("/etc/condor/condor_config", "/usr/local/etc/condor_config")
_IS_NOT_RUNNING = re.compile(r"No such job|Failed to peek|starter", re.IGNORECASE)


async def tail(program: str, env: Mapping[str, str], schedd: str, native_id: str, offset: int) -> bytes | None:
    """Return what a job has written from `offset` on, None if it has ended in the meantime. condor_tail returns the end
    of a file without its offset, so the whole file is requested, up to 64 MB.

    Raises ExecutorError if the program is missing or fails.
    """
    if "CONDOR_CONFIG" not in env and not any(Path(place).exists() for place in _CONFIGURATIONS):
        env = {**env, "CONDOR_CONFIG": "ONLY_ENV"}  # unlike the bindings, it does not work without one
    most_bytes = offset + _AHEAD_BYTES
    while most_bytes <= _MOST_BYTES:
        argv = [program, "-name", schedd, "-maxbytes", str(most_bytes), native_id]
        try:
            answer = await run_command(*argv, env=env, timeout_s=_BOUND_S)
        except TimeoutError:
            return None
        except OSError as problem:
            raise _unable(program, f"{problem.strerror}: {program}") from problem
        if answer.code:
            if _IS_NOT_RUNNING.search(answer.err):
                return None
            raise _unable(program, answer.why)
        if len(answer.raw) < most_bytes:
            return answer.raw[offset:]
        most_bytes *= 4
    raise _unable(program, f"the log is longer than {_MOST_BYTES // 1_000_000} MB")


def _unable(program: str, why: str) -> ExecutorError:
    return ExecutorError(
        "What the job writes cannot be shown while it runs",
        where=program,
        why=f"{why}. The log will be here when the job has ended.",
        next_step="name HTCondor's condor_tail, if it is elsewhere: RECAST_HTCONDOR_CONDOR_TAIL",
    )
