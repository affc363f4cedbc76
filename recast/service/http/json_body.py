"""Bodies are read as strictly as every other document of a stranger, only if they say that they are JSON, and only when
it is known who sends them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from recast.errors import InputError, UsageError
from recast.json_types import JsonValue
from recast.service.around.size import SMALL_BYTES, most_bytes, too_large
from recast.service.entrance import entered
from recast.service.http.refusal import Refusal
from recast.strictjson import parse_json

__all__ = ["DeskRoute", "OpenRoute", "StrictRequest", "holds_nul"]

_AT_ONCE_S = 20.0
_SLOWEST_BYTES_PER_S = 50_000
"""A body that comes more slowly holds a connection and memory for nothing."""


class StrictRequest(Request):
    """A request whose JSON has finite numbers, texts that are UTF-8, and bounded depth; `most` bytes of it, in time."""

    most = SMALL_BYTES

    async def body(self) -> bytes:
        """Return the body; raises Refusal if it is too long or comes too slowly."""
        if not hasattr(self, "_body"):
            try:
                async with asyncio.timeout(_AT_ONCE_S + self.most / _SLOWEST_BYTES_PER_S):
                    self._body = await self._bounded()
            except TimeoutError:
                raise Refusal(_too_slow()) from None
        return self._body

    async def json(self) -> Any:
        """Return the value of the body; raises Refusal."""
        body = await self.body()
        return await run_in_threadpool(_value_of, body) if len(body) > SMALL_BYTES else _value_of(body)

    async def _bounded(self) -> bytes:
        found = bytearray()
        async for piece in self.stream():
            found += piece
            if len(found) > self.most:
                raise Refusal(too_large(self.most))
        return bytes(found)


class DeskRoute(APIRoute):
    """A route that finds out who asks, and then reads bodies strictly."""

    async def enter(self, request: Request) -> bool:
        """Let a request in, or raise; return whether somebody has logged in."""
        return bool((await entered(request)).actor.user)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler of the framework, given strict requests."""
        answer = super().get_route_handler()
        takes_json = self.body_field is not None

        async def strict(request: Request) -> Response:
            _check_address(request)
            known = await self.enter(request)
            if takes_json and not _is_json(request.headers.get("content-type", "")):
                raise InputError(
                    "The body has to be JSON",
                    where="Content-Type",
                    next_step="Content-Type: application/json",
                    code="service.media-type",
                )
            asked = StrictRequest(request.scope, request.receive)
            asked.most = most_bytes(f"{request.method} {self.path}", known=known)
            return await answer(asked)

        return strict


class OpenRoute(DeskRoute):
    """A route that asks nobody who they are: whether the service is up, whatever is wrong with it."""

    async def enter(self, request: Request) -> bool:
        """Let everybody in."""
        return False


def _check_address(request: Request) -> None:
    """Raise UsageError if path or query hold a NUL: no name of anything has one."""
    if "\0" in request.scope["path"] or b"%00" in request.scope["query_string"]:
        raise UsageError("The address cannot be read", why="It holds the character NUL.", code="service.unreadable")


def _value_of(body: bytes) -> JsonValue:
    try:
        value = parse_json(body)
        if b"\\u0000" in body and holds_nul(value):
            raise ValueError("a text holds the character NUL")
        return value
    except ValueError as problem:
        raise Refusal(
            UsageError(
                "The body is not JSON",
                why=str(problem)[:300],
                next_step="send one JSON document in UTF-8",
                code="service.unreadable",
            )
        ) from None


def _too_slow() -> UsageError:
    return UsageError(
        "The body did not come in time",
        why=f"It has {_AT_ONCE_S:g} s, and a second more for each {_SLOWEST_BYTES_PER_S} bytes that it may have.",
        next_step="send it again, or less at once",
        code="service.too-slow",
    )


def holds_nul(value: JsonValue) -> bool:
    """Return whether a text in a value holds a NUL, which no database of ours can keep; depth is bounded by now."""
    if isinstance(value, dict):
        return any(holds_nul(key) or holds_nul(item) for key, item in value.items())
    if isinstance(value, list):
        return any(map(holds_nul, value))
    return isinstance(value, str) and "\0" in value


def _is_json(content_type: str) -> bool:
    name = content_type.partition(";")[0].strip().lower()
    return name == "application/json" or (name.startswith("application/") and name.endswith("+json"))
