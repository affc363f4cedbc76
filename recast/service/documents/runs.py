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


class LogHit(BaseModel):
    """A line in which the words of a search are."""

    offset: int
    text: str


class LogWindow(BaseModel):
    """Whole lines of a log. `next` is the offset of what follows; nothing follows if `ended` and `next` is `size`.

    Of a search: the lines with its words between `offset` and `next`. There may be more while `next` is not `size`.
    """

    run: str
    step: str
    attempt: int
    offset: int
    next: int
    size: int
    ended: bool
    file: str = Field(description="Names the file that was read: a log that was replaced has another name")
    again: bool = Field(description="It was read anew: the log is another one than `file`, or was cut short")
    text: str
    hits: list[LogHit] | None = Field(None, description="What a search found")
