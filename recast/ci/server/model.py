"""What the server keeps of refs, requests and pipelines, as frozen objects. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Known", "Pipeline", "Request", "State", "Waiting", "Wanted"]

State = Literal["held", "queued", "running", "done"]
"""Of a pipeline: `held` until a person says a word, `queued`, `running`, `done` with a word for the commit."""


@dataclass(frozen=True, slots=True)
class Known:
    """A ref as it was when we last looked: its object and commit, whether it is gone, and whether it was a fork's."""

    object: str
    commit: str
    gone: bool = False
    fork: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """A pull or merge request that a forge told us of."""

    number: int
    fork: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """A pipeline that must exist. Its identity is the repository, the commit and the lane.

    The lanes of a commit: `commit`; `fork`, for a commit that only a request from a fork has; `tag:NAME`, which
    publishes. `state` is the one of a new pipeline; a `done` one has its word and sentence.
    """

    commit: str
    lane: str
    ref: str
    event: str
    state: State = "queued"
    trusted: bool = True
    word: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A pipeline that could be started. `served` is when its repository and its ref were last served, 0 for never."""

    id: str
    repository: str
    ref: str
    commit: str
    created: float
    repository_served: float
    ref_served: float


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline as the ledger has it. `fence` grows with each lease; only the newest may write the verdict."""

    id: str
    repository: str
    commit: str
    lane: str
    ref: str
    event: str
    state: State
    trusted: bool
    word: str
    sentence: str
    created: float
    started: float
    finished: float
    tries: int
    blocked: int
    fence: int
    allowed_by: str
