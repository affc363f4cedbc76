"""Connections: one on which nothing is asked is closed, and no place has all of them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from recast.service.identity.rates import network_of
from recast.worker.remote.guard import is_loopback

__all__ = ["SILENT_S", "protocol_for"]

SILENT_S = 20.0
"""So long a connection may have no request: the server itself sets no bound before the first one, nor on a head that
comes letter by letter."""

MOST_OF_A_PLACE = 200


def protocol_for(proxies: Collection[str], silent_s: float = SILENT_S) -> type[H11Protocol]:
    """Return the protocol of connections; many come from `proxies`, and from this machine."""
    here: Counter[str] = Counter()

    class Bounded(H11Protocol):
        """HTTP/1.1 on a connection that has to be used."""

        def connection_made(self, transport: Any) -> None:
            """Begin, unless there are too many from the same place."""
            super().connection_made(transport)
            self._place = _place(self.client, proxies)
            self._seen: object = None
            self._looking = self._look_later()
            here[self._place] += bool(self._place)
            if here[self._place] > MOST_OF_A_PLACE:
                transport.close()

        def connection_lost(self, exc: Exception | None) -> None:
            """End."""
            self._looking.cancel()
            here[self._place] -= bool(self._place)
            if not here[self._place]:
                del here[self._place]
            super().connection_lost(exc)

        def _look_later(self) -> asyncio.TimerHandle:
            return self.loop.call_later(silent_s, self._look)

        def _look(self) -> None:
            """Close the connection if no request has begun since the last look, and none is being answered."""
            answered = self.cycle is None or self.cycle.response_complete
            if answered and self.cycle is self._seen:
                self.transport.close()
                return
            self._seen = self.cycle
            self._looking = self._look_later()

    return Bounded


def _place(client: tuple[str, int] | None, proxies: Collection[str]) -> str:
    """Return what counts as one place; empty for what is not counted."""
    address = client[0] if client else ""
    ours = not address or address in proxies or is_loopback(f"[{address}]" if ":" in address else address)
    return "" if ours else network_of(address)
