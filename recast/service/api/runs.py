"""Runs, by the ledger: no journal is read here. A driver leaves pictures of its run; logs lie in the run's folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response, StreamingResponse

from recast.ledger.steps import SORTS, WantedSteps
from recast.service.api.described import Answers, Cursor, RunId
from recast.service.asked import AskedNow
from recast.service.documents.runs import LogWindow, RunDocument, StepDocument
from recast.service.http.answers import answer
from recast.service.http.json_body import DeskRoute
from recast.service.logs.told import NEWEST_LINES, Asking, log_asked, log_told
from recast.service.routes import API
from recast.service.runs import run_told
from recast.service.step.told import step_told

__all__ = ["MOST_STEPS", "LimitOfSteps", "StepsWanted", "router"]

MOST_STEPS = 1000
"""So many steps one answer has."""

router = APIRouter(prefix=f"{API}/runs", tags=["runs"], route_class=DeskRoute)
_RUN: Answers = {200: {"model": RunDocument, "description": "The run, as `recast show` has it"}}
_STEP: Answers = {200: {"model": StepDocument, "description": "The step"}}
_LOG: Answers = {200: {"model": LogWindow, "description": "A part of the log"}}
_FILE: Answers = {200: {"description": "The log", "content": {"application/octet-stream": {}}}}
_NO_NAME = re.compile(r"[^A-Za-z0-9._-]")
Side = Literal["start", "end"]
LogOf = Annotated[str, Query(alias="step", max_length=1000, description="The id of a step.")]
Attempt = Annotated[int | None, Query(ge=1, le=10_000, description="Which attempt; the newest by default.")]
Place = Annotated[int, Query(ge=0, le=1 << 50, description="Where to begin, in bytes; `next` of a window.")]
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

AskFacts = Annotated[bool, Query(description="Ask the run itself, too: command, inputs, resources, attempts.")]


@router.get("/{run}", responses=_RUN)
def read_run(
    asked: AskedNow, run: RunId, wanted: StepsWanted, cursor: Cursor = "", limit: LimitOfSteps = MOST_STEPS
) -> Response:
    """Read a run and its steps, as its driver has told last."""
    return answer(run_told(asked, run, wanted, cursor, limit))


@router.get("/{run}/steps/{step:path}", responses=_STEP)
def read_step(asked: AskedNow, run: RunId, step: StepId, facts: AskFacts = False) -> Response:
    """Read one step of a run: its state and why, what comes before and after it, what its run knows of it."""
    return answer(step_told(asked, run, step, facts=facts))


@router.get("/{run}/log", responses=_LOG)
def read_log(
    asked: AskedNow,
    run: RunId,
    step: LogOf,
    attempt: Attempt = None,
    offset: Place = 0,
    limit: Annotated[int, Query(ge=1, le=1 << 20, description="How many bytes at most.")] = 1 << 16,
    side: Annotated[Side, Query(alias="from", description="`end`: the last lines, before `before`.")] = "start",
    lines: Annotated[int, Query(ge=1, le=10_000, description="With `from=end`, how many at most.")] = NEWEST_LINES,
    before: Annotated[int | None, Query(ge=0, le=1 << 50, description="The byte that the lines end before.")] = None,
    search: Annotated[str, Query(max_length=200, description="Look for these words from `offset` on.")] = "",
    file: Annotated[str, Query(max_length=40, description="`file` of the part before: tells a replaced log.")] = "",
) -> Response:
    """Read a part of the log of a step's attempt, in whole lines, without control characters and secrets."""
    asking = Asking(offset, limit, side == "end", lines, before, search.strip(), file)
    return answer(log_told(asked, run, step, attempt, asking))


@router.get("/{run}/log/file", responses=_FILE, response_class=Response)
def download_log(asked: AskedNow, run: RunId, step: LogOf, attempt: Attempt = None) -> Response:
    """Get the whole log of a step's attempt as it is, but for secrets."""
    log = log_asked(asked, run, step, attempt)
    name = f"{run}{log.step.replace('/', '-')}-{log.attempt}.log"
    headers = {"Content-Disposition": f'attachment; filename="{_NO_NAME.sub("_", name)[:150]}"'}
    asked.parts.downloads.check(asked.visitor.who)

    def content() -> Iterator[bytes]:
        with asked.parts.downloads.one(asked.visitor.who):
            yield from log.whole()

    return StreamingResponse(content(), headers=headers, media_type="application/octet-stream")
