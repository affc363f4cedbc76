"""What goes on inside the service, as the OpenAPI document describes it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

__all__ = ["OperationsDocument"]


class OperationsDocument(BaseModel):
    """What goes on inside the service. Times are seconds since 1970, sizes bytes; people are told by their ids."""

    at: float
    work: dict[str, Any] = Field(description="`counts` by kind and state; `items`: what is not done, the oldest first")
    runs: list[dict[str, Any]] = Field(description="Runs that have not ended; `told`: when they were heard of last")
    dispatchers: list[dict[str, Any]] = Field(description="Signs of life, with how each is set up and the site's rules")
    failures: dict[str, list[dict[str, Any]]] = Field(description="Failed attempts by class, of a `day` and a `week`")
    nodes: list[dict[str, Any]] = Field(description="Nodes with failed attempts in the last day, the worst first")
    quotas: list[dict[str, Any]] = Field(description="Who has used most of each quantity in 30 days")
    outbox: dict[str, Any] = Field(description="Mail: what waits, what was refused and why")
    streams: dict[str, int]
    disk: dict[str, int]
