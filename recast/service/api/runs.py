"""Runs, by the ledger: no journal is read here. A driver leaves pictures of its run; logs lie in the run's folder."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from recast.ledger.steps import SORTS, WantedSteps
from recast.service.api.described import Answers, Cursor, RunId
from recast.service.asked import AskedNow
from recast.service.documents.runs import LogWindow, RunDocument, StepDocument
from recast.service.http.answers import answer
from recast.service.http.json_body import DeskRoute
from recast.service.routes import API
from recast.service.runs import log_window, run_told, step_document, step_told

__all__ = ["MOST_STEPS", "LimitOfSteps", "StepsWanted", "router"]

MOST_STEPS = 1000
"""So many steps one answer has."""

router = APIRouter(prefix=f"{API}/runs", tags=["runs"], route_class=DeskRoute)
_RUN: Answers = {200: {"model": RunDocument, "description": "The run, as `recast show` has it"}}
_STEP: Answers = {200: {"model": StepDocument, "description": "The step"}}
_LOG: Answers = {200: {"model": LogWindow, "description": "A part of the log"}}
StepId = Annotated[str, Path(max_length=1000, examples=["fit/0"], description="The id of a step, without its slash.")]
LimitOfSteps = Annotated[int, Query(ge=1, le=MOST_STEPS, description="How many steps the answer has at most.")]
_SORT = f"-?({'|'.join(filter(None, SORTS))})?"


def wanted_steps(
    stage: Annotated[str, Query(max_length=300, description="Steps of this stage alone, such as `map/fit`.")] = "",
    state: Annotated[
        str, Query(max_length=16, description="Those that their stage counts as this, such as `failed`.")
    ] = "",
    q: Annotated[str, Query(max_length=200, description="Words in their ids; inside also in nodes and reasons.")] = "",
    sort: Annotated[
        str, Query(max_length=20, pattern=f"^{_SORT}$", description="By what; with `-` the other way round.")
    ] = "",
) -> WantedSteps:
    """Return which steps of a run are asked for."""
    return WantedSteps(stage, state, q, sort)


StepsWanted = Annotated[WantedSteps, Depends(wanted_steps)]


@router.get("/{run}", responses=_RUN)
def read_run(
    asked: AskedNow, run: RunId, wanted: StepsWanted, cursor: Cursor = "", limit: LimitOfSteps = MOST_STEPS
) -> Response:
    """Read a run and its steps, as its driver has told last."""
    return answer(run_told(asked, run, wanted, cursor, limit))


@router.get("/{run}/steps/{step:path}", responses=_STEP)
def read_step(asked: AskedNow, run: RunId, step: StepId) -> Response:
    """Read one step of a run."""
    seen = asked.run(run)
    return answer(step_document(step_told(asked, seen, step), inside=seen.inside))


@router.get("/{run}/log", responses=_LOG)
def read_log(
    asked: AskedNow,
    run: RunId,
    step: Annotated[str, Query(max_length=1000, description="The id of a step.")],
    attempt: Annotated[int | None, Query(ge=1, le=10_000, description="Which attempt; the newest by default.")] = None,
    offset: Annotated[int, Query(ge=0, le=1 << 50, description="Where to begin, in bytes; `next` of a window.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1 << 20, description="How many bytes at most.")] = 1 << 16,
) -> Response:
    """Read a part of the log of a step's attempt, in whole lines, without control characters and secrets."""
    seen = asked.run(run)
    return answer(log_window(seen.noted, step_told(asked, seen, step), attempt, offset, limit))
