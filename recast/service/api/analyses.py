"""The catalogue: which searches there are, found by words and facets, and what a version is."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from recast.service.api.described import Answers, Cursor, Limit
from recast.service.asked import AskedNow
from recast.service.documents.analyses import AnalysisPage, AnalysisRecord, AnswerPage, VersionRecord
from recast.service.http.answers import answer
from recast.service.http.json_body import DeskRoute
from recast.service.routes import API
from recast.service.told import analysis_told, answers_told, found_analyses, version_told

__all__ = ["router"]

router = APIRouter(prefix=f"{API}/analyses", tags=["analyses"], route_class=DeskRoute)

Name = Annotated[str, Path(max_length=128, examples=["atlas-susy-2018-22"], description="The name of an analysis.")]
Number = Annotated[str, Path(max_length=64, examples=["1.0.0"], description="The number of a version.")]
_QUESTION = (
    "Words anywhere in the record; phrases in quotes; numbers of papers in any spelling; words of a field, as in "
    "`collaboration:CMS sqrts:13`. All have to be there."
)
Facet = Annotated[str, Query(max_length=200, description="A value of this facet.")]


async def chosen_facets(
    collaboration: Facet = "",
    final_state: Facet = "",
    model: Facet = "",
    sqrts_tev: Facet = "",
    luminosity_inv_fb: Facet = "",
    status: Facet = "",
    validated: Facet = "",
    tool: Facet = "",
    policy: Facet = "",
) -> dict[str, str]:
    """Return the value that is asked for of each facet, empty for any, in the order in which pages show them."""
    # It is async because FastAPI sends what is not to a thread, for each search.
    return {
        "collaboration": collaboration,
        "sqrts_tev": sqrts_tev,
        "luminosity_inv_fb": luminosity_inv_fb,
        "final_state": final_state,
        "model": model,
        "tool": tool,
        "status": status,
        "validated": validated,
        "policy": policy,
    }


ChosenFacets = Annotated[dict[str, str], Depends(chosen_facets)]

_PAGE: Answers = {200: {"model": AnalysisPage, "description": "A page of analyses, and the facets of all that fit"}}
_RECORD: Answers = {200: {"model": AnalysisRecord, "description": "The record of the analysis"}}
_ANSWERS: Answers = {200: {"model": AnswerPage, "description": "Released answers, those of the newest requests first"}}
_VERSION: Answers = {200: {"model": VersionRecord, "description": "The record of the version"}}


@router.get("", responses=_PAGE)
def search_analyses(
    asked: AskedNow,
    chosen: ChosenFacets,
    q: Annotated[str, Query(max_length=300, description=_QUESTION)] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Response:
    """Search the catalogue by words and facets."""
    return answer(found_analyses(asked, q, chosen, cursor, limit))


@router.get("/{analysis}", responses=_RECORD)
def read_analysis(asked: AskedNow, analysis: Name) -> Response:
    """Read the record of an analysis: its versions, its card, its validation."""
    return answer(analysis_told(asked, analysis))


@router.get("/{analysis}/answers", responses=_ANSWERS)
def list_answers(asked: AskedNow, analysis: Name) -> Response:
    """List the released answers of an analysis, of as many points of the newest requests as are looked at."""
    return answer(answers_told(asked, analysis))


@router.get("/{analysis}/versions/{version}", responses=_VERSION)
def read_version(asked: AskedNow, analysis: Name, version: Number) -> Response:
    """Read the record of one version: its digest, inputs, declared results, images."""
    return answer(version_told(asked, analysis, version))
