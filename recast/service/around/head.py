"""HEAD is answered as GET is, without the body: what checks links and watches services asks so."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["METHOD", "Head"]

METHOD = "recast.method"
"""Where a scope has the method that was asked, if the routes see another."""


class Head:
    """Let what lies within see a GET, and end every answer where its body would begin: the server then tells a stream
    that its reader has gone. What lies around still sees the HEAD, and the route that answered.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, without a body if the method is HEAD."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        ended = False

        async def only_headers(message: Message) -> None:
            nonlocal ended
            if message["type"] == "http.response.start":
                await send(message)
            elif not ended:
                ended = True
                await send({"type": "http.response.body", "body": b""})

        inner = {**scope, "method": "GET", METHOD: "HEAD"}
        try:
            await self._app(inner, receive, only_headers)
        finally:
            scope.update({key: value for key, value in inner.items() if key not in scope})
