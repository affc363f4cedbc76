"""The last word on errors: an exception that nobody expected is answered like any other, and goes to the log."""

from __future__ import annotations

import traceback

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recast.errors import RecastError, in_words
from recast.service.http.statuses import status_of
from recast.service.log import log
from recast.service.pages.problem import problem_answer

__all__ = ["LastWord"]


class LastWord:
    """Answer every exception with a problem document, or a page of it, as long as no answer has begun."""

    def __init__(self, app: ASGIApp, prefix: str = "") -> None:
        self._app, self._prefix = app, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, whatever happens."""
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as problem:
            error = in_words(problem)
            if status_of(error) >= 500:
                log("error", "failed", request=scope.get("recast.request", ""), **_told(error, problem))
            if not begun and scope["type"] == "http":
                await problem_answer(scope, error, self._prefix)(scope, receive, send)


def _told(error: RecastError, problem: Exception) -> dict[str, str]:
    told = {"code": error.code, "what": error.what, "why": error.why, "where": error.where}
    if error is not problem:
        told["traceback"] = "".join(traceback.format_exception(problem))
    return told
