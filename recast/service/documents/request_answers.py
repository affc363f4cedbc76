"""The answers of requests as tables and charts, as the OpenAPI document describes them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from recast.json_types import JsonDict

__all__ = ["Compared", "PointAnswers", "RequestAnswers"]

Line = list[tuple[float, float]]


class AuthorityCount(BaseModel):
    """An authority, and how many points it has answered that you may read."""

    authority: str
    points: int


class ChartPoint(BaseModel):
    """A point of a chart: where it is, its verdict, and the numbers of its limit."""

    point: str
    answer: str
    at: JsonDict
    verdict: str
    limit: JsonDict | None
    reason: str


class Chart(BaseModel):
    """A plane of two coordinates, or limits along one. `held` is what all its points have in common."""

    kind: str = Field(description="plane, or line")
    axes: list[str]
    held: str
    step: list[float | None] = Field(description="The largest distance of neighbours that a line crosses, by axis")
    spots: list[ChartPoint]
    contours: dict[str, list[Line]] = Field(
        default={}, description="The lines of exclusion at 95% CL, as `recast scan` draws them"
    )
    published: list[Line] = Field(default=[], description="The published line")
    published_how: str = Field(default="", description="What the published line is made of")


class AnswerRow(BaseModel):
    """A point in the table: the answer that counts, and its limit with the best expected sensitivity."""

    model_config = ConfigDict(extra="allow")

    point: str
    coordinates: JsonDict
    state: str
    verdict: str = Field(description="excluded, allowed, undecided, none, failed, withheld, waiting")
    answer: str
    authority: str
    version: str
    limit: JsonDict | None
    limits: int = Field(description="How many limits the answer has")
    reason: str


class RequestAnswers(BaseModel):
    """The answers of one authority to a request, as far as you may read them. Nothing is averaged."""

    model_config = ConfigDict(extra="allow")

    id: str
    authority: str
    authorities: list[AuthorityCount]
    verdicts: dict[str, int]
    runs: list[str] = Field(description="The runs behind the answers")
    signals: bool = Field(description="Whether you may have the signals of these runs, if they fitted any with pyhf")
    axes: list[str]
    why: str = Field(description="Why there is no chart")
    numbers: list[str] = Field(description="What can be an axis")
    labels: dict[str, str]
    charts: list[Chart]
    not_drawn: int
    items: list[AnswerRow]
    next: str | None = Field(description="The cursor of the next page of the table")
    total: int


class PointAnswers(BaseModel):
    """A point with all its answers that you may read, each with its results by kind."""

    model_config = ConfigDict(extra="allow")

    id: str
    point: str
    before: str = Field(description="The id of the point before it")
    after: str
    coordinates: JsonDict
    inputs: JsonDict
    point_state: str
    answers: list[JsonDict]
    moved: JsonDict | None = Field(description="What moved between the versions that it was answered with")


class ComparedRow(BaseModel):
    """A place, with a cell for each column (or null), and what differs from the first cell."""

    at: JsonDict
    cells: list[JsonDict | None]
    differences: list[dict[str, Any] | None]
    turned: bool = Field(description="Whether the verdicts differ")


class Compared(BaseModel):
    """Requests and versions point by point."""

    model_config = ConfigDict(extra="allow")

    requests: list[JsonDict]
    columns: list[JsonDict] = Field(description="An authority and a version of a request each")
    coordinates: list[str] = Field(description="By which points are matched; masses without `_gev`")
    items: list[ComparedRow]
    next: str | None
    total: int
