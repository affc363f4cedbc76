"""What a delivery says, the same for all forges; and why a delivery is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

__all__ = ["DIALECTS", "REASONS", "Delivery", "Dialect", "Event", "Hook", "Kind", "Refusal"]

Dialect = Literal["gitlab", "github", "gitea"]
DIALECTS: tuple[Dialect, ...] = ("gitlab", "github", "gitea")
"""`gitea` is also Forgejo's."""

Kind = Literal["push", "tag", "request", "deleted", "ping", "ignored"]

REASONS = {
    # reason: the HTTP status of the answer
    "contradictory": 400,
    "dialect": 400,
    "no-proof": 401,
    "wrong-proof": 401,
    "stale": 401,
    "replayed": 409,
    "too-large": 413,
    "truncated": 400,
    "no-length": 411,
    "not-json": 400,
    "shape": 400,
    "repository": 403,
    "no-hook": 404,
}
"""Why a delivery is refused."""


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to one ref of a repository (`group/name`).

    `before` and `after` are commits, or tag objects where the forge sends those; empty where nothing was or is there.
    `why` says why an event is ignored.
    """

    kind: Kind
    repository: str
    ref: str = ""
    before: str = ""
    after: str = ""
    number: int | None = None
    fork: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Hook:
    """One hook: the forge that calls it, its own secret, and the only repository that it may speak of."""

    dialect: Dialect
    repository: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery that was proven to come from the forge. `digest` is the SHA-256 of its body."""

    id: str
    digest: str
    event: Event


@dataclass(frozen=True, slots=True)
class Refusal:
    """A delivery that is refused: its reason is one of `REASONS`; `why` never quotes what was sent."""

    reason: str
    why: str

    @property
    def status(self) -> int:
        """Return the HTTP status of the answer."""
        return REASONS[self.reason]
