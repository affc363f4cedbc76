"""The pages of the form: for a new request, and for a change to one that is not accepted yet."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from recast.desk.document import FIELDS
from recast.json_types import JsonDict
from recast.service.api.described import RequestId
from recast.service.asked import Asked, AskedNow
from recast.service.documents.requests import Amendment, NewRequest
from recast.service.http.answers import document_of
from recast.service.http.json_body import DeskRoute
from recast.service.pages.form.about import About, about
from recast.service.pages.form.held import Column, Held
from recast.service.pages.form.sending import held_by
from recast.service.pages.form.taking import taken
from recast.service.pages.form.view import Form
from recast.service.pages.form.writing import held_of
from recast.service.pages.posted.posting import SentNow, checked, posted
from recast.service.pages.shape import items_of, mapping, text

__all__ = ["router"]

router = APIRouter(route_class=DeskRoute, include_in_schema=False)

_AT_FIRST = 8
"""So many columns has a new form at most: of the inputs that are needed."""


@router.get("/requests/new")
def new_request(
    asked: AskedNow,
    analysis: Annotated[str, Query(max_length=128)] = "",
    version: Annotated[str, Query(max_length=64)] = "",
    wanted: Annotated[str, Query(max_length=300)] = "",
) -> Response:
    """Show an empty form for an analysis, or for a search that nobody has archived."""
    asked.must()
    of = about(asked, analysis, version)
    columns = tuple(Column("inputs", it.name) for it in of.inputs if it.needed)[:_AT_FIRST]
    texts = {"analysis": of.analysis, "version": version if of.analysis else "", "wanted": wanted or of.unknown}
    rows = (("",) * len(columns),) * bool(columns)
    return Form(asked, of, Held(texts, columns=columns, rows=rows)).shown()


@router.post("/requests/new")
def step_new_request(asked: AskedNow, sent: SentNow) -> Response:
    """Take a step of a new request, or save it as a draft."""
    asked.must()
    held = held_by(sent)
    form = Form(asked, about(asked, held.text("analysis"), held.text("version")), held)

    def save(said: JsonDict) -> str:
        request = asked.act(None, "draft", checked(NewRequest, said).given())
        return f"/requests/{request.id}"

    return taken(form, sent, save)


@router.get("/requests/{id}/edit")
def edit_request(asked: AskedNow, id: RequestId) -> Response:
    """Show the form with what a request says."""
    return _of_request(asked, id).shown()


@router.post("/requests/{id}/edit")
def step_request(asked: AskedNow, id: RequestId, sent: SentNow) -> Response:
    """Take a step of a change to a request, or save it."""
    if not asked.actor.user:  # before anything is looked up: it tells nothing of what there is
        return posted(asked, sent, str, Form(asked, About(), Held()).shown)
    form = _of_request(asked, id)
    held = held_by(sent)
    held = replace(held, texts={**held.texts, "analysis": form.about.analysis})

    def save(said: JsonDict) -> str:
        amendment = checked(Amendment, _all_of(said))
        return f"/requests/{asked.act(id, 'amend', amendment.given()).id}"

    return taken(replace(form, held=held), sent, save)


def _all_of(said: JsonDict) -> JsonDict:
    """Return an amendment that says everything but the analysis, which stays: what was emptied is to be empty."""
    empty: JsonDict = {"axes": [], **dict.fromkeys(("model", "reason", "title", "version"), "")}
    gone = {} if said.get("analysis") else {"wanted": ""}
    return {**empty, **gone, **{key: it for key, it in said.items() if key != "analysis"}}


def _of_request(asked: Asked, id: str) -> Form:
    request = asked.request(id)
    document = document_of(asked, request)
    of = about(asked, text(document.get("analysis"), 200), text(document.get("version"), 100))
    asks = items_of(document.get("points"))
    points = [{key: mapping(it.get(key)) for key in ("coordinates", "inputs")} for it in asks]
    said = {**{key: document[key] for key in FIELDS if document.get(key)}, "points": points}
    held = held_of(said, of.names)
    return Form(asked, of, held, f"/requests/{request.id}/edit", request.id, request.version)
