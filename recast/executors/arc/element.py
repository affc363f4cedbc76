"""One computing element: what its REST interface lets us do with jobs and their files."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from recast.errors import ExecutorError
from recast.executors.arc import answers
from recast.executors.arc.answers import Creation, Deed, Listing
from recast.executors.arc.states import STATES
from recast.executors.grid.session import Peer, Session

__all__ = ["PEER", "ComputingElement", "TooLarge", "size_bytes_of"]

_SPOKEN = ("1.1", "1.0")
_CREATION_S_PER_JOB = 1.0
_IDS_PER_CALL = 5000
_CHUNK_BYTES = 1 << 20
_MOST_PEEK_BYTES = 1 << 20
_MOST_WORDS_BYTES = 1 << 20
T = TypeVar("T")

PEER = Peer(
    name="computing element",
    owner="arc",
    setting="--arc-endpoints",
    prefix="/rest",
    why_cut="It does that while it starts again, and to whoever has credentials that it cannot verify.",
    # A-REX answers so to a user whom it maps to nobody.
    strangers="User can't be assigned configuration",
)
"""A-REX, for the messages of its session."""


class TooLarge(Exception):
    """A file is larger than it may be."""


class ComputingElement:
    """Jobs and files of one endpoint; raises what `Session` raises."""

    def __init__(self, session: Session, timeout_s: float) -> None:
        self._session = session
        self._timeout_s = timeout_s
        self._base = "/1.0"

    @property
    def endpoint(self) -> str:
        """Where it is."""
        return self._session.endpoint

    async def connect(self) -> None:
        """Agree on a version and see whether we are let in."""
        _, body = await self._session.ask("GET", "")
        offered = self._read(answers.versions, body)
        spoken = [version for version in _SPOKEN if version in offered]
        if not spoken:
            raise ExecutorError(
                "The computing element speaks another version of the interface",
                where=self._session.endpoint,
                why=f"it speaks {', '.join(offered) or 'none'}; RECAST speaks {' and '.join(_SPOKEN)}",
                next_step="check the endpoint: it ends in /arex at most sites",
            )
        self._base = f"/{spoken[0]}"
        await self._session.ask("GET", f"{self._base}/delegations")

    async def create(self, description: str, count: int) -> list[Creation]:
        """Create jobs; if this raises anything but CredentialsProblem, it is not known whether it did."""
        _, body = await self._session.ask(
            "POST",
            f"{self._base}/jobs?action=new",
            description.encode(),
            {"Content-Type": "application/rsl"},
            timeout_s=self._timeout_s + count * _CREATION_S_PER_JOB,
            again=False,
        )
        return self._read(answers.creations, body)

    async def states(self, wanted: Iterable[str] = STATES) -> dict[str, str]:
        """Return id -> state of all of our jobs in the states `wanted`, as A-REX itself has it at this moment."""
        _, body = await self._session.ask("GET", f"{self._base}/jobs?state={','.join(wanted)}")
        return {deed.job: deed.state for deed in self._read(answers.deeds, body)}

    async def act(self, action: str, jobs: Sequence[str]) -> dict[str, Deed]:
        """Do something to jobs: status, kill, clean, restart. What is told of a state may be a minute old."""
        found: dict[str, Deed] = {}
        for start in range(0, len(jobs), _IDS_PER_CALL):
            named = {"job": [{"id": job} for job in jobs[start : start + _IDS_PER_CALL]]}
            _, body = await self._session.ask(
                "POST",
                f"{self._base}/jobs?action={action}",
                json.dumps(named).encode(),
                {"Content-Type": "application/json"},
            )
            found.update((deed.job, deed) for deed in self._read(answers.deeds, body))
        return found

    async def diagnose(self, job: str, item: str) -> str:
        """Return what A-REX has written down about a job: `failed`, `errors`, `diag`, `local`; empty if nothing."""
        async with self._session.stream("GET", f"{self._job(job)}/diagnose/{item}", fine=(200, 404)) as answer:
            body = await self._session.read(answer) if answer.status_code == 200 else b""
        return body[-_MOST_WORDS_BYTES:].decode(errors="replace")

    async def delegate(self, sign: Callable[[bytes], bytes]) -> str:
        """Hand over a proxy of ours, made of the request that `sign` is given; return its id there."""
        pem = {"Content-Type": "application/x-pem-file"}
        async with self._session.stream("POST", f"{self._base}/delegations?action=new", fine=(200, 201)) as answer:
            request = await self._session.read(answer)
            # A-REX 6.17 has the question in the middle of the address.
            name = answer.headers.get("Location", "").rstrip("/").rpartition("/")[2]
        if not name.isalnum():
            raise self._session.nonsense(f"it calls a delegation {name!r}")
        certificate = await asyncio.to_thread(sign, request)
        await self._session.ask("PUT", f"{self._base}/delegations/{name}", certificate, pem)
        return str(name)

    # files of a job ---------------------------------------------------------------------------------------------

    async def put(self, job: str, name: str, path: Path) -> bool:
        """Upload a file into a job's session folder; return False if it no longer takes any."""
        size_bytes = size_bytes_of(path)
        headers = {"Content-Length": str(size_bytes), "Content-Type": "application/octet-stream"}
        for attempt in (1, 2):
            try:
                code, _ = await self._session.ask(
                    "PUT", self._file(job, name), _chunks(path, size_bytes), headers, fine=(200, 201, 404), again=False
                )
                return code != 404
            except ExecutorError:
                if attempt == 2:
                    raise
        raise AssertionError("unreachable")

    async def size_bytes(self, job: str, name: str) -> int | None:
        """Return how long a file in a job's session folder is, None if there is none."""
        async with self._session.stream("HEAD", self._file(job, name), fine=(200, 404)) as answer:
            if answer.status_code == 404:
                return None
            return int(answer.headers.get("Content-Length") or 0)

    async def ls(self, job: str, folder: str) -> Listing | None:
        """Return what a folder of a job holds, None if there is none."""
        # Without the slash at the end a file of that name would be sent.
        code, body = await self._session.ask("GET", f"{self._file(job, folder)}/", fine=(200, 404))
        return self._read(answers.listing, body) if code == 200 else None

    async def fetch(self, job: str, name: str, target: Path, most_bytes: int) -> int:
        """Bring a file home, whole or not at all; return its size. Raises TooLarge, and OSError for a disk of ours."""
        temporary = target.with_name(target.name + ".part")
        done = 0
        try:
            async with self._session.stream("GET", self._file(job, name)) as answer:
                promised = int(answer.headers.get("Content-Length") or -1)
                if promised > most_bytes:
                    raise TooLarge
                with temporary.open("wb") as file:
                    async for chunk in self._session.pieces(answer):
                        done += len(chunk)
                        if done > most_bytes:
                            raise TooLarge
                        await asyncio.to_thread(file.write, chunk)
            if promised not in (-1, done):
                raise self._session.nonsense(f"{name} ended after {done} of {promised} bytes")
            temporary.replace(target)
        finally:
            with suppress(FileNotFoundError):
                temporary.unlink()
        return done

    async def peek(self, job: str, name: str, offset: int) -> bytes | None:
        """Return a file of a job from `offset` on, at most 1 MB; None if there is no such file."""
        headers = {"Range": f"bytes={offset}-{offset + _MOST_PEEK_BYTES - 1}"}
        fine = (200, 206, 404, 416)
        async with self._session.stream("GET", self._file(job, name), headers=headers, fine=fine) as answer:
            if answer.status_code == 404:
                return None
            if answer.status_code == 416:
                return b""
            body = await self._session.read(answer)
        return body if answer.status_code == 206 else body[offset : offset + _MOST_PEEK_BYTES]

    async def close(self) -> None:
        """Shut the connections."""
        await self._session.close()

    def _job(self, job: str) -> str:
        return f"{self._base}/jobs/{quote(job, safe='')}"

    def _file(self, job: str, name: str) -> str:
        return f"{self._job(job)}/session/{quote(name)}"

    def _read(self, parse: Callable[[bytes], T], body: bytes) -> T:
        try:
            return parse(body)
        except (ValueError, RecursionError) as problem:
            raise self._session.nonsense(str(problem)) from problem


def size_bytes_of(path: Path) -> int:
    """Return how long an input is; raise ExecutorError."""
    try:
        return path.stat().st_size
    except OSError as problem:
        raise ExecutorError.of(problem, "An input of a job cannot be read", path, "recast resume") from problem


async def _chunks(path: Path, size_bytes: int) -> AsyncIterator[bytes]:
    """Yield the bytes of a file, as many as were promised."""
    with path.open("rb") as file:
        while size_bytes > 0:
            chunk = await asyncio.to_thread(file.read, min(_CHUNK_BYTES, size_bytes))
            if not chunk:
                raise ExecutorError("An input of a job became shorter while it was sent", where=str(path))
            size_bytes -= len(chunk)
            yield chunk
