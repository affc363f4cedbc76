"""Answers from elsewhere, and what people do with answers: review, reject, release; and what befalls them later."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from recast.desk.asking import Asked, wrong
from recast.desk.deciding.visitors import is_visitor
from recast.desk.model import Answer, Point
from recast.desk.statement import statement_digest, to_release
from recast.desk.values import fault_of_value
from recast.json_types import JsonDict

__all__ = ["ANSWERS"]

_LARGEST_PROVENANCE = 100
_MOST_ANSWERS = 100
_MOST_OF_A_VISITOR = 5
"""Nobody fills up the points of other people's requests: the last one of a hundred answers may be the right one."""


def _answer(asked: Asked) -> JsonDict:
    """An answer that was computed elsewhere: its results were checked like ours; who ran it, and how, must be said."""
    request, point = asked.request, asked.point()
    if len(point.answers) >= _MOST_ANSWERS:
        raise wrong(f"A point has at most {_MOST_ANSWERS} answers")
    own = sum(answer.by == asked.actor.user and not answer.run for answer in point.answers)
    if own >= _MOST_OF_A_VISITOR and is_visitor(asked):
        raise wrong(f"Who has no part in a request answers a point at most {_MOST_OF_A_VISITOR} times")
    results, provenance = asked.data.get("results"), asked.data.get("provenance")
    if not isinstance(results, (list, tuple)) or (not results and not asked.data.get("reason")):
        raise wrong("An answer needs `results`, or the `reason` why there are none")
    if not isinstance(provenance, dict) or not provenance.get("method") or len(provenance) > _LARGEST_PROVENANCE:
        raise wrong("An answer from elsewhere needs its `provenance`, with at least the `method`")
    if fault := fault_of_value(provenance):
        raise wrong(f"`provenance` {fault}")
    speaks = request.analysis in asked.actor.contact_of
    return {
        "point": point.id,
        "answer": {
            "id": asked.next_answer(),
            "authority": "authoritative" if speaks else "community",
            "analysis": request.analysis,
            "version": request.analysis_version,
            "digest": request.digest,
            "results": list(results),
            "reason": asked.text("reason"),
            "run": "",
            "provenance": provenance,
        },
    }


def _review(asked: Asked) -> JsonDict | None:
    chosen = [answer.id for answer in _chosen(asked, "proposed")]
    if not chosen:
        return None
    return {"answers": chosen, "reason": asked.text("reason"), "name": asked.facts.name}


def _reject(asked: Asked) -> JsonDict | None:
    chosen = [answer.id for answer in _chosen(asked, "proposed", "reviewed")]
    return (
        {"answers": chosen, "reason": asked.text("reason", needed=True), "name": asked.facts.name} if chosen else None
    )


def _chosen(asked: Asked, *states: str) -> Iterator[Answer]:
    """Yield the answers that are named, by default all, as far as they are in one of the states."""
    named = asked.names("answers")
    if named is not None and (unknown := named - {answer.id for answer in asked.answers()}):
        raise wrong(f"The request has no answer `{min(unknown)}`")
    for answer in asked.answers():
        if answer.state in states and (named is None or answer.id in named):
            yield answer


def _release(asked: Asked) -> JsonDict | None:
    request, by = asked.request, asked.actor.user
    pairs = list(_reviewed(asked))
    if not pairs:
        if request.state == "released":
            return None
        raise wrong("No answer has been reviewed yet")
    said = {answer.id: statement_digest(request, point, to_release(answer, by, asked.now)) for point, answer in pairs}
    return {"statements": said, "reason": asked.text("reason")}


def _reviewed(asked: Asked) -> Iterator[tuple[Point, Answer]]:
    for point in asked.request.points:
        yield from ((point, answer) for answer in point.answers if answer.state == "reviewed")


def _warn(asked: Asked) -> JsonDict | None:
    """A version has been deprecated or withdrawn (or is well again: an empty caveat): its answers say so."""
    digest, caveat = asked.text("digest", needed=True, most=100, lines=False), asked.text("caveat")
    touched = any(answer.digest == digest and answer.caveat != caveat for answer in asked.answers())
    return {"digest": digest, "caveat": caveat} if touched else None


ANSWERS: dict[str, Callable[[Asked], JsonDict | None]] = {
    "answer": _answer,
    "review": _review,
    "reject": _reject,
    "release": _release,
    "warn": _warn,
}
