"""A released answer as a statement: bytes that can be signed, cited and checked after the service is gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from recast.desk.model import Answer, Event, Point, Request
from recast.digests import digest_of
from recast.errors import NotFound
from recast.json_types import JsonDict

__all__ = [
    "CONVENTION",
    "SCHEMA",
    "released_answer",
    "released_statement",
    "stated",
    "statement_bytes",
    "statement_digest",
    "to_release",
]

SCHEMA = "recast-answer/1"

CONVENTION = (
    "cls_exp, mu_ul_exp, xsec_ul_exp_fb: -2, -1, 0, +1, +2 sigma; excluded: cls_obs < 0.05; cross sections in fb"
)
"""How the numbers are to be read, said in every statement."""


def to_release(answer: Answer, by: str, at: str) -> Answer:
    """Return an answer as it is once it is released, but for the digest of its statement."""
    return replace(answer, state="released", released_by=by, released_at=at, statement="")


def statement_bytes(request: Request, point: Point, answer: Answer) -> bytes:
    """Return the statement about a released answer: JSON in UTF-8 with sorted keys, the same bytes for ever.

    What may change afterwards is left out: the caveat, and who reads it.
    """
    document: JsonDict = {
        "schema": SCHEMA,
        "request": request.id,
        "point": {"id": point.id, "coordinates": dict(point.coordinates), "inputs": dict(point.inputs)},
        "model": request.model,
        "answer": answer.id,
        **{key: getattr(answer, key) for key in ("analysis", "version", "digest", "authority", "run")},
        "results": list(answer.results),
        "reason": answer.reason,
        "convention": CONVENTION,
        "provenance": dict(answer.provenance),
        "given": {"by": answer.by, "at": answer.at},
        "reviewed": {"by": answer.reviewed_by, "name": answer.reviewer, "at": answer.reviewed_at},
        "released": {"by": answer.released_by, "at": answer.released_at},
    }
    return json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def statement_digest(request: Request, point: Point, answer: Answer) -> str:
    """Return the digest under which a released answer is known."""
    return digest_of(statement_bytes(request, point, answer))


def stated(request: Request, event: Event) -> Iterator[tuple[str, bytes]]:
    """Yield the digest and the bytes of each statement that an event makes, given the request after it.

    They are kept from then on: a request, and this program, may change later, and what was stated must not.
    """
    said = event.data["statements"] if event.kind == "released" else {}
    for point in request.points:
        for answer in point.answers:
            if answer.id in said:
                yield said[answer.id], statement_bytes(request, point, answer)


def released_statement(request: Request, answer_id: str) -> bytes:
    """Return the statement about an answer of a request, made anew; raises NotFound unless it has been released, and
    unless it is still what was stated.
    """
    point, answer = released_answer(request, answer_id)
    content = statement_bytes(request, point, answer)
    if digest_of(content) != answer.statement:
        raise NotFound(
            f"The statement of answer {answer_id:.20} is not kept here any more",
            why=f"What would be said now is not {answer.statement}, under which it was released.",
            next_step="whoever was given the file has it, and it can still be verified",
            code="answer.not-kept",
        )
    return content


def released_answer(request: Request, answer_id: str) -> tuple[Point, Answer]:
    """Return a released answer with its point; raises NotFound if there is none of this id."""
    for point in request.points:
        for answer in point.answers:
            if answer.id == answer_id and answer.state == "released":
                return point, answer
    raise NotFound(f"There is no released answer {answer_id:.20} here", next_step=f"recast request show {request.id}")
