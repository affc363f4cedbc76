"""Each request gets an id, a line in the log and a place in the metrics; by its route, never by its path."""

from __future__ import annotations

import secrets
import time

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recast.service.log import log
from recast.service.metrics import Metrics

__all__ = ["Observed"]


class Observed:
    """Log and measure requests. What a path or a query holds is told to nobody: links for referees are secrets."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and note how."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0
        scope["recast.request"] = name = secrets.token_hex(8)

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = name
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            took_s = time.perf_counter() - began
            method, route = scope["method"], _route(scope)
            self._metrics.note(method, route, status, took_s)
            log("info", "request", request=name, method=method, route=route, status=status, ms=round(took_s * 1e3, 1))


def _route(scope: Scope) -> str:
    """Return the pattern of the route that answered."""
    return getattr(scope.get("route"), "path", "(none)")
