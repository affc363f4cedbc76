"""What is asked by one HTTP request: by whom, which action, of what. Handlers reach everything through it.

An object comes out of here only after `may` was asked, so a handler cannot forget to ask.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

from fastapi import Depends
from fastapi import Request as HttpRequest

from recast.desk.may import may
from recast.desk.model import Actor, Request
from recast.desk.objects import Run, Service, Thing
from recast.desk.refusals import Refused
from recast.errors import NotFound, UsageError
from recast.ledger import Once
from recast.ledger.runs import NotedRun
from recast.moments import moment
from recast.operations.desk.given import checked_answer
from recast.service.conditions import wanted_version
from recast.service.facts import facts_for, policy_of
from recast.service.identity import Visitor
from recast.service.once import once_of
from recast.service.parts import Parts
from recast.service.routes import action_of
from recast.terminal_safe import one_line

__all__ = ["Asked", "AskedNow", "SeenRun", "asked", "no_such"]

_SERVICE = Service()


@dataclass(frozen=True, slots=True)
class SeenRun:
    """A run that somebody may see; `inside`: also what its steps were given, said and made."""

    noted: NotedRun
    inside: bool


@dataclass
class Asked:
    """One request on its way through a handler. `action` is the route's own."""

    parts: Parts
    http: HttpRequest
    action: str
    body: bytes = b""

    @cached_property
    def visitor(self) -> Visitor:
        """Who asks; raises CredentialsProblem, PermissionDenied, and TooOften."""
        return self.parts.identity.visitor(self.http)

    @property
    def actor(self) -> Actor:
        """Who asks, as the desk sees them."""
        return self.visitor.actor

    @property
    def now(self) -> str:
        """The time, as documents have it."""
        return moment(self.parts.clock())

    @property
    def once(self) -> Once | None:
        """The Idempotency-Key, if there is one; strangers have none, for they would share theirs."""
        key = self.http.headers.get("idempotency-key") if self.actor.user else None
        return once_of(key, self.http.method, self.http.url.path, self.body)

    @property
    def if_match(self) -> int | None:
        """The version that the client changes; None for any."""
        return wanted_version(self.http.headers.get("if-match"))

    def path(self, path: str) -> str:
        """Return a path of ours as the outside reaches it."""
        return f"{self.parts.settings.prefix}{path}"

    def url(self, path: str) -> str:
        """Return the path of something of the API as the outside reaches it."""
        return self.path(f"/api/v1{path}")

    # what may be reached ----------------------------------------------------------------------------------------

    def must(self, thing: Thing = _SERVICE, policy: str = "on-acceptance") -> None:
        """Go on if the actor may do the route's action to a thing; else raise NotFound if it is hidden, or Refused."""
        said = may(self.actor, self.action, thing, policy)
        if said.hidden:
            raise no_such(self.http.path_params)
        if not said.yes:
            raise Refused(f"You may not {self.action} this", why=said.why, next_step=_next(self.actor))

    def request(self, name: str) -> Request:
        """Return a request for which the actor may do the route's action."""
        with self.alike():
            head = self.parts.ledger.head(name)
            self.must(head)  # before the points are read: what is hidden takes no longer than what is not there
            return self.parts.recent.whole(head)

    def seen(self, name: str) -> Request:
        """Return a request that the actor may read, whatever the route's action is; that is still to be asked."""
        with self.alike():
            head = self.parts.ledger.head(name)
            if not may(self.actor, "read", head).yes:
                raise no_such(self.http.path_params)
            return self.parts.recent.whole(head)

    def run(self, name: str) -> SeenRun:
        """Return a run whose request lets the actor do the route's action."""
        with self.alike():
            run = self.parts.ledger.runs.get(name)
            request = self.parts.ledger.head(run.request)
        self.must(Run(request))
        return SeenRun(run, may(self.actor, "read-log", Run(request), self.policy(request)).yes)

    def policy(self, request: Request) -> str:
        """Return the policy of the card of a request's analysis."""
        return policy_of(self.parts.ledger, request.analysis)

    def act(self, name: str | None, action: str, data: Mapping[str, Any]) -> Request:
        """Do an action of the desk, judged by it in the transaction that writes it; return the request after it."""
        with self.alike():
            data = checked_answer(data) if action == "answer" else data
            facts = facts_for(self, name, action, data)
            return self.parts.ledger.act(
                name,
                action,
                self.actor,
                data,
                facts=facts,
                if_match=self.if_match,
                once=self.once,
                quotas=self.parts.settings.identity.quotas,
            )

    def again(self) -> Asked:
        """Return the same question asked now: by whom, is found anew."""
        return Asked(self.parts, self.http, self.action)

    def needs_version(self) -> None:
        """Raise UsageError unless If-Match says which version the client has seen."""
        if "if-match" not in self.http.headers:
            raise UsageError(
                "This changes a document that others may change, too",
                where="If-Match",
                why="Without the version that you have seen, the change of somebody else could be lost.",
                next_step='If-Match: "N", with the ETag of the document that you have',
                code="service.if-match",
            )

    @contextmanager
    def alike(self) -> Iterator[None]:
        """Say the same of what is not there as of what is hidden."""
        try:
            yield
        except NotFound as error:
            if error.code != "not-found":
                raise
            raise no_such(self.http.path_params) from None


def no_such(names: Mapping[str, Any]) -> NotFound:
    """Return the error for what is not there, which is also that for what is hidden."""
    shown = one_line("/".join(str(name) for name in names.values()), 80)
    what = f"There is no {shown!r} here" if shown else "There is nothing here that you may see"
    return NotFound(what, next_step="recast login URL, if you have an account; recast request ls")


def _next(actor: Actor) -> str:
    return "" if actor.user else "recast login URL   (or send Authorization: Bearer TOKEN)"


async def asked(request: HttpRequest) -> Asked:
    """Return what is asked; a dependency of every handler."""
    _, action = action_of(request.method, request.scope["route"].path)
    body = await request.body() if request.method in ("POST", "PATCH") and _small(request) else b""
    return Asked(request.app.state.parts, request, action, body)


def _small(request: HttpRequest) -> bool:
    """Return whether the body is a document; that of an upload is read by its handler, in pieces."""
    return not request.scope["path"].endswith("/uploads")


AskedNow = Annotated[Asked, Depends(asked)]
