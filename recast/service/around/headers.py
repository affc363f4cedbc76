"""Headers that every answer has, whoever made it."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recast.service.identity.csp import headers_for

__all__ = ["TAKEN_BACK", "SecurityHeaders"]

TAKEN_BACK = "recast.taken-back"
"""Where a scope has the `Set-Cookie` that takes a cookie away, whatever the answer is."""

_PRIVATE = "no-store"
"""What an answer says of caches unless it says otherwise: nobody keeps what was meant for one reader."""


class SecurityHeaders:
    """Add the headers to every answer; one that is there already stays."""

    def __init__(self, app: ASGIApp, base_url: str = "") -> None:
        self._app = app
        self._headers = {**headers_for(base_url), "Cache-Control": _PRIVATE}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with the headers."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if TAKEN_BACK in scope:
                    headers.append("Set-Cookie", scope[TAKEN_BACK])
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)
