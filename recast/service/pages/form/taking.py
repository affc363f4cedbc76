"""What the buttons of the form do: check its points, save it, give it as a file, or change what it holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from starlette.responses import Response

from recast.counted import counted
from recast.desk.document import read_draft
from recast.errors import InputError, RecastError
from recast.json_types import JsonDict
from recast.service.http.statuses import status_of
from recast.service.pages.form.files import with_files
from recast.service.pages.form.steps import beside, stepped
from recast.service.pages.form.tables import as_yaml
from recast.service.pages.form.view import Form, Place
from recast.service.pages.form.writing import Written, written
from recast.service.pages.posted.posting import Faults, posted, terms
from recast.service.pages.posted.sent import Sent
from recast.service.pages.shape import items_of, text
from recast.service.told import check_told

__all__ = ["taken"]

_IN_PLACE = "#"
"""Stands before the name of a place of the form where a fault of a document has a pointer."""

_MOST_OF_STRANGERS = 300_000
"""Characters that are read for who has not logged in: two thousand points. A second of a processor is dear for more."""

_OF_POINTS = ("analysis", "version", "axes", "points", "csv")
_TOLD = frozenset({422, 503})


def taken(form: Form, sent: Sent, save: Callable[[JsonDict], str]) -> Response:
    """Return the answer to a step; `save` keeps a document and returns where it is shown."""
    if sent.text("do") != "save" and (place := _too_much(form, sent)):
        words = f"{counted(_MOST_OF_STRANGERS, 'character')} are read at once, and more when you have logged in"
        return replace(form, kept=beside(sent), faults=((place, words),)).shown()
    now = form.version
    held, faults = with_files(form.asked, form.held, sent) if sent.files else (form.held, ())
    form = replace(form, held=held, faults=faults, kept=beside(sent), version=_seen(sent, form.version))
    match sent.text("do"):
        case "save":
            return _saved(form, sent, now, save)
        case "check" if not faults:
            return _checked(form).shown()
        case "download" if not faults:
            return _downloaded(form)
    done = stepped(held, sent, form.about.names, form.about.examples)
    return replace(
        form, held=done.held, said=done.said, focus=done.focus, kept=done.kept, faults=(*faults, *done.faults)
    ).shown()


def _too_much(form: Form, sent: Sent) -> str:
    """Return the place of what is too long for a stranger to have it read; empty if nothing is."""
    if form.asked.actor.user:
        return ""
    of_files = (len(it.content) for many in sent.files.values() for it in many)
    lengths = {"table": len(sent.text("table")), "paste": len(sent.text("paste")) + sum(of_files)}
    return next((place for place, length in lengths.items() if length > _MOST_OF_STRANGERS), "")


def _seen(sent: Sent, now: int | None) -> int | None:
    """Return the version that whoever fills the form has seen, which steps do not change."""
    seen = sent.text("_seen")
    return int(seen) if now is not None and seen.isdecimal() and len(seen) < 10 else now


def _saved(form: Form, sent: Sent, now: int | None, save: Callable[[JsonDict], str]) -> Response:
    said = written(form.held)
    faults = (*form.faults, *said.faults)

    def place(where: str) -> str:
        return where.removeprefix(_IN_PLACE) if where.startswith(_IN_PLACE) else said.place(where)

    def do() -> str:
        if faults:
            error = InputError("Something in the form cannot be kept like this", code="request.invalid")
            error.faults = [{"where": f"{_IN_PLACE}{at}", "what": what} for at, what in faults]
            raise error
        read_draft(said.document)
        return save(said.document)

    def again(refused: Faults) -> Response:
        version = now if refused.changed else form.version  # who has been told of a change may save over it
        return replace(form, faults=(), version=version).shown(refused)

    if not sent.text("_key"):  # strangers have none; who logs in now sends this one
        sent = replace(sent, fields={**sent.fields, "_key": (terms().key,)})
    return posted(form.asked, sent, do, again, place)


def _read(form: Form) -> tuple[Written, tuple[Place, ...]]:
    """Return the document of a form, and everything that is wrong with it by itself."""
    said = written(form.held)
    if said.faults:
        return said, said.faults
    try:
        read_draft(said.document)
    except InputError as problem:
        return said, tuple((said.place(it["where"]), it["what"]) for it in problem.faults)
    return said, ()


def _checked(form: Form) -> Form:
    """Return the form with what the catalogue says of its points, each fault at its place."""
    said, faults = _read(form)
    question = {key: said.document[key] for key in _OF_POINTS if key in said.document}
    if not faults and not (
        said.document["points"] or said.document.get("csv") or isinstance(question.get("axes"), dict)
    ):
        faults = (("points", "It has no points yet"),)
    if faults:
        return replace(form, faults=faults, said="Nothing was checked: there are faults.")
    try:
        found = check_told(form.asked, question)
    except RecastError as problem:
        if status_of(problem) not in _TOLD:
            raise
        return replace(form, faults=(("points", f"{problem.what}. {problem.next_step}"),))
    at = [
        (said.place_of_point(text(it.get("point")), text(it.get("where"))), _words(it))
        for it in items_of(found.get("faults"))
    ]
    words = f"{counted(len(at), 'fault')}." if at else "No fault was found."
    return replace(form, found={**found, "faults": []}, faults=tuple(at), said=f"Checked. {words}")


def _words(fault: JsonDict) -> str:
    named = " ".join(filter(None, (text(fault.get("point"), 20), text(fault.get("where"), 200).strip("/"))))
    said = " ".join(filter(None, (text(fault.get("what"), 400), text(fault.get("why"), 400))))
    return f"{named}: {said}" if named else said


def _downloaded(form: Form) -> Response:
    """Return the form as `request.yml`."""
    said = written(form.held)
    if said.faults:
        return replace(form, faults=said.faults).shown()
    headers = {"Content-Disposition": 'attachment; filename="request.yml"', "Cache-Control": "no-store"}
    return Response(as_yaml(said.document), headers=headers, media_type="application/yaml; charset=utf-8")
