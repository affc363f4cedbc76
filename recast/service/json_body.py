"""Bodies are read as strictly as every other document of a stranger, and only if they say that they are JSON."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from recast.errors import InputError, RecastError, UsageError
from recast.json_types import JsonValue
from recast.strictjson import parse_json

__all__ = ["DeskRoute", "Refusal", "StrictRequest"]


class Refusal(HTTPException):
    """A RecastError on its way through a framework that lets only its own exceptions pass."""

    def __init__(self, error: RecastError) -> None:
        super().__init__(400, error.what)
        self.error = error


class StrictRequest(Request):
    """A request whose JSON has finite numbers, texts that are UTF-8, and bounded depth."""

    async def json(self) -> Any:
        """Return the value of the body; raises Refusal."""
        body = await self.body()
        try:
            value = parse_json(body)
            if b"\\u0000" in body and _holds_nul(value):
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


class DeskRoute(APIRoute):
    """A route that reads bodies strictly."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler of the framework, given strict requests."""
        answer = super().get_route_handler()
        takes_json = self.body_field is not None

        async def strict(request: Request) -> Response:
            _check_address(request)
            if takes_json and not _is_json(request.headers.get("content-type", "")):
                raise InputError(
                    "The body has to be JSON",
                    where="Content-Type",
                    next_step="Content-Type: application/json",
                    code="service.media-type",
                )
            return await answer(StrictRequest(request.scope, request.receive))

        return strict


def _check_address(request: Request) -> None:
    """Raise UsageError if path or query hold a NUL: no name of anything has one."""
    if "\0" in request.scope["path"] or b"%00" in request.scope["query_string"]:
        raise UsageError("The address cannot be read", why="It holds the character NUL.", code="service.unreadable")


def _holds_nul(value: JsonValue) -> bool:
    """Return whether a text in a value holds a NUL, which no database of ours can keep; depth is bounded by now."""
    if isinstance(value, dict):
        return any(_holds_nul(key) or _holds_nul(item) for key, item in value.items())
    if isinstance(value, list):
        return any(map(_holds_nul, value))
    return isinstance(value, str) and "\0" in value


def _is_json(content_type: str) -> bool:
    name = content_type.partition(";")[0].strip().lower()
    return name == "application/json" or (name.startswith("application/") and name.endswith("+json"))
