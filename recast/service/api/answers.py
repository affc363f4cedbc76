"""The answers of requests: tables and charts, single points, comparisons, and files to take away."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from recast.service.answers.files import File, file_of_answer, file_of_request
from recast.service.answers.listed import View
from recast.service.answers.told import answer_asked, compared_told, point_told, request_answers_told
from recast.service.api.described import Answers, IfNoneMatch, RequestId
from recast.service.api.outcomes import AnswerId
from recast.service.asked import AskedNow
from recast.service.documents.request_answers import Compared, PointAnswers, RequestAnswers
from recast.service.http.answers import content_answer, encoded
from recast.service.http.conditions import unchanged
from recast.service.http.json_body import DeskRoute
from recast.service.routes import API

__all__ = ["PointId", "Quantity", "Requests", "ViewNow", "router"]

router = APIRouter(prefix=f"{API}/requests", tags=["requests"], route_class=DeskRoute)

PointId = Annotated[str, Path(max_length=20, examples=["p1"], description="The id of a point.")]
FileName = Annotated[str, Path(max_length=80, examples=["answers.csv"], description="The name of a file.")]
Requests = Annotated[list[str], Query(alias="with", max_length=20, description="Ids of requests, several times.")]
Quantity = Annotated[
    Literal["", "cls", "mu", "xsec"], Query(description="What is drawn along one axis; empty for the first there is.")
]
Verdict = Literal["", "excluded", "allowed", "undecided", "none", "failed", "withheld", "waiting", "turned"]
_Axis = Annotated[str, Query(max_length=100, description="A coordinate.")]


async def view(
    authority: Annotated[str, Query(max_length=40, description="Whose answers; empty for who has most.")] = "",
    x: _Axis = "",
    y: _Axis = "",
    sort: Annotated[
        str, Query(max_length=101, description="A coordinate, `verdict`, `cls_obs` and such; `-` turns it.")
    ] = "",
    verdict: Annotated[Verdict, Query(description="Only rows with this verdict.")] = "",
    q: Annotated[str, Query(max_length=200, description="Only rows with these words, such as `m=300`.")] = "",
    cursor: Annotated[str, Query(max_length=9, pattern=r"^\d*$", description="`next` of the page before.")] = "",
    limit: Annotated[int, Query(ge=1, le=200, description="How many rows a page has.")] = 50,
) -> View:
    """Return what is asked for of a table of answers."""
    return View(authority, x, y, sort, verdict, q, int(cursor or 0), limit)


ViewNow = Annotated[View, Depends(view)]

_ANSWERS: Answers = {200: {"model": RequestAnswers, "description": "Charts, and a page of the table"}}
_POINT: Answers = {200: {"model": PointAnswers, "description": "The point with its answers"}}
_COMPARED: Answers = {200: {"model": Compared, "description": "A row for each place"}}
_FILE: Answers = {200: {"description": "The file", "content": {"application/octet-stream": {}}}}


@router.get("/compare", responses=_COMPARED)
def compare_requests(asked: AskedNow, view: ViewNow, requests: Requests = []) -> Response:  # noqa: B006
    """Compare requests point by point: each authority and version of one has a column, and differences are with the
    first value of a row.
    """
    return content_answer(asked, encoded(compared_told(asked, requests, view)))


@router.get("/{id}/answers", responses=_ANSWERS)
def read_answers(asked: AskedNow, id: RequestId, view: ViewNow, if_none_match: IfNoneMatch = None) -> Response:
    """Read the answers of one authority to a request, as charts and as a table that is sorted, filtered and paged."""
    return content_answer(asked, encoded(request_answers_told(asked, asked.request(id), view)))


@router.get("/{id}/points/{point}", responses=_POINT)
def read_point(asked: AskedNow, id: RequestId, point: PointId, if_none_match: IfNoneMatch = None) -> Response:
    """Read one point of a request with all its answers side by side, and the most sensitive limit of each."""
    return content_answer(asked, encoded(point_told(asked, asked.request(id), point)))


@router.get("/{id}/downloads/{file}", responses=_FILE, response_class=Response)
def download(
    asked: AskedNow,
    id: RequestId,
    file: FileName,
    view: ViewNow,
    quantity: Quantity = "",
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Get a file about the answers that you may read: `chart.svg`, `.png`, `.pdf`, `answers.csv`, `.json`,
    `hepdata.zip`, `pyhf.zip`. The parameters are those of the table.
    """
    return _attached(asked, file_of_request(asked, asked.request(id), file, view, quantity))


@router.get("/{id}/answers/{answer_id}/charts/{file}", responses=_FILE, response_class=Response)
def chart_of_answer(
    asked: AskedNow, id: RequestId, answer_id: AnswerId, file: FileName, if_none_match: IfNoneMatch = None
) -> Response:
    """Get a chart of one answer: `limits.svg`, `yields-1.png`, `cutflow-1.pdf`."""
    request, point, answer = answer_asked(asked, id, answer_id)
    return _attached(asked, file_of_answer(asked, request, point, answer, file))


def _attached(asked: AskedNow, file: File) -> Response:
    """Return a file as an attachment: a browser keeps it and does not show it as a page of ours."""
    headers = {
        "ETag": file.etag,
        "Vary": "Authorization, Cookie",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f'attachment; filename="{file.name}"',
    }
    if unchanged(asked.http.headers.get("if-none-match"), file.etag):
        return Response(status_code=304, headers=headers)
    return Response(file.content, headers=headers, media_type=file.media_type)
