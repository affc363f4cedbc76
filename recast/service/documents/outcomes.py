"""What remains of a request, as the OpenAPI document describes it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

__all__ = ["History"]


class EventDocument(BaseModel):
    """One event of a request."""

    model_config = ConfigDict(extra="allow")

    number: int
    kind: str
    by: str
    at: str
    data: dict[str, Any]


class History(BaseModel):
    """The events of a request that its reader may know of."""

    items: list[EventDocument]
    next: None
    total: int
