"""The driver's side of the bindings: each call has a time limit, and if one hangs, its process is ended, not the
driver.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from recast.errors import CredentialsProblem, ExecutorError
from recast.executors.batch.system import Refused
from recast.jobs import FailureClass
from recast.json_types import JsonDict

__all__ = ["Calls", "environment_of", "error_of"]

_MOST_ANSWER_BYTES = 1 << 28
_SCRIPT = Path(__file__).with_name("bindings.py")
_NOT_US = re.compile(
    r"authenticat|SECMAN:(2004|2007|2010)|permission denied|\bDENIED\b|not authorized|IDTOKENS|Expired", re.IGNORECASE
)


class Calls:
    """The bindings in a separate process, started on demand and restarted after it ended."""

    def __init__(self, environ: Mapping[str, str], schedd: str, bound_s: float, advice: str = "") -> None:
        self._environ = dict(environ)
        self._schedd = schedd
        self._bound_s = bound_s
        self._advice = advice
        self._process: asyncio.subprocess.Process | None = None
        self._said: IO[bytes] | None = None
        self._turn = asyncio.Lock()

    async def ask(self, call: str, *, bound_s: float = 0, **arguments: Any) -> Any:
        """Make one call and return its answer.

        Raises CredentialsProblem if our credentials are rejected, Refused for a submission that was undone, else
        ExecutorError. A call that exceeds its time limit, or is cancelled, ends the process.
        """
        bound_s = bound_s or self._bound_s
        line = json.dumps({"call": call, "arguments": {"schedd": self._schedd, **arguments}}).encode() + b"\n"
        async with self._turn:
            try:
                answer = await asyncio.wait_for(self._exchange(line), bound_s)
            except TimeoutError:
                await self._end()
                why = f"it did not answer within {bound_s:.0f} s"
                raise self._error(f"The schedd of HTCondor cannot be asked to {call}", why) from None
            except BaseException:
                await self._end()
                raise
        if "error" in answer:
            raise error_of(call, answer["kind"], answer["error"], self._where)
        return answer["value"]

    async def close(self) -> None:
        """End the process."""
        await self._end()

    async def _exchange(self, line: bytes) -> JsonDict:
        if self._process is None or self._process.returncode is not None:
            self._process = await self._start()
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        with suppress(ConnectionError):
            process.stdin.write(line)
            await process.stdin.drain()
        raw = await process.stdout.readline()
        if not raw.endswith(b"\n"):
            await process.wait()
            last_words = self._last_words()
            raise self._error("The process with HTCondor's bindings ended during a call", last_words)
        answer: JsonDict = json.loads(raw)
        return answer

    async def _start(self) -> asyncio.subprocess.Process:
        self._close_said()
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", str(_SCRIPT)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=self._said,
            env=self._environ,
            limit=_MOST_ANSWER_BYTES,
            start_new_session=True,  # Ctrl-C is for the driver
        )

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            if process.stdin is not None:
                process.stdin.close()
        self._close_said()

    def _close_said(self) -> None:
        if self._said is not None:
            self._said.close()
            self._said = None

    def _last_words(self) -> str:
        if self._said is None:
            return ""
        size = os.fstat(self._said.fileno()).st_size
        return os.pread(self._said.fileno(), 2000, max(0, size - 2000)).decode(errors="replace").strip()

    @property
    def _where(self) -> str:
        return self._schedd or "the schedd of this pool"

    def _error(self, what: str, why: str) -> ExecutorError:
        return ExecutorError(
            what, where=self._where, why=why, next_step=self._advice or "recast executors check htcondor"
        )


def error_of(call: str, kind: str, words: str, where: str) -> ExecutorError | CredentialsProblem:
    """Return the error for a failed call, from the answer of the bindings."""
    words = " ".join(words.split())[:1000]
    if kind == "ModuleNotFoundError":
        return ExecutorError(
            "HTCondor's Python bindings are not installed",
            why=words,
            next_step="pip install 'recast-framework[htcondor]'",
        )
    if kind == "LookupError":
        return ExecutorError(
            "It is ambiguous which schedd to use", why=words, next_step="name one: --htcondor-schedd NAME"
        )
    if "Failed to create job ad" in words:
        return Refused(
            "HTCondor cannot parse the description of the jobs",
            failure=FailureClass.SPEC,
            where=where,
            why=words,
            next_step="recast resume RUN --htcondor-... with the named setting corrected",
        )
    if kind == "PermissionError" or _NOT_US.search(words):
        return CredentialsProblem(
            "HTCondor does not accept your credentials",
            where=where,
            why=words,
            next_step="put a new token into your token folder (condor_token_fetch), then: recast resume",
        )
    if kind == "Undone":
        return Refused("HTCondor could not receive the files of an array", where=where, why=words)
    return ExecutorError(
        f"HTCondor cannot be asked ({call})", where=where, why=words, next_step="recast executors check htcondor"
    )


def environment_of(environ: Mapping[str, str], collector: str, token_dir: str) -> dict[str, str]:
    """Return the environment of the bindings: HTCondor's configuration on this machine, with the settings on top."""
    changed = dict(environ)
    if collector:
        host = collector.partition(":")[0]
        changed |= {"_CONDOR_COLLECTOR_HOST": collector, "_CONDOR_CONDOR_HOST": host}
    if token_dir:
        changed |= {
            "_CONDOR_SEC_TOKEN_DIRECTORY": os.path.expanduser(token_dir),  # noqa: PTH111 - a string it stays
            "_CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS": "IDTOKENS",
        }
    return changed
