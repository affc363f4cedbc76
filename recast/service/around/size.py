"""Bodies are bounded: by what they announce before the first byte is read, and by what they are."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recast.errors import InputError
from recast.service.http.problems import problem_response
from recast.service.http.refusal import Refusal

__all__ = [
    "FORMS",
    "LARGE",
    "MOST_FORM_BYTES",
    "MOST_JSON_BYTES",
    "MOST_UPLOAD_BYTES",
    "SMALL_BYTES",
    "BodyLimit",
    "most_bytes",
    "too_large",
]

MOST_JSON_BYTES = 8 << 20
"""2,000 points with 40 values each have 3 MB."""

SMALL_BYTES = 64 << 10
"""Documents that hold no points."""

MOST_UPLOAD_BYTES = 512 << 20
"""The ledger has a bound of its own, which may be lower."""

_UPLOADS = "/api/v1/uploads"
_CHECK = "POST /api/v1/check"
LARGE = frozenset(
    {
        _CHECK,
        "POST /api/v1/requests",
        "PATCH /api/v1/requests/{id}",
        "POST /api/v1/requests/{id}/actions",  # answers from elsewhere
    }
)
"""Routes whose documents hold points; strangers may only have them checked."""

MOST_FORM_BYTES = 4 << 20
FORMS = frozenset({"POST /check", "POST /requests/new", "POST /requests/{id}", "POST /requests/{id}/edit"})
"""Pages whose forms hold points, files or long texts: a letter takes up to twelve bytes in a form. A stranger's body is
as long: whose session has ended meanwhile gets back what they wrote.
"""


def most_bytes(route: str, *, known: bool) -> int:
    """Return how long a body may be for a route (method and pattern), by whether somebody has logged in."""
    if route in FORMS:
        return MOST_FORM_BYTES
    return MOST_JSON_BYTES if route in LARGE and (known or route == _CHECK) else SMALL_BYTES


def too_large(most: int) -> InputError:
    """Return the error for a body that is longer than it may be."""
    return InputError(
        f"The body has more than {most} bytes",
        why="Bodies are bounded so that nobody can fill the memory of the service.",
        next_step="send less at once: files go to POST /api/v1/uploads, one at a time",
        code="service.too-large",
    )


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
        except Refusal:
            if counted.answered:
                raise
            await self._refuse(most)(scope, receive, send)

    def _refuse(self, most: int) -> ASGIApp:
        return problem_response(too_large(most), self._prefix, {"Connection": "close"})


class _Counted:
    """Counts what is received, and notes whether the answer has begun."""

    def __init__(self, receive: Receive, send: Send, most: int) -> None:
        self._receive, self._send, self._left, self._most = receive, send, most, most
        self.answered = False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                raise Refusal(too_large(self._most))
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
