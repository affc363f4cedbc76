"""Runs as the service answers them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["LogWindow", "RunDocument", "StepDocument"]


class StepDocument(BaseModel):
    """A step, as in `recast show RUN -o json`."""

    model_config = ConfigDict(extra="allow")

    id: str
    state: str


class RunDocument(BaseModel):
    """A run, as in `recast show RUN -o json`; without steps until its driver has told of them.

    `stages` are counts by stage, `awaited` the steps that it waits for and since when, `driver` when its driver wrote
    last, by its own clock, and what the clock of the service says now.
    """

    model_config = ConfigDict(extra="allow")

    run: str
    request: str
    state: str
    number: int = Field(description="The number of the picture; it grows with each new one")
    steps: list[dict[str, Any]]
    steps_found: int = Field(description="How many steps there are that were asked for")
    next: str | None = Field(description="The cursor of what follows; null at the end")


class LogWindow(BaseModel):
    """Whole lines of a log. `next` is the offset of what follows; nothing follows if `ended` and `next` is `size`."""

    run: str
    step: str
    attempt: int
    offset: int
    next: int
    size: int
    ended: bool
    text: str
