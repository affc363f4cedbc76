"""What an action can be about, besides a request and its answers: each with what `may` has to know of it."""

from __future__ import annotations

from dataclasses import dataclass

from recast.desk.model import Answer, Request

__all__ = ["Analysis", "Given", "Operations", "Person", "Run", "Service", "Thing", "Token", "Upload"]


@dataclass(frozen=True, slots=True)
class Service:
    """The service as a whole: what it lists, takes and does for its operators."""


@dataclass(frozen=True, slots=True)
class Operations:
    """What goes on inside the service: for those who operate it, and others do not even learn that it can be seen."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """A published analysis and its card; `collaboration` is in lower case, as coordinators are named by it."""

    name: str
    collaboration: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """An answer together with the request that it was given to."""

    request: Request
    answer: Answer


@dataclass(frozen=True, slots=True)
class Run:
    """A run and the request for whose points it was made."""

    request: Request


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that somebody handed in, and the requests that use it."""

    owner: str
    requests: tuple[Request, ...] = ()


@dataclass(frozen=True, slots=True)
class Token:
    """A token: whose it is, and its scopes (None: everything that its owner may)."""

    owner: str
    scopes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the service, as an account."""

    user: str


Thing = Service | Operations | Analysis | Request | Given | Run | Upload | Token | Person
