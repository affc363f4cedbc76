"""The gate that every request passes: who is it, and may it come from there?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from recast.desk.model import Actor
from recast.errors import CredentialsProblem, NotFound, PermissionDenied, RecastError
from recast.ledger.people.links import read_link
from recast.ledger.people.sessions import read_session, touch_session
from recast.ledger.people.tokens import Token, read_token, touch_token, use_is_due
from recast.moments import moment
from recast.service.identity.cookies import cookie_of
from recast.service.identity.origins import cross_site, is_our_host
from recast.service.identity.rates import Rates
from recast.service.identity.settings import IdentitySettings
from recast.service.identity.shown import Shown, bearer_of, shown_by

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["Gate", "Transactions", "Visitor"]

How = Literal["nobody", "token", "session", "link"]
T = TypeVar("T")


class Transactions(Protocol):
    """What the gate needs of a ledger."""

    def reading(self) -> AbstractContextManager[Connection]:
        """Open a transaction that only reads."""
        ...

    def writing(self) -> AbstractContextManager[Connection]:
        """Open a transaction that is committed at the end of the block."""
        ...

    def write(self, change: Callable[[Connection], T]) -> T:
        """Make a change as one transaction, again if somebody else did the same at the same time."""
        ...


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is asking, and by what they are known. `token` is set if that is a token, `name` if it is a user."""

    actor: Actor = field(default_factory=Actor)
    how: How = "nobody"
    name: str = ""
    token: Token | None = None


class Gate:
    """Made once for a process; every method may be called by many threads."""

    def __init__(
        self, ledger: Transactions, settings: IdentitySettings, clock: Callable[[], float] = time.time
    ) -> None:
        self.ledger, self.settings, self.clock = ledger, settings, clock
        self.rates = Rates(settings.requests_per_minute)

    def now(self) -> str:
        """Return the time, as the ledger writes it."""
        return moment(self.clock())

    def let_in(self, request: Request) -> Shown:
        """Return what a request shows, unless another site sent it, or it asks for another host."""
        shown = shown_by(request, self.settings.proxies)
        self.check_origin(shown)
        return shown

    def visitor(self, shown: Shown) -> Visitor:
        """Return who sends a request: by token, session or link, or nobody.

        Raises CredentialsProblem for a token that is not accepted, whatever cookies come with it; PermissionDenied for
        a blocked user; NotFound for a link that leads nowhere; TooOften after many wrong ones.
        """
        secret = bearer_of(shown)
        if secret is not None:
            return self._judged(shown, lambda: self._by_secret(secret))
        found = self._by_session(cookie_of(shown, self.settings, "session"))
        if link := cookie_of(shown, self.settings, "link"):
            with suppress(NotFound):  # an old cookie must not keep anybody from the public pages
                followed = self._judged(shown, lambda: self._by_link(link))
                return followed if found.how == "nobody" else _with_link(found, followed.actor.link)
        return found

    def check_origin(self, shown: Shown) -> None:
        """Raise PermissionDenied if another site may have made a browser send this request, or if it asks for a host
        that is not ours.
        """
        if not is_our_host(shown.headers.get("host", ""), self.settings.base_url):
            raise _not_ours(shown.headers.get("host", ""))
        if bearer_of(shown) is not None:  # no page can make a browser send this header to another site
            return
        cookie = any(cookie_of(shown, self.settings, purpose) for purpose in ("session", "link"))
        if why := cross_site(shown.method, shown.headers, self.settings.base_url, by_cookie=cookie):
            raise PermissionDenied(
                "This request comes from another site",
                why=f"{why} A page elsewhere must not act in your name.",
                next_step="use the pages of this service, or a token: Authorization: Bearer rct_…",
                code="permission.cross-site",
            )

    @contextmanager
    def counting_wrong(self, shown: Shown) -> Iterator[None]:
        """Count a secret that the block finds to be wrong, so that nobody can try many; raise TooOften."""
        self.rates.check_wrong_secrets(shown.address)
        try:
            yield
        except (CredentialsProblem, NotFound):
            self.rates.wrong_secret(shown.address)
            raise

    def _judged(self, shown: Shown, read: Callable[[], Visitor]) -> Visitor:
        with self.counting_wrong(shown):
            return read()

    def _by_secret(self, secret: str) -> Visitor:
        return self._by_link(secret) if secret.startswith("rcl_") else self._by_token(secret)

    def _by_token(self, secret: str) -> Visitor:
        now = self.now()
        with self.ledger.reading() as connection:
            bearer = read_token(connection, secret, now)
        if use_is_due(bearer.token, now):
            self._noted(lambda connection: touch_token(connection, bearer.token, now))
        return Visitor(bearer.actor, "token", bearer.name, bearer.token)

    def _by_session(self, secret: str) -> Visitor:
        if not secret:
            return Visitor()
        now = self.now()
        with self.ledger.reading() as connection:
            seated = read_session(connection, secret, now)
        if seated is None:
            return Visitor()
        if seated.touch:
            self._noted(lambda connection: touch_session(connection, secret, now))
        return Visitor(seated.actor, "session", seated.name)

    def _by_link(self, secret: str) -> Visitor:
        with self.ledger.reading() as connection:
            return Visitor(read_link(connection, secret, self.now()), "link")

    def _noted(self, write: Callable[[Connection], None]) -> None:
        """Write what is good to know; a ledger that cannot be written right now keeps nobody from reading."""
        with suppress(RecastError, DBAPIError), self.ledger.writing() as connection:
            write(connection)


def _with_link(found: Visitor, link: str) -> Visitor:
    """Return a user who also follows a link: they may read one request more."""
    return replace(found, actor=replace(found.actor, link=link))


def _not_ours(host: str) -> PermissionDenied:
    return PermissionDenied(
        "This is not the address of the service",
        where=host[:100],
        why="Another name was made to lead here, or the service's own URL is not in its configuration.",
        next_step="use the service's URL; operators set base_url in the configuration",
        code="permission.host",
    )
