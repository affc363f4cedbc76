"""A stranger who asks the application in this process: the same routes, actions and handlers, and no network.

What lies around the handlers (sockets, limits on how often one asks, cookies) is left out: nobody is on the other side.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from recast.errors import NotFound
from recast.service.answers.listed import View
from recast.service.api.analyses import chosen_facets
from recast.service.asked import Asked
from recast.service.identity import Visitor
from recast.service.parts import Parts
from recast.service.routes import action_of

__all__ = ["Stranger"]

_ALL_ROWS = 5000
"""A table of answers is one page in a copy."""

_NUMBERS = frozenset({"points", "discussion", "limit"})
_NO_FACETS = dict.fromkeys(inspect.signature(chosen_facets).parameters, "")


@dataclass(frozen=True, slots=True)
class _Route:
    """A route that can be asked: its pattern and handler, the action that it is, what its handler takes."""

    path: re.Pattern[str]
    handler: Callable[..., Response]
    action: str
    takes: frozenset[str]
    route: APIRoute
    slashes: int | None
    """How many its paths have, None if that varies."""


class Stranger:
    """Asks as nobody."""

    def __init__(self, app: FastAPI, parts: Parts, host: str) -> None:
        self._app, self._parts, self._host = app, parts, host
        self._routes = [_route(it) for it in app.routes if isinstance(it, APIRoute) and "GET" in (it.methods or ())]
        self._possible: dict[int, list[_Route]] = {}

    def get(self, address: str) -> Response:
        """Return the answer to GET; raise what the handler raises."""
        parts = urlsplit(address)
        path = unquote(parts.path)
        for it in self._with(path.count("/")):
            if (found := it.path.match(path)) is not None:
                given = {**found.groupdict(), **_queried(parts.query, it.takes)}
                if "chosen" in it.takes:
                    given["chosen"] = {key: str(given.pop(key, "")) for key in _NO_FACETS}
                if "view" in it.takes:
                    given["view"] = View(limit=_ALL_ROWS)
                return it.handler(self._asked(it, parts.path, parts.query, found.groupdict()), **given)
        raise NotFound("There is nothing at this address", where=address)

    def _with(self, slashes: int) -> list[_Route]:
        """Return the routes, in their order, whose paths may have so many slashes."""
        if (found := self._possible.get(slashes)) is None:
            found = self._possible[slashes] = [it for it in self._routes if it.slashes in (slashes, None)]
        return found

    def _asked(self, route: _Route, path: str, query: str, names: Mapping[str, str]) -> Asked:
        scope = {
            "type": "http",
            "method": "GET",
            "scheme": "https",
            "server": (self._host, 443),
            "path": unquote(path),
            "raw_path": quote(path, safe="/%").encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(b"host", self._host.encode())],
            "path_params": dict(names),
            "route": route.route,
            "app": self._app,
        }
        return Asked(self._parts, Request(scope), route.action, found=Visitor())


def _route(route: APIRoute) -> _Route:
    takes = frozenset(inspect.signature(route.endpoint).parameters)
    slashes = None if ":path}" in route.path else route.path.count("/")
    return _Route(route.path_regex, route.endpoint, action_of("GET", route.path)[1], takes, route, slashes)


def _queried(query: str, takes: frozenset[str]) -> dict[str, Any]:
    known = takes | (_NO_FACETS.keys() if "chosen" in takes else frozenset())
    given = {name: value for name, value in parse_qsl(query) if name in known}
    return {name: int(value) if name in _NUMBERS else value for name, value in given.items()}
