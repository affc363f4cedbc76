"""The question about points, and its answer."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from recast.json_types import JsonDict
from recast.service.documents.requests import MOST_POINTS, Given, Name, NewPoint

__all__ = ["CheckDocument", "Question"]

_EXAMPLE: JsonDict = {
    "analysis": "atlas-susy-2018-22",
    "points": [{"coordinates": {"m_squark": 1200, "m_neutralino": 300}, "inputs": {}}],
}


class Question(Given):
    """Points, for one analysis or for whichever takes them."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [_EXAMPLE]})

    analysis: Name = ""
    version: Annotated[str, Field(max_length=64)] = ""
    axes: Annotated[list[Name], Field(max_length=10)] = Field(default_factory=list)
    points: Annotated[list[NewPoint], Field(min_length=1, max_length=MOST_POINTS)]


class CheckDocument(BaseModel):
    """Which searches take the points, the faults, the nearest released answers, the cost."""

    model_config = ConfigDict(extra="allow")

    searches: list[dict[str, Any]]
    faults: list[dict[str, Any]]
