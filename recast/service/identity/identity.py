"""All that the application has to know of identity: who asks, the routes of login, the first ways in."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from recast.service.identity.admin import write_admin_token
from recast.service.identity.gate import Gate, Transactions, Visitor
from recast.service.identity.local import first_invitation
from recast.service.identity.settings import IdentitySettings
from recast.service.identity.shown import shown_by

if TYPE_CHECKING:
    from fastapi import APIRouter
    from starlette.requests import Request

__all__ = ["Identity"]


class Identity:
    """Made once for a process, with settings that are settled for the address that it listens on.

    `clock` returns seconds since the epoch.
    """

    def __init__(
        self, ledger: Transactions, settings: IdentitySettings, clock: Callable[[], float] = time.time
    ) -> None:
        self.gate, self.settings = Gate(ledger, settings, clock), settings

    def visitor(self, request: Request) -> Visitor:
        """Return who sends a request, after all that could keep it out.

        Raises CredentialsProblem (401), PermissionDenied for a request of another site, another host or a blocked user
        (403), NotFound for a link that leads nowhere, TooOften (429).
        """
        found = self.still(request)
        self.gate.rates.request(found.actor.user, found.address)
        return found

    def still(self, request: Request) -> Visitor:
        """Return who has sent a request that is still being answered; it is not counted once more. Raises as
        `visitor` does.
        """
        shown = self.gate.let_in(request)
        return replace(self.gate.visitor(shown), address=shown.address)

    def shows_nothing(self, request: Request) -> bool:
        """Return whether a request has no secret that says who sends it: then `visitor` asks no ledger."""
        return self.gate.shows_nothing(shown_by(request))

    def routers(self) -> Iterator[APIRouter]:
        """Yield the routes of login, for browsers and for programs."""
        from recast.service.identity.routes import api, pages  # these know the application, which knows this

        yield from (api.router(self.gate), pages.router(self.gate))

    def first_link(self) -> str:
        """Return the path of a link that makes the first administrator, once; empty if there are accounts already, or
        no local ones.
        """
        secret = first_invitation(self.gate) if self.settings.local_accounts else ""
        return f"/login/invitation?code={secret}" if secret else ""

    def write_admin_token(self, path: Path) -> None:
        """Write an administrator's token to a file with mode 0600; raise OSError."""
        write_admin_token(self.gate, path)
