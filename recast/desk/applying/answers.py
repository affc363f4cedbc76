"""Answers: given, reviewed, rejected, released, and warned about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from recast.desk.applying.runs import with_points
from recast.desk.model import Answer, Event, Point, Request
from recast.desk.statement import to_release

__all__ = ["ANSWERS"]


def _answered(request: Request, event: Event) -> Request:
    found = event.data["answer"]
    answer = Answer(**{**found, "results": tuple(found["results"])}, state="proposed", by=event.actor, at=event.at)
    return with_points(request, [event.data["point"]], lambda point: _with_answer(point, answer))


def _with_answer(point: Point, answer: Answer) -> Point:
    after = replace(point, answers=(*point.answers, answer))
    return after if answer.beside else _settled(after, answer)


def _settled(point: Point, answer: Answer) -> Point:
    """Return a point that has an answer which counts: one from elsewhere leaves a running point to its run, and none
    makes an answered one a failed one.
    """
    if not answer.run and point.state == "running":
        return point
    if answer.results or point.state == "answered":
        return replace(point, state="answered", reason="")
    return replace(point, state="failed", reason=answer.reason)


def _judged(state: str) -> Callable[[Request, Event], Request]:
    def change(request: Request, event: Event) -> Request:
        chosen = frozenset(event.data["answers"])
        by = {"reviewed_by": event.actor, "reviewed_at": event.at, "reviewer": event.data["name"]}
        return _with_answers(request, lambda it: replace(it, state=state, **by) if it.id in chosen else it)

    return change


def _reviewed(request: Request, event: Event) -> Request:
    """What stood beside a point counts from now on."""
    after = _judged("reviewed")(request, event)
    return replace(after, points=tuple(map(_without_beside, after.points)))


def _without_beside(point: Point) -> Point:
    counted = [answer for answer in point.answers if answer.beside and answer.state == "reviewed"]
    if not counted:
        return point
    point = replace(point, answers=tuple(replace(it, beside=False) if it in counted else it for it in point.answers))
    for answer in counted:
        point = _settled(point, answer)
    return point


def _released(request: Request, event: Event) -> Request:
    said = event.data["statements"]
    after = _with_answers(
        request,
        lambda it: replace(to_release(it, event.actor, event.at), statement=said[it.id]) if it.id in said else it,
    )
    if (opened := event.data.get("logs_open")) is None:  # it was not written down at first
        of_runs = (answer for point in after.points for answer in point.answers if answer.run)
        opened = all(answer.state == "released" for answer in of_runs)
    return replace(after, logs_open=opened)


def _warned(request: Request, event: Event) -> Request:
    digest, caveat = event.data["digest"], event.data["caveat"]
    return _with_answers(request, lambda it: replace(it, caveat=caveat) if it.digest == digest else it)


def _with_answers(request: Request, change: Callable[[Answer], Answer]) -> Request:
    return replace(request, points=tuple(_with_changed(point, change) for point in request.points))


def _with_changed(point: Point, change: Callable[[Answer], Answer]) -> Point:
    """Return a point with changed answers; the same object if none changed, so that the ledger writes only what did."""
    answers = tuple(map(change, point.answers))
    same = all(new is old for new, old in zip(answers, point.answers, strict=True))
    return point if same else replace(point, answers=answers)


ANSWERS: dict[str, Callable[[Request, Event], Request]] = {
    "point-answered": _answered,
    "point-failed": _answered,
    "reviewed": _reviewed,
    "rejected": _judged("rejected"),
    "released": _released,
    "version-warned": _warned,
}
