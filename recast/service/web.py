"""The web process: it gets its settings on stdin, a listening socket, and a pipe on which it says that it answers."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import IO

import uvicorn

from recast.errors import RecastError, in_words
from recast.json_types import JsonDict
from recast.ledger import Ledger
from recast.service.app import create_app
from recast.service.identity import Identity
from recast.service.live.watch import Watch
from recast.service.parts import Parts
from recast.service.settings import Settings, load_settings

__all__ = ["build", "main"]

_GRACE_S = 4
_IDLE_S = 20
_MOST_CONNECTIONS = 1000


def build(settings: Settings, ledger: Ledger) -> Parts:
    """Return the parts of a service on a ledger."""
    return Parts(
        settings, ledger, Identity(ledger, settings.identity, time.time), time.time, Watch(ledger.changes.after)
    )


def main() -> int:
    """Serve until SIGTERM; return the exit code. What keeps it from starting is said on the pipe."""
    order = json.load(sys.stdin)
    told = os.fdopen(order["ready"], "w")
    try:
        server, listener = _prepared(order, lambda url: _tell(told, {"ready": url}))
    except (RecastError, OSError) as problem:
        error = in_words(problem)
        _tell(told, {"error": error.as_json(), "exit_code": error.exit_code})
        return error.exit_code
    gc.freeze()  # what was imported stays: the collector need not look at it again
    asyncio.run(server.serve(sockets=[listener]))
    return 0


def _prepared(order: dict[str, object], ready: Callable[[str], None]) -> tuple[_Server, socket.socket]:
    settings = load_settings(
        str(order["host"]),
        str(order["database"]),
        str(order["base_url"]),
        Path(str(order["config"])) if order["config"] else None,
    )
    ledger = Ledger(settings.database)
    parts = build(settings, ledger)
    if order["admin_token"]:
        parts.identity.write_admin_token(Path(str(order["admin_token"])))
    config = uvicorn.Config(
        create_app(parts),
        http="h11",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_keep_alive=_IDLE_S,
        timeout_graceful_shutdown=_GRACE_S,
        h11_max_incomplete_event_size=64 << 10,
    )
    return _Server(config, parts, ready), socket.socket(fileno=int(str(order["listener"])))


class _Server(uvicorn.Server):
    """A server that says when it answers, and ends its streams as soon as it is asked to end."""

    def __init__(self, config: uvicorn.Config, parts: Parts, ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self._parts, self._ready = parts, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, then say so."""
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self._ready(self._parts.settings.database)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End; streams would last for ever."""
        self._loop.call_soon_threadsafe(self._parts.watch.close)
        super().handle_exit(sig, frame)


def _tell(pipe: IO[str], message: JsonDict) -> None:
    with pipe:
        print(json.dumps(message), file=pipe)


if __name__ == "__main__":
    sys.exit(main())
