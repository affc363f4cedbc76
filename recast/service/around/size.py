"""Bodies are bounded: by what they announce before the first byte is read, and by what they are."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recast.errors import InputError
from recast.service.problems import problem_response

__all__ = ["MOST_JSON_BYTES", "MOST_UPLOAD_BYTES", "BodyLimit"]

MOST_JSON_BYTES = 8 << 20
"""2,000 points with 40 values each have 3 MB."""

MOST_UPLOAD_BYTES = 512 << 20
"""The ledger has a bound of its own, which may be lower."""

_UPLOADS = "/api/v1/uploads"


class BodyLimit:
    """Answer 413 to a body that is too large, without reading it to its end."""

    def __init__(self, app: ASGIApp, prefix: str = "", json_bytes: int = MOST_JSON_BYTES) -> None:
        self._app, self._prefix, self._json_bytes = app, prefix, json_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, unless there is too much to read."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = MOST_UPLOAD_BYTES if scope["path"].removeprefix(self._prefix) == _UPLOADS else self._json_bytes
        if _announced(scope) > most:
            await self._refuse(most)(scope, receive, send)
            return
        counted = _Counted(receive, send, most)
        try:
            await self._app(scope, counted.receive, counted.send)
        except _TooLarge:
            if counted.answered:
                raise
            await self._refuse(most)(scope, receive, send)

    def _refuse(self, most: int) -> ASGIApp:
        error = InputError(
            f"The body has more than {most} bytes",
            why="Bodies are bounded so that nobody can fill the memory of the service.",
            next_step="send less at once: files go to POST /api/v1/uploads, one at a time",
            code="service.too-large",
        )
        return problem_response(error, self._prefix, {"Connection": "close"})


class _TooLarge(Exception):
    """The body goes on beyond its bound."""


class _Counted:
    """Counts what is received, and notes whether the answer has begun."""

    def __init__(self, receive: Receive, send: Send, most: int) -> None:
        self._receive, self._send, self._left = receive, send, most
        self.answered = False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                raise _TooLarge
        return message

    async def send(self, message: Message) -> None:
        self.answered = True
        await self._send(message)


def _announced(scope: Scope) -> int:
    """Return the announced length; uvicorn has refused what is no number."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and len(value) < 19:
            return int(value)
    return 0
