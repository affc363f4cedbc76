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
    """An answer from elsewhere leaves a running point to its run, and never makes an answered one a failed one."""
    answers = (*point.answers, answer)
    if not answer.run and point.state == "running":
        return replace(point, answers=answers)
    if answer.results or point.state == "answered":
        return replace(point, answers=answers, state="answered", reason="")
    return replace(point, answers=answers, state="failed", reason=answer.reason)


def _judged(state: str) -> Callable[[Request, Event], Request]:
    def change(request: Request, event: Event) -> Request:
        chosen, name = frozenset(event.data["answers"]), event.data["name"]
        return _with_answers(
            request,
            lambda it: (
                replace(it, state=state, reviewed_by=event.actor, reviewed_at=event.at, reviewer=name)
                if it.id in chosen
                else it
            ),
        )

    return change


def _released(request: Request, event: Event) -> Request:
    said = event.data["statements"]
    after = _with_answers(
        request,
        lambda it: replace(to_release(it, event.actor, event.at), statement=said[it.id]) if it.id in said else it,
    )
    of_runs = (answer for point in after.points for answer in point.answers if answer.run)
    return replace(after, logs_open=all(answer.state == "released" for answer in of_runs))


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
    "reviewed": _judged("reviewed"),
    "rejected": _judged("rejected"),
    "released": _released,
    "version-warned": _warned,
}
