"""What a client says of requests."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from recast.desk.transitions import ACTIONS
from recast.json_types import JsonDict

__all__ = ["MOST_POINTS", "Action", "Amendment", "Given", "Name", "NewPoint", "NewRequest", "State"]

Audience = Literal["public", "unlisted", "private"]
State = Literal["draft", "submitted", "accepted", "declined", "answered", "released", "withdrawn", "expired"]
Name = Annotated[str, Field(max_length=128)]
Line = Annotated[str, Field(max_length=300)]
Words = Annotated[str, Field(max_length=20_000)]
MOST_POINTS = 2000

_POINT = {"coordinates": {"m_squark": 1200, "m_neutralino": 300}, "inputs": {"cross_section_pb": 0.034}}
_REQUEST: JsonDict = {
    "analysis": "atlas-susy-2018-22",
    "title": "Squarks in a compressed corner",
    "model": "MSSM with a bino-like LSP",
    "reason": "The published grid ends at 1.1 TeV.",
    "audience": "private",
    "axes": ["m_squark", "m_neutralino"],
    "points": [_POINT],
}


class Given(BaseModel):
    """A document that a client writes: nothing unknown in it, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True)

    def given(self) -> JsonDict:
        """Return what the client said, and nothing that it did not say."""
        return self.model_dump(exclude_unset=True)


class NewPoint(Given):
    """A set of coordinates, with values or uploads (`upload:sha256:…`) for the inputs."""

    coordinates: dict[str, Any] = Field(max_length=50)
    inputs: dict[str, Any] = Field(default_factory=dict, max_length=200)


Axes = Annotated[
    list[Name] | dict[Name, list[Any]],
    Field(max_length=10, description="Names of axes; or names with values: all combinations are points"),
]
Points = Annotated[list[NewPoint], Field(max_length=MOST_POINTS)]
Table = Annotated[
    str, Field(max_length=4_000_000, description="Points as CSV: a line of names, then one for each point")
]


class Changeable(Given):
    """What a request says, and what may still change in it before it is accepted."""

    version: Annotated[str, Field(max_length=64)] = ""
    wanted: Line = ""
    title: Line = ""
    model: Words = ""
    reason: Words = ""
    audience: Audience = "private"
    axes: Axes = Field(default_factory=list)
    points: Points = Field(default_factory=list)
    csv: Table = ""


class NewRequest(Changeable):
    """A request as it is made: for a published analysis, or (`wanted`) for a search that nobody has archived."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [_REQUEST]})

    analysis: Name = ""


class Amendment(Changeable):
    """What changes in a request; what is not named stays."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"title": "Squarks, compressed"}]}
    )


class Action(BaseModel):
    """A step in the life of a request. What an action needs besides its reason is in its own fields."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={"examples": [{"action": "submit"}, {"action": "decline", "reason": "Out of our reach."}]},
    )

    action: str = Field(max_length=40, json_schema_extra={"enum": [*sorted(ACTIONS)]})
    reason: Words = ""

    def given(self) -> JsonDict:
        """Return everything but the name of the action."""
        return self.model_dump(exclude_unset=True, exclude={"action"})
