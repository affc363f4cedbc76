"""How a page takes a form: the handler of the API does what was asked, and the browser goes on to a page that shows it.

A fault shows the same page again, with every fault at its place and all that was typed. Whoever is not logged in any
more is offered the login, and their form is kept on the page that offers it, and nowhere else.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, TypeVar

from fastapi import Depends
from pydantic import BaseModel, ValidationError
from starlette.responses import RedirectResponse, Response

from recast.errors import InputError, RecastError
from recast.json_types import JsonObject
from recast.service.asked import Asked, AskedNow
from recast.service.http.conditions import wanted_version
from recast.service.http.once import once_of
from recast.service.http.problems import problem_document
from recast.service.http.statuses import status_of
from recast.service.pages.frame import page
from recast.service.pages.posted.sent import Sent, read_sent
from recast.service.pages.shape import items_of, text
from recast.terminal_safe import one_line

__all__ = ["Faults", "SentNow", "Terms", "checked", "posted", "terms"]

_KEY, _SEEN = "_key", "_seen"
_SHOWN_AGAIN = frozenset({400, 403, 409, 412, 413, 422, 428, 503})
"""What a page tells beside its form. What is hidden and what is our own fault have pages of their own."""

_WORDS = {
    "desk.key-reused": (
        "This form was sent already, with something else in it",
        "Look at what happened. If this is still to be done, send it once more.",
    ),
}
"""Codes whose words are for programs, in those for people."""

_MOST_FAULTS = 50
_NAMED = re.compile(r"(?:It needs an? )?`([\w-]{1,60})`")
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Terms:
    """What goes along with a form, unseen: a key, so that it is carried out once, and the version that it is about."""

    key: str
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Faults:
    """What is told of a form that was refused: in one line, at each field, and what belongs to no field."""

    status: int
    code: str
    what: str
    next: str = ""
    address: str = ""
    at: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rest: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether somebody, or time, has changed meanwhile what the form is about."""
        return self.status in (409, 412)


def terms(version: int | None = None) -> Terms:
    """Return the terms of a form on a page that is shown now; `version` is that of the document on it."""
    return Terms(secrets.token_urlsafe(18), "" if version is None else str(version))


def sent_now(asked: AskedNow) -> Sent:
    """Return what the form has sent; a dependency of handlers."""
    return read_sent(asked.http.headers.get("content-type", ""), asked.body)


SentNow = Annotated[Sent, Depends(sent_now)]


def posted(
    asked: Asked,
    sent: Sent,
    do: Callable[[], str | Response],
    again: Callable[[Faults], Response],
    place: Callable[[str], str] = lambda _: "",
) -> Response:
    """Do what a form asks for, and send the browser on to the path that `do` returns; at a fault answer with `again`.
    What is shown once and never again, `do` answers itself.

    `place` returns the field that a fault belongs to, by where it is said to be; empty if none is.
    """
    if not asked.actor.user:  # before anything is looked up: it tells nothing of what there is
        return _login_first(asked, sent)
    try:
        _under_terms(asked, sent)
        done = do()
        return RedirectResponse(asked.path(done), 303) if isinstance(done, str) else done
    except RecastError as error:
        if status_of(error) not in _SHOWN_AGAIN:
            raise
        return again(_faults(error, asked.path(""), place))


def checked(kind: type[Model], said: JsonObject) -> Model:
    """Return what a form says as the document that the API takes; raise InputError with every fault and where it is."""
    try:
        return kind.model_validate(said)
    except ValidationError as problem:
        found = [
            {"where": "/" + "/".join(map(str, it["loc"])), "what": one_line(it["msg"], 300)}
            for it in problem.errors(include_url=False, include_input=False)[:_MOST_FAULTS]
        ]
    error = InputError("Something in the form cannot be taken", where=found[0]["where"], code="request.invalid")
    error.faults = found
    raise error


def _under_terms(asked: Asked, sent: Sent) -> None:
    """Let what is asked be done once for the form that was shown, and only to the version that was shown with it."""
    seen = sent.text(_SEEN)
    asked.if_match = wanted_version(f'"{seen}"') if _SEEN in sent.fields else None
    asked.once = once_of(sent.text(_KEY) or None, asked.http.method, asked.http.url.path, sent.digest, seen)


def _faults(error: RecastError, prefix: str, place: Callable[[str], str]) -> Faults:
    problem = problem_document(error, prefix)
    code = problem["code"]
    what, next_step = _WORDS.get(code, (problem["title"], problem["next"]))
    at: dict[str, list[str]] = {}
    told = [(text(it.get("where")), text(it.get("what"), 1000)) for it in items_of(problem.get("errors"))]
    if not told and code not in _WORDS:
        told = [(_where(line), line) for line in problem["why"].splitlines()[:_MOST_FAULTS]]
        told += [(_where(what), what)] * bool(_where(what))
    for where, said in told:
        at.setdefault(place(where) if where else "", []).append(said)
    rest = tuple(it for it in at.pop("", ()) if it != what)
    fields = {name: tuple(found) for name, found in at.items()}
    address = problem["type"] if problem["type"].startswith("/") else ""
    if next_step.startswith(("recast ", "`allowed`")):  # nobody types commands into a page, or reads its JSON
        next_step = ""
    return Faults(problem["status"], code, what, next_step, address, fields, rest)


def _where(line: str) -> str:
    """Return the field that a sentence of the desk names first: "`title` has 400 characters, …"."""
    found = _NAMED.match(line)
    return f"/{found[1]}" if found else ""


def _login_first(asked: Asked, sent: Sent) -> Response:
    """Return the page that offers the login, and holds what was sent, to be sent again."""
    kind = asked.http.headers.get("content-type", "").partition(";")[0].strip().lower()
    return page(
        asked,
        "again.html",
        status=403,
        kind=kind,
        fields=list(sent.pairs()),
        files=[it.name for many in sent.files.values() for it in many],
    )
