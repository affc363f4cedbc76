"""What the service answers about requests, as its OpenAPI document describes it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Problem", "RequestDocument", "RequestPage"]


class Problem(BaseModel):
    """Why something was not done (RFC 9457), with what the command line would say."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "/api/v1/problems/request.moved-on",
                    "title": "`accept` cannot be done now",
                    "status": 409,
                    "detail": "the request is withdrawn; this needs submitted",
                    "code": "request.moved-on",
                    "why": "the request is withdrawn; this needs submitted",
                    "where": "",
                    "next": "Look at its state, then decide again.",
                }
            ]
        }
    )

    type: str = Field(description="The address of a page that explains the code")
    title: str
    status: int
    detail: str
    code: str
    why: str
    where: str
    next: str = Field(description="What to type or to change next")
    errors: list[dict[str, Any]] = Field(default_factory=list, description="Every fault that was found")


class AnswerDocument(BaseModel):
    """What is said of one point."""

    model_config = ConfigDict(extra="allow")

    authority: str
    results: list[dict[str, Any]]
    version: str
    digest: str
    state: str


class PointDocument(BaseModel):
    """A point and its answers, side by side."""

    model_config = ConfigDict(extra="allow")

    id: str
    coordinates: dict[str, Any]
    state: str
    answers: list[AnswerDocument]


class AllowedDocument(BaseModel):
    """An action, whether you may do it now, why (not), and who could, whatever the state of the request is."""

    action: str
    may: bool
    why: str
    who: str


class RequestDocument(BaseModel):
    """A request as its reader may see it."""

    model_config = ConfigDict(extra="allow")

    id: str
    state: str
    audience: str
    points: list[PointDocument]
    allowed: list[AllowedDocument]


class RequestItem(BaseModel):
    """A request in a list."""

    model_config = ConfigDict(extra="allow")

    id: str
    state: str
    audience: str


class RequestPage(BaseModel):
    """A page of requests."""

    items: list[RequestItem]
    next: str | None = Field(description="The cursor of the next page")
    total: int
