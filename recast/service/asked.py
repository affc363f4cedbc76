"""What is asked by one HTTP request: by whom, which action, of what. Handlers reach everything through it.

An object comes out of here only after `may` was asked, so a handler cannot forget to ask.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any

from fastapi import Depends
from fastapi import Request as HttpRequest
from sqlalchemy import Connection

from recast.desk.facts import Facts
from recast.desk.may import may
from recast.desk.model import Actor, Request
from recast.desk.objects import Run, Service, Thing
from recast.desk.refusals import Refused
from recast.errors import NotFound, UsageError
from recast.json_types import JsonDict
from recast.ledger import Once
from recast.ledger.runs import NotedRun
from recast.moments import moment
from recast.operations.desk.given import checked_answer
from recast.service.entrance import entered
from recast.service.facts import with_facts
from recast.service.http.conditions import wanted_version
from recast.service.http.once import carried_out, once_of
from recast.service.identity import Visitor
from recast.service.parts import Parts
from recast.service.routes import action_of
from recast.terminal_safe import one_line

__all__ = ["Asked", "AskedNow", "SeenRun", "asked", "no_such"]

_SERVICE = Service()
_HOST = re.compile(r"[0-9A-Za-z.:\[\]-]{1,260}")


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
    found: Visitor | None = None
    once: Once | None = None
    """The Idempotency-Key, if there is one; strangers have none, for they would share theirs."""

    if_match: int | None = None
    """The version that the client changes; None for any."""

    @cached_property
    def visitor(self) -> Visitor:
        """Who asks; raises CredentialsProblem, PermissionDenied, and TooOften."""
        return self.found or self.parts.identity.visitor(self.http)

    @property
    def actor(self) -> Actor:
        """Who asks, as the desk sees them."""
        return self.visitor.actor

    @property
    def now(self) -> str:
        """The time, as documents have it."""
        return moment(self.parts.clock())

    @property
    def base(self) -> str:
        """How the outside reaches the service: as its configuration says, else as this request did."""
        if base := self.parts.settings.base_url:
            return base
        host = self.http.headers.get("host", "")
        return f"{self.http.url.scheme}://{host}" if _HOST.fullmatch(host) else ""

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
        return self._whole(name, self.must)

    def seen(self, name: str) -> Request:
        """Return a request that the actor may read, whatever the route's action is; that is still to be asked."""
        return self._whole(name, self._must_see)

    def _whole(self, name: str, judge: Callable[[Request], None]) -> Request:
        with self.alike():
            head = self.parts.ledger.head(name)
            judge(head)  # before the points are read: what is hidden takes no longer than what is not there
            whole = self.parts.recent.whole(head)
            if whole.version != head.version:
                judge(whole)  # it has changed between the two looks
            return whole

    def _must_see(self, request: Request) -> None:
        if not may(self.actor, "read", request).yes:
            raise no_such(self.http.path_params)

    def run(self, name: str) -> SeenRun:
        """Return a run whose request lets the actor do the route's action."""
        with self.alike():
            run = self.parts.ledger.runs.get(name)
            request = self.parts.ledger.head(run.request)
        return self.run_of(run, request, self.policy(request))

    def run_of(self, run: NotedRun, request: Request, policy: str) -> SeenRun:
        """Return a run that was read already, if its request lets the actor do the route's action."""
        self._must_see(request)
        self.must(Run(request), policy)
        return SeenRun(run, may(self.actor, "read-log", Run(request), policy).yes)

    def policy(self, request: Request) -> str:
        """Return the policy of the card of a request's analysis."""
        return self.parts.ledger.catalogue.policy(request.analysis)

    def act(self, name: str | None, action: str, data: Mapping[str, Any]) -> Request:
        """Do an action of the desk, judged by it in the transaction that writes it; return the request after it.

        It is judged before as well, as far as a few rows tell: what will be refused costs nobody anything.
        """
        ledger = self.parts.ledger
        terms: dict[str, Any] = {"if_match": self.if_match, "once": self.once}
        with self.alike():
            policy = self._policy_for(name)
            if (known := ledger.foresee(name, action, self.actor, policy=policy, **terms)) is not None:
                return known
            data = checked_answer(data) if action == "answer" else data
            return with_facts(self, name, action, data, lambda facts: self._do(name, action, data, facts, terms))

    def _do(
        self, name: str | None, action: str, data: Mapping[str, Any], facts: Facts, terms: Mapping[str, Any]
    ) -> Request:
        quotas = self.parts.settings.identity.quotas
        return self.parts.ledger.act(name, action, self.actor, data, facts=facts, quotas=quotas, **terms)

    def _policy_for(self, name: str | None) -> str:
        """Return the policy that counts for a request; raise NotFound before the catalogue is asked if it is hidden."""
        if name is None:
            return "on-acceptance"
        head = self.parts.ledger.head(name)
        self._must_see(head)
        return self.policy(head)

    def to(self, action: str) -> Asked:
        """Return the same question for another action, which the answer takes besides; it is judged by itself."""
        return replace(self, action=action)

    def again(self) -> Asked:
        """Return the same question asked now: by whom, is found anew, and it is asked to read."""
        return Asked(self.parts, self.http, self.action, found=self.parts.identity.still(self.http))

    def change(
        self, do: Callable[[Connection], JsonDict], kept: Callable[[JsonDict], JsonDict] = lambda answer: answer
    ) -> JsonDict:
        """Make a change as one transaction, and return what `do` answers, or what the Idempotency-Key of this request
        was answered before. `kept` is what may be said again: of a secret, nothing.
        """
        return self._changed(self.once, do, kept)

    def _changed(
        self, once: Once | None, do: Callable[[Connection], JsonDict], kept: Callable[[JsonDict], JsonDict]
    ) -> JsonDict:
        user, now_s = self.actor.user, self.parts.clock()
        return self.parts.ledger.write(lambda it: carried_out(it, user, once, now_s, lambda: do(it), kept))

    def bind_key(self, content: bytes | None = None) -> None:
        """Let the Idempotency-Key stand for this request alone, whose answer is made anew each time; raise InputError
        if it stands for another. `content` is what a body was that nobody has kept.
        """
        once = self.once
        if once is None:
            return
        if content is not None:
            once = once_of(once.key, self.http.method, self.http.url.path, content)
        self._changed(once, lambda _: {}, dict)

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
    """Return what is asked; a dependency of every handler.

    All that the headers say is read here: what cannot be used is refused before anything is looked up by a name, so
    that it tells nothing of what there is.
    """
    visitor = await entered(request)
    _, action = action_of(request.method, request.scope["route"].path)
    changes = request.method in ("POST", "PATCH")
    if_match = request.headers.get("if-match") if changes else None
    version = wanted_version(if_match)
    key = request.headers.get("idempotency-key") if changes and visitor.actor.user else None
    body = await request.body() if changes and _small(request) else b""
    once = once_of(key, request.method, request.url.path, body, if_match or "")
    return Asked(request.app.state.parts, request, action, body, visitor, once, version)


def _small(request: HttpRequest) -> bool:
    """Return whether the body is a document; that of an upload is read by its handler, in pieces."""
    return not request.scope["path"].endswith("/uploads")


AskedNow = Annotated[Asked, Depends(asked)]
