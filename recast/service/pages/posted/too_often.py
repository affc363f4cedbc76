"""A form that came too often: it was refused unread, and a page gives back what was typed, to be sent again later."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from recast.errors import RecastError
from recast.service.http.json_body import StrictRequest
from recast.service.http.problems import problem_headers
from recast.service.http.refusal import Refusal
from recast.service.identity.csp import PAGE_POLICY
from recast.service.identity.rates import TooOften
from recast.service.pages.frame import render
from recast.service.pages.posted.sent import read_sent
from recast.service.routes import PAGES
from recast.service.seats import Seats

__all__ = ["kept_form"]

MOST_KEPT_BYTES = 256 << 10
"""Whoever asks too often must not cost much: what is longer was not typed, and is lost."""

_ONE_AT_A_TIME = Seats(1, each=1)


async def kept_form(request: Request, error: Exception, prefix: str) -> Response | None:
    """Return the page that keeps a form which was refused because of how often somebody asked; None if the error is
    another one, if this is no form of a page, and if it cannot be kept.
    """
    path = getattr(request.scope.get("route"), "path", "")
    if not isinstance(error, TooOften) or request.method != "POST" or path not in PAGES:
        return None
    try:
        with _ONE_AT_A_TIME.one("form"):
            sent = StrictRequest(request.scope, request.receive)
            sent.most = MOST_KEPT_BYTES
            body = await sent.body()
            return await run_in_threadpool(_page, request, body, error, prefix)
    except (RecastError, Refusal):  # too many at once, too long, too slow, no form: the error is told without it
        return None


def _page(request: Request, body: bytes, error: TooOften, prefix: str) -> Response:
    kind = request.headers.get("content-type", "")
    sent = read_sent(kind, body)
    text = render(
        "again.html",
        prefix,
        here=request.url.path.removeprefix(prefix),
        kind=kind.partition(";")[0].strip().lower(),
        wait_s=error.retry_after_s,
        fields=list(sent.pairs()),
        files=[it.name for many in sent.files.values() for it in many],
    )
    headers = {**problem_headers(error, 429), "Content-Security-Policy": PAGE_POLICY}
    return HTMLResponse(text, 429, headers)
