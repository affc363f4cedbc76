"""The web process: it gets its order on stdin, a listening socket, and a pipe on which it says that it answers."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import IO, Any

import uvicorn

from recast.errors import RecastError, in_words
from recast.json_types import JsonDict
from recast.ledger import Ledger
from recast.service.app import create_app
from recast.service.connections import protocol_for
from recast.service.follow import follow
from recast.service.identity import Identity
from recast.service.live.watch import Watch
from recast.service.log import Lines
from recast.service.pages.frame import read_templates
from recast.service.parts import Parts
from recast.service.settings import Settings, load_settings

__all__ = ["build", "main"]

_GRACE_S = 4
_IDLE_S = 20
_MOST_CONNECTIONS = 1000
_MOST_HEAD_BYTES = 64 << 10


def build(settings: Settings, ledger: Ledger) -> Parts:
    """Return the parts of a service on a ledger."""
    identity = Identity(ledger, settings.identity, time.time)
    ledger.uploads.quotas = settings.identity.quotas
    return Parts(settings, ledger, identity, time.time, Watch(ledger.changes.after))


def main() -> int:
    """Serve until SIGTERM; return the exit code. What keeps it from starting is said on the pipe."""
    logging.getLogger().addHandler(Lines())
    order = json.load(sys.stdin)
    told = os.fdopen(order["ready"], "w")
    try:
        parts = _parts(order)
        link = parts.identity.first_link() if order["first"] else ""  # the one that was printed goes on
        server = _Server(_config(parts), parts, lambda: _tell(told, {"ready": parts.settings.database, "link": link}))
    except (RecastError, OSError) as problem:
        error = in_words(problem)
        _tell(told, {"error": error.as_json(), "exit_code": error.exit_code})
        return error.exit_code
    gc.freeze()  # what was imported stays: the collector need not look at it again
    listener = socket.socket(fileno=order["listener"])
    asyncio.run(server.serve(sockets=[listener]))
    parts.ledger.close()
    return 0


def _parts(order: Mapping[str, Any]) -> Parts:
    config = Path(order["config"]) if order["config"] else None
    settings = load_settings(order["host"], order["database"], order["base_url"], config)
    parts = build(settings, Ledger(settings.database))
    if order["admin_token"]:
        parts.identity.write_admin_token(Path(order["admin_token"]))
    return parts


def _config(parts: Parts) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(parts),
        http=protocol_for(parts.settings.identity.proxies),
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_keep_alive=_IDLE_S,
        timeout_graceful_shutdown=_GRACE_S,
        h11_max_incomplete_event_size=_MOST_HEAD_BYTES,
    )


class _Server(uvicorn.Server):
    """A server that says when it answers, and ends its streams as soon as it is asked to end."""

    def __init__(self, config: uvicorn.Config, parts: Parts, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._parts, self._ready = parts, ready
        self._ended = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, say so, and begin to follow the catalogue."""
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        follow(self._parts.ledger, self._ended)
        self._ready()
        threading.Thread(target=read_templates, name="templates", daemon=True).start()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End; streams would last for ever."""
        self._ended.set()
        self._loop.call_soon_threadsafe(self._parts.watch.close)
        super().handle_exit(sig, frame)


def _tell(pipe: IO[str], message: JsonDict) -> None:
    with pipe:
        print(json.dumps(message), file=pipe)


if __name__ == "__main__":
    sys.exit(main())
