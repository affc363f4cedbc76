"""What an answer rests on, as the OpenAPI document describes it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Evidence"]


class EvidenceStep(BaseModel):
    """A step that published results of the answer."""

    id: str
    image: str | None = Field(description="The digest of the image that ran; null for a process on the host")
    results: list[str] | None
    cached: bool | None
    attempts: int | None
    step: str | None = Field(description="Where it is described; null if its run is not known here any more")
    log: str | None = Field(description="Null if there is none, or if you may not read it")


class Reproduction(BaseModel):
    """How to compute the answer again; `missing` says why the command is not complete."""

    command: str
    files: list[dict[str, Any]]
    missing: str


class SignedStatement(BaseModel):
    """The signed file of a released answer, the key to check it with, and the command that does."""

    digest: str
    file: str
    key: str
    verify: str


class Evidence(BaseModel):
    """What an answer rests on; `unknown` says what nobody here can tell of it."""

    model_config = ConfigDict(extra="allow")

    request: str
    point: dict[str, Any]
    answer: dict[str, Any]
    run_is_known: bool
    steps: list[EvidenceStep]
    seeds: list[dict[str, Any]]
    inputs: dict[str, Any]
    provenance: dict[str, Any] = Field(description="Of an answer from elsewhere: what its author says")
    reproduce: Reproduction
    statement: SignedStatement | None
    logs: bool
    unknown: list[str]
