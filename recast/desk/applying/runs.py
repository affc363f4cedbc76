"""Runs: what the dispatcher was asked, and what it reported, in the points."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from recast.desk.model import Event, Point, Request
from recast.desk.places import place_of

__all__ = ["RUNS", "with_points"]


def with_points(request: Request, ids: Collection[str], change: Callable[[Point], Point]) -> Request:
    """Return a request some of whose points are changed; the others stay the same objects."""
    points = list(request.points)
    for name in ids:
        place = place_of(points, name)
        points[place] = change(points[place])
    return replace(request, points=tuple(points))


def _run_asked(request: Request, _event: Event) -> Request:
    return replace(request, run_wanted=True, cancel_wanted=False)


def _cancel_asked(request: Request, _event: Event) -> Request:
    return replace(request, run_wanted=False, cancel_wanted=True)


def _rerun_asked(request: Request, event: Event) -> Request:
    data = event.data
    pinned = {"analysis_version": data["version"], "digest": data["digest"]}
    again = with_points(request, data["points"], lambda point: replace(point, state="open", reason="", run=""))
    return replace(again, run_wanted=True, cancel_wanted=False, logs_open=False, **pinned)


def _started(request: Request, event: Event) -> Request:
    run = event.data["run"]
    busy = with_points(request, event.data["points"], lambda point: replace(point, state="running", run=run, reason=""))
    pinned = {key: event.data[key] for key in ("analysis", "version", "digest") if key in event.data}
    versions = {**request.run_versions, run: pinned} if pinned else request.run_versions
    return replace(busy, runs=(*request.runs, run), run_wanted=False, run_versions=versions)


def _ended(request: Request, event: Event) -> Request:
    """Events of before 2026-12 name no states and nothing that is still wanted: all was open, and nothing wanted."""
    states, wanted = event.data.get("states", {}), event.data.get("wanted", {})
    left = with_points(request, event.data["points"], lambda point: _left(point, states, event.data["reason"]))
    return replace(left, run_wanted=wanted.get("run", False), cancel_wanted=wanted.get("cancel", False))


def _left(point: Point, states: Mapping[str, str], reason: str) -> Point:
    """Return a point that a run has left without an answer of its own."""
    state = states.get(point.id, "open")
    if state == "failed":
        reason = point.answers[-1].reason
    return replace(point, state=state, reason="" if state == "answered" else reason, run="")


RUNS: dict[str, Callable[[Request, Event], Request]] = {
    "run-asked": _run_asked,
    "cancel-asked": _cancel_asked,
    "rerun-asked": _rerun_asked,
    "run-started": _started,
    "run-ended": _ended,
    "completed": lambda request, _: replace(request, run_wanted=False, cancel_wanted=False),
}
