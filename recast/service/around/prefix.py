"""A reverse proxy may leave its prefix in the path, or take it off: routes are found either way."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["Prefix"]


class Prefix:
    """Tell the router which part of a path is the proxy's."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app, self._prefix = app, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with or without the prefix."""
        if self._prefix and scope["type"] == "http" and scope["path"].startswith(f"{self._prefix}/"):
            scope["root_path"] = self._prefix  # in place: what lies around reads the route from this scope
        await self._app(scope, receive, send)
