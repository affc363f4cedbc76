"""Thirty points of a real search with their real results, answered on a desk: what pages and files of answers show."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recast.desk.model import Actor, Request
from recast.results.gather import completed
from recast.results.types import DeclaredResult
from tests.service.running import ANALYSIS, Running
from tests.service.staged import Staged

__all__ = ["ABOUT", "AXES", "LIMITS", "PLOT", "YIELDS", "asked_point", "plane", "published", "results_of"]

_FOUND = json.loads((Path(__file__).parent / "plane.json").read_text())
AXES = ("m_chargino_gev", "m_neutralino_gev")
PLOT = {
    "axes": list(AXES),
    "step": dict.fromkeys(AXES, 100),
    "labels": {AXES[0]: "m(chargino 1) = m(neutralino 2) [GeV]", AXES[1]: "m(neutralino 1) [GeV]"},
}
ABOUT: dict[str, Any] = {
    "luminosity_inv_fb": 139,
    "final_states": ["1 lepton, 2 b-jets"],
    "models": ["TChiWH"],
    "authority": "community",
    "references": {"arxiv": "1909.09226", "inspire": 1755298, "hepdata": "ins1755298"},
}
_LIMIT = DeclaredResult("limit", "limit", "gather", "limits", "Exclusion and upper limits of each signal")
_YIELDS = DeclaredResult("yields", "yields", "gather", "yields", "Events per region")
LIMITS: list[dict[str, Any]] = [completed(_LIMIT, it, "plane.json") for it in _FOUND["limits"]]
YIELDS: list[dict[str, Any]] = [completed(_YIELDS, it, "plane.json") for it in _FOUND["yields"]]


def asked_point(limit: dict[str, Any]) -> dict[str, Any]:
    """Return the point of a request that a limit answers."""
    return {"coordinates": {axis: limit["point"][axis] for axis in AXES}}


def results_of(limit: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the results of the run of one point."""
    return [limit, *(it for it in YIELDS if it["point"]["name"] == limit["point"]["name"])]


def published(service: Running) -> Staged:
    """Publish the search as its entry declares its plots, and return its people."""
    staged = Staged(service)
    service.publish(ANALYSIS, plot=PLOT, **ABOUT)
    return staged


def plane(
    staged: Staged,
    state: str = "answered",
    audience: str = "public",
    limits: Sequence[dict[str, Any]] = LIMITS,
    left: int = 0,
    **asked: Any,
) -> Request:
    """Return a request for the points of some limits, answered but for the last `left`, and released or not."""
    given = {"title": "Winos", "axes": list(AXES), "points": list(map(asked_point, limits)), **asked}
    request = staged.request("accepted", audience, **given)
    run = f"r-{request.id}"
    points = [it.id for it in request.points]
    staged.act(request.id, "run", staged.carol)
    request = staged.act(request.id, "start-run", Actor(machine=True), run=run, points=points)
    for point, limit in list(zip(points, limits, strict=True))[: len(points) - left]:
        given = {"run": run, "point": point, "results": results_of(limit)}
        request = staged.act(request.id, "answer-point", Actor(machine=True), **given)
    if state == "released":
        staged.act(request.id, "review", staged.carol)
        request = staged.act(request.id, "release", staged.carol)
    return request
