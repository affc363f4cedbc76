"""The question about points, and its answer."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from recast.json_types import JsonDict, JsonValue
from recast.service.documents.requests import MOST_POINTS, Given, Name, NewPoint

__all__ = ["MOST_TEXT", "CheckDocument", "Question"]

MOST_TEXT = 1_000_000
_TEXT = (
    "Instead of points: masses (`m_squark=1200 m_neutralino=300`, a point a line), a table, YAML, a request, or the "
    "content of a file (SLHA, LHE, HepMC, pyhf JSON). It is kept by nobody."
)

_EXAMPLE: JsonDict = {
    "analysis": "atlas-susy-2018-22",
    "points": [{"coordinates": {"m_squark": 1200, "m_neutralino": 300}, "inputs": {}}],
}

_EITHER: list[JsonValue] = [{"required": ["points"]}, {"required": ["text"]}]


class Question(Given):
    """Points, or a text that says them, for one analysis or for whichever takes them."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [_EXAMPLE], "anyOf": _EITHER})

    analysis: Name = ""
    version: Annotated[str, Field(max_length=64)] = ""
    axes: Annotated[list[Name], Field(max_length=10)] = Field(default_factory=list)
    points: Annotated[list[NewPoint], Field(min_length=1, max_length=MOST_POINTS)] = Field(default_factory=list)
    text: Annotated[str, Field(min_length=1, max_length=MOST_TEXT, description=_TEXT)] = ""

    @model_validator(mode="after")
    def _asks_something(self) -> Question:
        if not self.points and not self.text:
            raise ValueError("it has neither `points` nor a `text`")
        return self


class SearchFound(BaseModel):
    """What one search says of the points: how many of them it `takes`, how many lie `outside` of where it was
    validated, and the `clauses` of its validity that speak against the others. Without an `analysis` the first that
    take any also have the `cost`, and the `nearest` released answers that you may read.
    """

    model_config = ConfigDict(extra="allow")

    analysis: str
    version: str
    points: int
    takes: int
    outside: int
    clauses: list[dict[str, Any]]


class CheckDocument(BaseModel):
    """Which searches take the points and which points none takes, the faults, the nearest released answers, the cost.

    Of more than 60 points, 60 are compared with every search. `faults` are about all of them, and about one analysis.
    """

    model_config = ConfigDict(extra="allow")

    read: dict[str, Any] | None = Field(description="What the text was taken for: `kind`, `points`, `notes`")
    version: dict[str, Any] | None = Field(description="The version that the points were judged by")
    searches: list[SearchFound]
    uncovered: list[dict[str, Any]] = Field(description="Points that no search takes, and which comes closest")
    faults: list[dict[str, Any]]
    nearest: list[dict[str, Any]]
    cost: dict[str, Any]
