"""All points of a request as CSV, with the columns of `recast scan` and what the desk says of each answer. Pure."""

from __future__ import annotations

from recast.json_types import JsonObject
from recast.scans.answers import as_csv
from recast.scans.record import Answer
from recast.service.answers.chosen import Chosen, chosen_points

__all__ = ["csv_of"]

_OF_ANSWERS = ("authority", "version", "caveat")


def csv_of(request: JsonObject, authority: str) -> bytes:
    """Return the points of a request's document as CSV, with the answers of one authority."""
    return as_csv([_answer(it) for it in chosen_points(request, authority)]).encode()


def _answer(it: Chosen) -> Answer:
    """Return a point as a scan has it; without a limit its reason, or what is known of it, is in the last column."""
    said: JsonObject = it.answer or {}
    about = {"answer": said.get("id", ""), "answer_state": said.get("state", "")}
    about |= {key: said.get(key, "") for key in _OF_ANSWERS}
    where = {"point": it.id, "state": it.point["state"], **about, **it.coordinates}
    return Answer(where, it.id, str(said.get("run") or ""), [it.limit] if it.limit else [], it.reason or it.verdict)
