"""The catalogue as the service answers it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from recast.json_types import JsonDict

__all__ = ["AnalysisPage", "AnalysisRecord", "AnswerPage", "VersionRecord"]

_ITEM: JsonDict = {
    "analysis": "atlas-susy-2018-22",
    "version": "1.0.0",
    "title": "Squarks and gluinos in final states with jets and missing transverse momentum",
    "collaboration": "ATLAS",
    "status": "published",
    "validated": True,
}


class AnalysisItem(BaseModel):
    """One analysis in a list."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [_ITEM]})

    analysis: str
    version: str | None
    title: str
    collaboration: str | None
    status: str
    validated: bool


class FacetCount(BaseModel):
    """A value of a facet, and how many analyses have it."""

    value: str | int | float | bool
    count: int


class AnalysisPage(BaseModel):
    """A page of analyses. `facets` count what all pages together hold."""

    items: list[AnalysisItem]
    next: str | None = Field(description="The cursor of the next page")
    total: int
    facets: dict[str, list[FacetCount]]
    notes: list[str] = Field(default=[], description="What of the words was not understood as it may have been meant")
    instead: str | None = Field(
        default=None, description="The words that were looked for, because those that were asked for find nothing"
    )
    meant: list[str] = Field(default=[], description="Other words that may have been meant, and find something")


class Stage(BaseModel):
    """A stage of a workflow as it is written."""

    model_config = ConfigDict(extra="allow")

    stage: str
    each: str = Field(description="What it is scattered over, empty for a single step")
    runs: str = Field(description="Its image")
    inside: int = Field(description="How many stages its sub-workflow has")
    after: list[str] = Field(description="The stages that it waits for")


class Workflow(BaseModel):
    """The stages of a version; `more` are left out. With a `fault` there are none, and it says why."""

    stages: list[Stage] = []
    more: int = 0
    fault: str = ""


class Number(BaseModel):
    """A published number that a version must reproduce, and ours if it was validated on this machine."""

    model_config = ConfigDict(extra="allow")

    name: str
    published: float | None
    kind: str
    tolerance: float | None
    source: str
    ours: float | None = None
    deviation: float | None = None
    verdict: str = ""


class Evidence(BaseModel):
    """The numbers of a version, and when and where they were reproduced last; both are empty if not here."""

    items: list[Number] = []
    more: int = 0
    when: str = ""
    where: str = ""


class SeenCost(BaseModel):
    """What a point has cost in runs for public requests (core-hours): the middle, and where eight of ten lie."""

    core_hours: float | None
    low: float | None
    high: float | None
    runs: int
    words: str


class Details(BaseModel):
    """What is known of a version besides what its authors wrote."""

    workflow: Workflow | None = None
    evidence: Evidence | None = None
    since: JsonDict | None = Field(default=None, description="What it changed of the version before it")
    cost_seen: SeenCost | None = None


class AnalysisRecord(AnalysisItem, Details):
    """Everything that is known of an analysis."""


class VersionRecord(Details):
    """Everything that is known of a version."""

    model_config = ConfigDict(extra="allow")

    analysis: str
    version: str
    digest: str


class ReleasedAnswer(BaseModel):
    """A released answer: where it is, who stands behind it, and its most sensitive limit."""

    model_config = ConfigDict(extra="allow")

    request: str
    point: str
    answer: str
    authority: str
    coordinates: JsonDict
    version: str
    caveat: str


class AnswerPage(BaseModel):
    """Released answers of an analysis, those of the newest requests first; older ones may be left out."""

    items: list[ReleasedAnswer]
    next: str | None = Field(description="Always null: there is one page")
    total: int
