"""The catalogue as the service answers it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from recast.json_types import JsonDict

__all__ = ["AnalysisPage", "AnalysisRecord", "VersionRecord"]

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


class AnalysisRecord(AnalysisItem):
    """Everything that is known of an analysis."""


class VersionRecord(BaseModel):
    """Everything that is known of a version."""

    model_config = ConfigDict(extra="allow")

    analysis: str
    version: str
    digest: str
