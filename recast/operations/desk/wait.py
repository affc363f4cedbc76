"""Wait for a request: until its points are answered, or nothing will answer them any more."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from recast.errors import InfrastructureError, NetworkError, WorkflowFailed
from recast.json_types import JsonDict
from recast.operations.desk.server import Server, path_of
from recast.operations.desk.shapes import REQUEST

__all__ = ["Patience", "wait_for"]

_SAME = 304
_DONE = frozenset({"answered", "released"})
_OVER = frozenset({"declined", "withdrawn", "expired"})


@dataclass(frozen=True, slots=True)
class Patience:
    """How a request is waited for: how often it is looked at, how long at most (None: for ever), how long the service
    may be away meanwhile, and by which clock.
    """

    every_s: float = 2.0
    most_s: float | None = None
    away_s: float = 900.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


def wait_for(server: Server, request: str, say: Callable[[str], None], patience: Patience | None = None) -> JsonDict:
    """Return a request as soon as all of its points are answered or failed; `say` gets a line for each change.

    A service that was there once may be away for a while: it is started again, or the network has gone. Raises
    WorkflowFailed (`request.over`) if it ended otherwise, NetworkError (`request.waited`) if it takes too long.
    """
    how = patience or Patience()
    end = None if how.most_s is None else how.clock() + how.most_s
    look, told = _Look(server, request, how), ""
    while True:
        document = look.again()
        if (line := look.away or _line(document)) != told:
            told = line
            say(line)
        if document["state"] in _DONE:
            return document
        _check_not_over(document)
        if end is not None and how.clock() >= end:
            raise NetworkError(
                "The request is not answered yet", where=request, why=line, code="request.waited",
                next_step=f"recast request wait {request}",
            )  # fmt: skip
        how.sleep(how.every_s)


class _Look:
    """A request that is looked at again and again, and sent again only if it has changed.

    `away` says why the service could not be asked the last time, empty if it was.
    """

    def __init__(self, server: Server, request: str, how: Patience) -> None:
        self._server, self._path, self._how = server, path_of("requests", request), how
        self._etag, self._document = "", JsonDict()
        self._heard_s: float | None = None
        self.away = ""

    def again(self) -> JsonDict:
        """Return the request as it is now, or as it was before the service went away."""
        try:
            told = self._server.get(self._path, if_none_match=self._etag)
            if told.status != _SAME:
                self._document, self._etag = told.fitting(REQUEST), told.etag
        except InfrastructureError as problem:
            if self._heard_s is None or self._how.clock() - self._heard_s >= self._how.away_s:
                raise
            self.away = f"the service is away: {problem.what}"
        else:
            self.away, self._heard_s = "", self._how.clock()
        return self._document


def _check_not_over(document: JsonDict) -> None:
    if document["state"] in _OVER:
        raise WorkflowFailed(
            f"The request is {document['state']}",
            where=document["id"],
            why=document.get("state_reason") or "",
            next_step=f"recast request reopen {document['id']}",
            code="request.over",
        )


def _line(document: JsonDict) -> str:
    states = [point["state"] for point in document["points"]]
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    return f"{document['state']}: {counts or 'no points'}"
