"""Which action of the desk each route is: a kind of thing and a word of `recast.desk.permissions`.

A route that is not here makes the service refuse to start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from starlette.routing import BaseRoute, Route

__all__ = ["ACTIONS", "API", "BY_BODY", "PAGES", "action_of", "check_routes", "unnamed_routes"]

API = "/api/v1"
BY_BODY = "(by body)"
"""The action is named in the body, and judged by it."""

_BELOW_API = {
    "GET /openapi.json": "service look",
    "GET /docs": "service look",
    "GET /problems/{code}": "service look",
    "GET /analyses": "service search",
    "GET /analyses/{analysis}": "analysis read",
    "GET /analyses/{analysis}/versions/{version}": "analysis read",
    "GET /analyses/{analysis}/answers": "analysis read",
    "GET /analyses/{analysis}/card": "analysis read",
    "PUT /analyses/{analysis}/card": "analysis set-card",
    "PUT /analyses/{analysis}/watch": "analysis watch",
    "DELETE /analyses/{analysis}/watch": "analysis watch",
    "GET /known": "service search",
    "GET /known/{analysis}": "service search",
    "POST /check": "service check",
    "GET /uploads": "upload read",
    "POST /uploads": "service upload",
    "DELETE /uploads/{digest}": "upload remove",
    "GET /requests": "service list-requests",
    "POST /requests": "service draft",
    "GET /requests/{id}": "request read",
    "PATCH /requests/{id}": "request amend",
    "POST /requests/{id}/actions": f"request {BY_BODY}",
    "GET /requests/{id}/events": "request read",
    "GET /requests/{id}/history": "request read",
    "GET /requests/compare": "service list-requests",
    "GET /requests/{id}/answers": "request read",
    "GET /requests/{id}/points/{point}": "request read",
    "GET /requests/{id}/downloads/{file}": "request read",
    "GET /requests/{id}/answers/{answer_id}/charts/{file}": "answer read-results",
    "GET /requests/{id}/answers/{answer_id}/statement": "answer read-results",
    "GET /requests/{id}/answers/{answer_id}/evidence": "answer read-results",
    "GET /requests/{id}/links": "request link",
    "POST /requests/{id}/links": "request link",
    "DELETE /requests/{id}/links/{link}": "request unlink",
    "GET /signing-key": "service look",
    "GET /runs/{run}": "run read",
    "GET /runs/{run}/steps/{step:path}": "run read",
    "GET /runs/{run}/log": "run read-log",
    "GET /runs/{run}/log/file": "run read-log",
    "GET /runs/{run}/events": "run read",
    "GET /operators": "operations read",
    "GET /tokens": "token read",
    "POST /tokens": "token make",
    "DELETE /tokens/{id}": "token revoke",
    "GET /me": "service look",
    "GET /people/{user}": "person read",
    "PUT /people/{user}/{kind}/{to}": "person give-role",
    "DELETE /people/{user}/{kind}/{to}": "person give-role",
    "GET /people/{user}/account": "person read",
    "POST /people/{user}/block": "person give-role",
    "POST /people/{user}/unblock": "person give-role",
    "POST /people/{user}/quota": "person give-role",
    "POST /invitations": "service invite",
    "GET /login": "service log-in",
    "POST /login/local": "service log-in",
    "POST /login/device": "service log-in",
    "POST /login/device/token": "service log-in",
}
_PAGES = {  # all but the first have a document beside them, at `.json`
    "/": "service search",
    "/analyses": "service search",
    "/analyses/{analysis}": "analysis read",
    "/analyses/{analysis}/versions/{version}": "analysis read",
    "/analyses/known": "service search",
    "/analyses/known/{analysis}": "service search",
    "/requests": "service list-requests",
    "/requests/{id}": "request read",
    "/requests/{id}/history": "request read",
    "/requests/compare": "service list-requests",
    "/requests/{id}/answers": "request read",
    "/requests/{id}/points/{point}": "request read",
    "/runs/{run}": "run read",
    "/requests/{id}/answers/{answer_id}": "answer read-results",
    "/runs/{run}/steps/{step:path}": "run read",
    "/operators": "operations read",
}
_NAMED_SO = {"/analyses/{analysis}/versions/{version}.json/": "analysis read"}
"""The page of what has a name that ends in `.json`."""

_DOCS = {"/docs": "service look", "/docs/images/{file}": "service look", "/docs/{name:path}": "service look"}
_FOR_MACHINES = {
    "/analyses.atom": "service search",
    "/sitemap.xml": "service search",
    "/robots.txt": "service look",
    "/hepdata/analyses.json": "service search",
    "/analyses/{analysis}/feed.atom": "analysis read",
    "/analyses/{analysis}/badge.svg": "analysis read",
    "/analyses/{analysis}/record.jsonld": "analysis read",
    "/analyses/{analysis}/versions/{version}/record.jsonld": "analysis read",
    "/analyses/{analysis}/versions/{version}/CITATION.cff": "analysis read",
    "/analyses/{analysis}/versions/{version}/CITATION.bib": "analysis read",
}
_FORMS = {  # and pages without a document of their own
    "GET /turn": "service list-requests",
    "GET /account": "token read",
    "POST /account/tokens": "token make",
    "POST /account/tokens/{id}": "token revoke",
    "POST /analyses/{analysis}/watch": "analysis watch",
    "GET /requests/{id}/links": "request link",
    "POST /requests/{id}/links": "request link",
    "POST /requests/{id}/links/{link}": "request unlink",
    "POST /requests/{id}": f"request {BY_BODY}",
    "GET /check": "service check",
    "POST /check": "service check",
    "GET /requests/new": "service check",
    "POST /requests/new": "service check",  # whoever fills it may not be logged in yet; a draft is judged as one
    "GET /requests/{id}/edit": "request amend",
    "POST /requests/{id}/edit": "request amend",
}
PAGES = frozenset({*_PAGES, *_NAMED_SO, "/docs", "/docs/{name:path}"} | {it.partition(" ")[2] for it in _FORMS})
"""The pages, and where their forms are sent to: an error on the way there is a page."""


def _named(rows: Mapping[str, str], begin: str = "") -> dict[str, tuple[str, str]]:
    """Return routes with kind and action; `begin` comes before each path."""
    found = {}
    for route, words in rows.items():
        (method, path), (kind, action) = route.split(" "), words.split(" ", 1)
        found[f"{method} {begin}{path}"] = (kind, action)
    return found


ACTIONS: Mapping[str, tuple[str, str]] = (
    {
        "GET /static/{file}": ("service", "look"),
        "GET /healthz": ("service", "look"),
        "GET /readyz": ("service", "look"),
        "GET /metrics": ("service", "look"),
        "GET /login": ("service", "log-in"),
        "POST /login/local": ("service", "log-in"),
        "GET /login/oidc": ("service", "log-in"),
        "GET /login/oidc/return": ("service", "log-in"),
        "GET /login/invitation": ("service", "log-in"),
        "POST /login/invitation": ("service", "log-in"),
        "POST /logout": ("service", "log-in"),
        "GET /links/{secret}": ("service", "log-in"),
    }
    | {
        f"GET {path}{ending}": (kind, action)
        for path, (kind, action) in ((path, words.split(" ", 1)) for path, words in _PAGES.items())
        for ending in ("", ".json")
        if path != "/" or not ending
    }
    | _named(_FORMS)
    | _named(_BELOW_API, API)
    | _named({f"GET {path}": words for path, words in (_NAMED_SO | _DOCS | _FOR_MACHINES).items()})
)
"""Method and path of each route, with the kind of thing and the action that it is."""


def action_of(method: str, path: str) -> tuple[str, str]:
    """Return the kind and the action of a route; raises KeyError if it has none."""
    return ACTIONS[f"{'GET' if method == 'HEAD' else method} {path}"]


def unnamed_routes(routes: Iterable[BaseRoute]) -> list[str]:
    """Return the routes (method and path) that have no action, and the actions that have no route."""
    found = {
        f"{method} {route.path}"
        for route in routes
        if isinstance(route, Route)
        for method in (route.methods or ())
        if method != "HEAD"
    }
    return sorted(found ^ set(ACTIONS))


def check_routes(routes: Iterable[BaseRoute]) -> None:
    """Raise LookupError unless each route has exactly one action and each action of the table its route."""
    if wrong := unnamed_routes(routes):
        raise LookupError(f"routes and recast/service/routes.py differ in: {', '.join(wrong)}")
