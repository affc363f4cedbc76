"""Talking to one service of a grid: TLS with our credentials, bounded answers, errors in our words."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from recast.errors import ExecutorError, RecastError
from recast.executors.grid.credentials import Credentials
from recast.worker.remote.guard import may_carry_secrets

if TYPE_CHECKING:
    import httpx2

__all__ = ["MOST_ANSWER_BYTES", "Peer", "Session"]

MOST_ANSWER_BYTES = 64 << 20
_MOST_WORDS = 300
_PATIENCE = 3.0
_LEAST_BYTES_PER_S = 1024
_UNAUTHORISED = (401, 403)
# How the library says that the other side ended a connection; its other protocol errors are about what was said.
_ENDED = ("disconnected", "closed connection")


@dataclass(frozen=True, slots=True)
class Peer:
    """Whom a session talks to, for its messages, and what is particular to that service.

    `name` follows an article (`computing element`); `owner` is the executor whose settings name it, `setting` the flag
    with its address. `prefix` comes before each path, `headers` go with each request. `strangers` is what it answers,
    with whatever status, to a user whom it does not know; `unknown` is in a refusal (403) that has nothing to do with
    who asks. `why_cut` says what it may mean that it cuts a connection.
    """

    name: str
    owner: str
    setting: str
    prefix: str
    why_cut: str
    headers: Mapping[str, str] = field(default_factory=dict)
    strangers: str = ""
    unknown: str = ""


class Session:
    """Requests to one endpoint. A connection is made anew when the credentials' file changes.

    Every call raises CredentialsProblem for credentials that are missing, expired or not accepted, and ExecutorError
    for an endpoint that cannot be reached, is not who it should be, or answers nonsense.
    """

    def __init__(self, endpoint: str, credentials: Credentials, timeout_s: float, connections: int, peer: Peer) -> None:
        self.endpoint = endpoint.rstrip("/")
        if not may_carry_secrets(self.endpoint):
            raise ExecutorError(
                f"A {peer.name} would get our credentials in the clear",
                where=self.endpoint,
                why="Everyone on the way could read and use them, or its address is none.",
                next_step=f"give its https:// address: {peer.setting}",
            )
        self._peer = peer
        self._credentials = credentials
        self._timeout_s = timeout_s
        self._connections = connections
        self._client: httpx2.AsyncClient | None = None
        self._retired: list[httpx2.AsyncClient] = []
        self._changing = asyncio.Lock()
        self._stamp: tuple[int, int, int] | None = None

    async def ask(
        self,
        method: str,
        path: str,
        content: bytes | AsyncIterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        timeout_s: float | None = None,
        fine: tuple[int, ...] = (200, 201, 202),
        again: bool = True,
    ) -> tuple[int, bytes]:
        """Return the status and the body of an answer whose status is in `fine`.

        A connection that was shut is opened once more, unless the request must not be made twice (`again`).
        """
        for is_last in (not again, True):
            try:
                async with self.stream(method, path, content, headers, timeout_s=timeout_s, fine=fine) as answer:
                    return answer.status_code, await self.read(answer)
            except _Cut:
                if is_last:
                    raise
        raise AssertionError("unreachable")

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        path: str,
        content: bytes | AsyncIterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        timeout_s: float | None = None,
        fine: tuple[int, ...] = (200,),
    ) -> AsyncIterator[httpx2.Response]:
        """Yield an answer whose body was not read yet."""
        import httpx2

        client = await self._ready()
        url = f"{self.endpoint}{self._peer.prefix}{path}"
        every = {"Accept": "application/json", **self._peer.headers, **self._credentials.headers(), **(headers or {})}
        limit = httpx2.Timeout(timeout_s or self._timeout_s, connect=min(10.0, self._timeout_s), pool=None)
        # A head that drips in meets no limit of a socket; what is sent from a file takes the time that it takes.
        patience_s = _PATIENCE * (timeout_s or self._timeout_s)
        try:
            async with AsyncExitStack() as stack:
                try:
                    async with asyncio.timeout(patience_s) as head:
                        body = _counted(content, head, patience_s) if isinstance(content, AsyncIterable) else content
                        trace = {"trace": _closer()}
                        sent = client.stream(method, url, content=body, headers=every, timeout=limit, extensions=trace)
                        answer = await stack.enter_async_context(sent)
                except TimeoutError as problem:
                    raise self._slow("the head of its answer does not end") from problem
                if answer.status_code not in fine:
                    raise self._refusal(answer.status_code, answer.reason_phrase, await self.read(answer))
                yield answer
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL, ssl.SSLError) as problem:
            raise self._trouble(problem) from problem

    async def read(self, answer: httpx2.Response, most_bytes: int = MOST_ANSWER_BYTES) -> bytes:
        """Return the body of an answer; raise ExecutorError if it is longer than it may be."""
        body = bytearray()
        async for chunk in self.pieces(answer):
            body += chunk
            if len(body) > most_bytes:
                raise self.nonsense(f"an answer of more than {most_bytes} bytes")
        return bytes(body)

    async def pieces(self, answer: httpx2.Response) -> AsyncIterator[bytes]:
        """Yield the body of an answer as it comes; raise ExecutorError if that is far too slow."""
        came, waited_s, patience_s = 0, 0.0, _PATIENCE * self._timeout_s
        pieces = answer.aiter_bytes()
        while True:
            began = time.monotonic()
            try:
                async with asyncio.timeout(patience_s):  # bytes may come of which none is the body's
                    piece = await anext(pieces, b"")
            except TimeoutError as problem:
                raise self._slow("its answer does not go on") from problem
            if not piece:
                return
            waited_s += time.monotonic() - began
            came += len(piece)
            if waited_s > patience_s and came < waited_s * _LEAST_BYTES_PER_S:
                raise self._slow(f"{came} bytes came in {waited_s:.0f} s")
            yield piece

    def _slow(self, why: str) -> ExecutorError:
        return ExecutorError(f"The {self._peer.name} does not answer in time", where=self.endpoint, why=why)

    def nonsense(self, why: str) -> ExecutorError:
        """Return the error for an answer that is none."""
        return ExecutorError(f"The {self._peer.name} answers nonsense", where=self.endpoint, why=why)

    async def close(self) -> None:
        """Shut the connections."""
        for client in (*self._retired, *([self._client] if self._client else [])):
            await client.aclose()
        self._client, self._retired = None, []

    async def _ready(self) -> httpx2.AsyncClient:
        """Return a client with the credentials as they are now."""
        async with self._changing:
            stamp = self._credentials.stamp()
            if self._client is None or stamp != self._stamp:
                await self._renew()
                self._stamp = stamp
        self._credentials.check()
        assert self._client is not None
        return self._client

    async def _renew(self) -> None:
        """Make a client with new credentials; requests under way keep the old one."""
        import httpx2

        context = await asyncio.to_thread(self._credentials.context)
        limits = httpx2.Limits(max_connections=self._connections, max_keepalive_connections=self._connections)
        if self._client is not None:
            self._retired.append(self._client)
        self._client = httpx2.AsyncClient(verify=context, limits=limits, trust_env=False)

    def _refusal(self, code: int, phrase: str, body: bytes) -> RecastError:
        said = " ".join(f"{phrase} {body[:_MOST_WORDS].decode(errors='replace')}".split())
        is_about_us = code in _UNAUTHORISED and not (self._peer.unknown and self._peer.unknown in said)
        if is_about_us or (self._peer.strangers and self._peer.strangers in said):
            return self._credentials.refused(f"{self.endpoint} says: {code} {said}")
        return ExecutorError(f"The {self._peer.name} answers {code}", where=self.endpoint, why=said)

    def _trouble(self, problem: Exception) -> RecastError:
        import httpx2

        why = str(problem) or type(problem).__name__
        if "CERTIFICATE_VERIFY_FAILED" in why:
            return ExecutorError(
                f"The {self._peer.name} is not who it should be",
                where=self.endpoint,
                why=why,
                next_step=f"ask its site which authority signed for it, and put that into ca_dir of {self._peer.owner}",
            )
        if "ALERT" in why:
            return self._credentials.refused(why)
        if isinstance(problem, httpx2.TimeoutException):
            return ExecutorError(f"The {self._peer.name} does not answer in time", where=self.endpoint, why=why)
        if isinstance(problem, httpx2.RemoteProtocolError) and not any(word in why for word in _ENDED):
            return self.nonsense(why)
        if isinstance(problem, (httpx2.ReadError, httpx2.RemoteProtocolError)):
            return _Cut(
                f"The {self._peer.name} cut the connection",
                where=self.endpoint,
                why=self._peer.why_cut,
                next_step=f"try again; if that does not help, look at the credentials: {self._credentials.look}",
            )
        return ExecutorError(f"The {self._peer.name} cannot be reached", where=self.endpoint, why=why)


async def _counted(content: AsyncIterable[bytes], head: asyncio.Timeout, patience_s: float) -> AsyncIterator[bytes]:
    """Yield what is sent; the time for the head of the answer begins when all of it is out."""
    head.reschedule(None)
    async for piece in content:
        yield piece
    head.reschedule(asyncio.get_running_loop().time() + patience_s)


def _closer() -> Callable[[str, Mapping[str, Any]], Awaitable[None]]:
    """Return a hook for one request that closes its connection if a cancel ends the handshake of TLS.

    The library closes it after errors only; it would stay open until somebody collects the garbage.
    """
    opened: list[Any] = []

    async def hear(event: str, info: Mapping[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            opened[:] = [info["return_value"]]
        elif event == "connection.start_tls.failed" and opened:
            await opened.pop().aclose()

    return hear


class _Cut(ExecutorError):
    """A connection ended in the middle, perhaps because the other side had had enough of its silence."""
