"""Searches that are known and not archived, as the service answers them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from recast.service.documents.answers import RequestItem

__all__ = ["KnownDocument", "KnownList"]


class KnownItem(BaseModel):
    """A published search that nobody has archived here; identifiers that nobody has given are empty."""

    model_config = ConfigDict(extra="allow")

    analysis: str = Field(description="The name that its entry would have")
    title: str
    collaboration: str
    links: dict[str, str]


class KnownList(BaseModel):
    """All of them that fit."""

    items: list[KnownItem]
    next: None
    total: int


class KnownDocument(KnownItem):
    """One of them, how a request names it (`wanted`), and the newest requests for it that you may find."""

    wanted: str
    requests: list[RequestItem]
