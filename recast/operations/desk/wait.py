"""Wait for a request: until its points are answered, or nothing will answer them any more."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from recast.errors import NetworkError, WorkflowFailed
from recast.json_types import JsonDict
from recast.operations.desk.server import Server, path_of

__all__ = ["Patience", "wait_for"]

_DONE = frozenset({"answered", "released"})
_OVER = frozenset({"declined", "withdrawn", "expired"})


@dataclass(frozen=True, slots=True)
class Patience:
    """How a request is waited for: how often it is looked at, how long at most (None: for ever), and by which clock."""

    every_s: float = 2.0
    most_s: float | None = None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


def wait_for(server: Server, request: str, say: Callable[[str], None], patience: Patience | None = None) -> JsonDict:
    """Return a request as soon as all of its points are answered or failed; `say` gets a line for each change.

    Raises WorkflowFailed (`request.over`) if it ended otherwise, NetworkError (`request.waited`) if it takes too long.
    """
    how = patience or Patience()
    end = None if how.most_s is None else how.clock() + how.most_s
    etag, document, told = "", JsonDict(), ""
    while True:
        told_now = server.get(path_of("requests", request), if_none_match=etag)
        if told_now.status != 304:
            document, etag = told_now.document, told_now.etag
        if (line := _line(document)) != told:
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


def _check_not_over(document: JsonDict) -> None:
    if document["state"] in _OVER:
        raise WorkflowFailed(
            f"The request is {document['state']}",
            where=document["id"],
            why=document.get("state_reason", ""),
            next_step=f"recast request reopen {document['id']}",
            code="request.over",
        )


def _line(document: JsonDict) -> str:
    states = [point["state"] for point in document["points"]]
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    return f"{document['state']}: {counts or 'no points'}"
