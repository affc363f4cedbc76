"""The way in to the routes of login: where a request comes from is judged, and who has no account yet asks, too."""

from __future__ import annotations

from fastapi import Request

from recast.service.http.json_body import DeskRoute
from recast.service.identity.gate import Gate

__all__ = ["door_of"]


def door_of(gate: Gate) -> type[DeskRoute]:
    """Return the kind of route that lets in whoever does not come from another site, or too often."""

    class Door(DeskRoute):
        """A route of login."""

        async def enter(self, request: Request) -> bool:
            """Let a request in, or raise PermissionDenied or TooOften; nobody is logged in here."""
            gate.rates.request("", gate.let_in(request).address)
            return False

    return Door
