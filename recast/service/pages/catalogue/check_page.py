"""The page that checks a point: what is pasted goes to the API's own check, and nothing of it is kept."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from recast.counted import counted
from recast.errors import InputError, RecastError
from recast.json_types import JsonDict, JsonObject
from recast.service.asked import Asked, AskedNow
from recast.service.documents.checking import MOST_TEXT
from recast.service.http.json_body import DeskRoute
from recast.service.http.statuses import status_of
from recast.service.pages.catalogue.check import shown_check
from recast.service.pages.catalogue.search import shown_item
from recast.service.pages.frame import page
from recast.service.pages.links import query
from recast.service.pages.posted.posting import SentNow
from recast.service.pages.posted.sent import Sent
from recast.service.pages.shape import mapping, text
from recast.service.told import check_told, found_analyses

__all__ = ["router"]

router = APIRouter(route_class=DeskRoute, include_in_schema=False)

_LONGEST_LINK = 1500
_ITEMS = 10
_TOLD = frozenset({400, 413, 422, 503})
"""Errors that are told beside the question; others have pages of their own."""


@router.get("/check")
def show_check(
    asked: AskedNow,
    analysis: Annotated[str, Query(max_length=128)] = "",
    version: Annotated[str, Query(max_length=64)] = "",
    text: Annotated[str, Query(max_length=4 * _LONGEST_LINK)] = "",
) -> Response:
    """Ask for a point; with a text, check it."""
    asked.must()
    return _answered(asked, analysis, version, text)


@router.post("/check")
def check(asked: AskedNow, sent: SentNow) -> Response:
    """Check what was pasted, or is in a file."""
    asked.must()
    given, problem = _given(sent)
    return _answered(asked, sent.text("analysis")[:128], sent.text("version")[:64], given, problem)


def _given(sent: Sent) -> tuple[str, RecastError | None]:
    for file in sent.files.get("file", ())[:1]:
        try:
            return file.content.decode("utf-8-sig"), None
        except UnicodeDecodeError:
            return sent.text("text"), InputError(
                "The file is no text",
                why="Compressed files and others are handed in as uploads of yours: the form for a request takes them.",
            )
    return sent.text("text"), None


def _answered(asked: Asked, analysis: str, version: str, given: str, problem: RecastError | None = None) -> Response:
    found: JsonDict | None = None
    if given.strip() and problem is None:
        try:
            found = _asked_for(asked, analysis, version, given)
        except RecastError as error:
            if status_of(error) not in _TOLD:
                raise
            problem = error
    base = asked.path("")
    is_words = found is not None and text(mapping(found.get("read")).get("kind")) == "words"
    named = _named(asked, given.strip()) if is_words else None
    c = shown_check(found, analysis, base) if found is not None and not is_words else None
    short = len(given) <= _LONGEST_LINK
    return page(
        asked,
        "check.html",
        status=status_of(problem) if problem else 200,
        analysis=analysis,
        version=version,
        text=given if len(given) <= MOST_TEXT else "",
        q=given.strip(),
        wrong=problem is not None or bool(c and c["faults"]),
        problem=problem,
        named=named,
        c=c,
        said=_said(c, named, problem),
        asks=bool(c and not c["faults"] and c["read"] and found and mapping(found.get("read")).get("points")),
        ask_of=analysis or (c["takes"][0]["name"] if c and len(c["takes"]) == 1 else ""),
        address=query(f"{base}/check", {"analysis": analysis, "version": version, "text": given}) if short else "",
    )


def _asked_for(asked: Asked, analysis: str, version: str, given: str) -> JsonDict:
    if len(given) > MOST_TEXT:
        raise InputError("This is too much to check at once", why=f"At most {MOST_TEXT} characters are taken.")
    return check_told(asked, {"analysis": analysis, "version": version, "points": [], "text": given})


def _named(asked: Asked, words: str) -> JsonDict:
    """Return the searches with some words: who names a model means those."""
    q, base = words[:300], asked.path("")
    found = found_analyses(asked, q, {}, "", _ITEMS)
    items = [shown_item(it, base) for it in found["items"]]
    return {
        "found": [{**it, "check": query(f"{base}/check", {"analysis": it["name"]})} for it in items],
        "total": found["total"],
        "address": query(f"{base}/analyses", {"q": q}),
        "ask": query(f"{base}/requests/new", {"wanted": q}),
    }


def _said(c: JsonObject | None, named: JsonObject | None, problem: RecastError | None) -> str:
    """Return the answer in a sentence, for who hears it."""
    if problem is not None:
        return f"{problem.what}."
    if named is not None:
        return f"{counted(named['total'], 'search', 'searches')} with these words."
    if c is None:
        return ""
    takes: list[Any] = [*c["takes"], *([c["chosen"]] if c["chosen"] and c["chosen"]["takes"] else [])]
    faults = len(c["faults"]) + c["more_faults"]
    words = f"{len(takes) + c['more_takes']} of {counted(c['searched'], 'search', 'searches')} take it"
    return f"{words}, {counted(faults, 'fault')}." if faults else f"{words}."
