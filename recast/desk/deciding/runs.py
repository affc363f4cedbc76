"""Runs: what is asked of the dispatcher, and what the dispatcher reports, point by point."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from recast.desk.asking import Asked, wrong
from recast.desk.deciding.quota import check_quota
from recast.desk.model import Answer, Point
from recast.desk.refusals import MovedOn
from recast.json_types import JsonDict, JsonObject

__all__ = ["RUNS", "again"]


def _run(asked: Asked) -> JsonDict | None:
    if asked.request.run_wanted or any(point.state == "running" for point in asked.request.points):
        return None
    if not _open(asked):
        raise wrong("All points are answered: `rerun` asks again")
    check_quota(asked, "run")
    return {"points": _open(asked)}


def _cancel(asked: Asked) -> JsonDict | None:
    busy = asked.request.run_wanted or any(point.state == "running" for point in asked.request.points)
    return {"reason": asked.text("reason")} if busy and not asked.request.cancel_wanted else None


def _rerun(asked: Asked) -> JsonDict:
    """All points again on what the analysis is now, or those named; `failed` alone means the failed ones."""
    named = asked.names("points")
    ids = [point.id for point in again(asked.request.points, named)]
    if not ids:
        raise wrong("There is no such point to run again")
    if not asked.facts.digest:
        raise wrong("The analysis is not here any more")
    check_quota(asked, "rerun")
    return {"points": ids, "version": asked.facts.version, "digest": asked.facts.digest, "reason": asked.text("reason")}


def again(points: Sequence[Point], named: Collection[str] | None) -> list[Point]:
    """Return the points that a `rerun` is about: those named, or all; `failed` names all that failed."""
    return [it for it in points if named is None or it.id in named or (it.state == "failed" and "failed" in named)]


def _open(asked: Asked) -> list[str]:
    return [point.id for point in asked.request.points if point.state == "open"]


def _start_run(asked: Asked) -> JsonDict | None:
    run, points = asked.text("run", needed=True, most=100, lines=False), asked.names("points")
    if run in asked.request.runs:
        return None
    if asked.request.cancel_wanted:
        raise MovedOn("This run was cancelled before it began", next_step="`run` asks for one again")
    started = [name for name in _open(asked) if name in (points or ())]
    if not started or not (points or frozenset()) <= {point.id for point in asked.request.points}:
        raise wrong("A run is for open points of the request")  # those answered since it was noted need none
    request = asked.request
    pinned = {"analysis": request.analysis, "version": request.analysis_version, "digest": request.digest}
    return {"run": run, "points": started, **pinned}


def _end_run(asked: Asked) -> JsonDict | None:
    """Return how a run has left its points: those that were not told have the state that their answers imply, which are
    older, or from elsewhere; so have those of a `rerun` that was cancelled before it began. What is wanted of another
    run stays wanted.
    """
    request, run = asked.request, asked.text("run", needed=True, most=100, lines=False)
    busy = [point for point in request.points if point.state == "running"]
    left = [point for point in busy if point.run == run]
    cancel_wanted = request.cancel_wanted and len(left) < len(busy)
    if request.cancel_wanted and not cancel_wanted:
        left += [point for point in request.points if point.state == "open" and _counted(point)]
    if not left and cancel_wanted == request.cancel_wanted:
        return None
    return {
        "run": run,
        "points": [point.id for point in left],
        "states": {point.id: state for point in left if (state := _state_by_answers(point)) != "open"},
        "wanted": {"run": request.run_wanted, "cancel": cancel_wanted},
        "reason": asked.text("reason"),
    }


def _state_by_answers(point: Point) -> str:
    if any(answer.results for answer in _counted(point)):
        return "answered"
    return "failed" if _counted(point) else "open"


def _counted(point: Point) -> list[Answer]:
    """Return the answers that settle a point: what stands beside it does not, before it is reviewed."""
    return [answer for answer in point.answers if not answer.beside]


def _answer_point(asked: Asked) -> JsonDict | None:
    results = asked.data.get("results")
    if not isinstance(results, (list, tuple)) or not results:
        raise wrong("An answer needs results")
    return _from_run(asked, list(results), "")


def _fail_point(asked: Asked) -> JsonDict | None:
    return _from_run(asked, [], asked.text("reason", needed=True))


def _from_run(asked: Asked, results: list[JsonObject], reason: str) -> JsonDict | None:
    """Return the event of one point of a run; None if this run has answered it: it may be told twice."""
    point, run = asked.point(), asked.text("run", needed=True, most=100, lines=False)
    if any(answer.run == run for answer in point.answers):
        return None
    if point.run != run:
        raise wrong(f"`{run}` does not run for {point.id}")
    analysis, version, digest = asked.request.version_of_run(run)
    return {
        "point": point.id,
        "answer": {
            "id": asked.next_answer(),
            "authority": "automatic",
            "analysis": analysis,
            "version": asked.text("version", most=100, lines=False) or version,
            "digest": asked.text("digest", most=100, lines=False) or digest,
            "results": results,
            "reason": reason,
            "run": run,
            "provenance": dict(asked.data.get("provenance") or {}),
        },
    }


RUNS: dict[str, Callable[[Asked], JsonDict | None]] = {
    "run": _run,
    "cancel": _cancel,
    "rerun": _rerun,
    "start-run": _start_run,
    "end-run": _end_run,
    "answer-point": _answer_point,
    "fail-point": _fail_point,
    "complete": lambda _: {},
}
