"""Requests, their points and the answers to them, and who acts on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from recast.json_types import JsonObject

__all__ = [
    "ANSWER_STATES",
    "AUDIENCES",
    "AUTHORITIES",
    "MACHINE",
    "POINT_STATES",
    "REQUEST_STATES",
    "ROLES",
    "SCOPES",
    "Actor",
    "Answer",
    "Comment",
    "Event",
    "Listed",
    "Point",
    "Request",
]

AUDIENCES = ("public", "unlisted", "private")
"""Who may read a request: everybody; everybody who knows its link; its parties alone."""

REQUEST_STATES = ("draft", "submitted", "accepted", "declined", "answered", "released", "withdrawn", "expired")
POINT_STATES = ("open", "running", "answered", "failed")

AUTHORITIES = ("authoritative", "community", "automatic")
"""Who stands behind an answer: the analysis' contacts, somebody else, or nobody but the machine that ran it."""

ANSWER_STATES = ("proposed", "reviewed", "released", "rejected")

ROLES = ("operator", "administrator")
"""Roles that the service gives; those of a person in one request or analysis follow from the objects."""

SCOPES = ("read", "request", "answer", "review", "operate", "admin")
"""What a token may be limited to."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `user` is empty for a visitor without login; `link` is the request that a visitor's link opens.

    `scopes` limit what a token may do; None means no such limit. `machine` is set for the service's own dispatcher.
    """

    user: str = ""
    roles: frozenset[str] = frozenset()
    contact_of: frozenset[str] = frozenset()
    coordinator_of: frozenset[str] = frozenset()
    scopes: frozenset[str] | None = None
    link: str = ""
    machine: bool = False


MACHINE = Actor(machine=True)
"""The service itself: its dispatcher, what drives runs, and what follows the catalogue."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said about one point: results, or the reason why there are none.

    `digest` is that of the analysis version it rests on, `statement` that of the signed statement once it is released.
    `reviewer` is the name that `reviewed_by` went by. `caveat` says that the version was deprecated or withdrawn since,
    and why. `beside`: it comes from somebody who has no part in the request, so it settles nothing before a review.
    """

    id: str
    authority: str
    state: str
    by: str
    at: str
    analysis: str
    version: str
    digest: str
    results: tuple[JsonObject, ...] = field(default=(), hash=False)
    reason: str = ""
    run: str = ""
    provenance: JsonObject = field(default_factory=dict, hash=False)
    reviewed_by: str = ""
    reviewed_at: str = ""
    reviewer: str = ""
    released_by: str = ""
    released_at: str = ""
    statement: str = ""
    caveat: str = ""
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """One set of coordinates of a model, with the inputs that belong to it: values, or uploads (`upload:sha256:…`)."""

    id: str
    coordinates: JsonObject = field(hash=False)
    inputs: JsonObject = field(default_factory=dict, hash=False)
    state: str = "open"
    reason: str = ""
    run: str = ""
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class Comment:
    """One contribution to the discussion of a request; `open` unless the request was private when it was made."""

    id: str
    by: str
    at: str
    text: str
    open: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """A theorist's request for answers at some points. `version` counts its events: the ETag of its document.

    `analysis` is the name of a published analysis; for a search that nobody has archived `wanted` names it instead.
    `readers` are those whom the owner invited. `expires` and `reminds` are when time does something to a submitted one;
    `run_wanted` and `cancel_wanted` say what was asked of the dispatcher and not done yet; `restricted` that a
    moderator made it private. `logs_open` says that every answer of its runs is released, so that logs tell no other.
    `run_versions` has the analysis, version and digest that each run was started for.
    """

    id: str
    version: int
    state: str
    owner: str
    audience: str
    analysis: str = ""
    analysis_version: str = ""
    digest: str = ""
    collaboration: str = ""
    title: str = ""
    model: str = ""
    reason: str = ""
    axes: tuple[str, ...] = ()
    points: tuple[Point, ...] = ()
    comments: tuple[Comment, ...] = ()
    subscribers: frozenset[str] = frozenset()
    readers: frozenset[str] = frozenset()
    runs: tuple[str, ...] = ()
    created: str = ""
    changed: str = ""
    expires: str = ""
    reminds: str = ""
    run_wanted: bool = False
    cancel_wanted: bool = False
    restricted: bool = False
    logs_open: bool = False
    accepted_by: str = ""
    state_reason: str = ""
    wanted: str = ""
    claimed_by: str = ""
    run_versions: JsonObject = field(default_factory=dict, hash=False)

    def version_of_run(self, run: str) -> tuple[str, str, str]:
        """Return the analysis, version and digest that a run was started for, whatever is asked for by now."""
        now = {"analysis": self.analysis, "version": self.analysis_version, "digest": self.digest}
        found: JsonObject = self.run_versions.get(run) or now
        return found["analysis"], found["version"], found["digest"]


@dataclass(frozen=True, slots=True)
class Listed(Request):
    """A request in a list: without what is long (points, comments, model, reason), but with how many points there are
    in which state.
    """

    counts: Mapping[str, int] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a request's audit trail. `number` begins with 1; `kind` is a word of `transitions`."""

    request: str
    number: int
    kind: str
    actor: str
    at: str
    data: JsonObject = field(default_factory=dict, hash=False)
