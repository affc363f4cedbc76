"""The receiver of deliveries: an HTTP server that no client can keep busy; it notes what is proven, and answers."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from recast.ci.forges import MOST_BYTES, Delivery, Refusal, read_delivery
from recast.ci.forges.headers import unique
from recast.ci.server.ledger import Ledger
from recast.ci.server.settings import Repository
from recast.errors import RecastError
from recast.json_types import JsonObject
from recast.terminal_safe import one_line

__all__ = ["Receiver", "receive"]

_MOST_CONNECTIONS = 32
_SILENT_S, _WHOLE_S = 10.0, 60.0
"""How long a client may be silent, and how long a connection may last."""
_DRAIN_S = 2.0
_PIECE = 1 << 16


def receive(delivery: Delivery, repository: Repository, ledger: Ledger) -> str | Refusal:
    """Note a proven delivery, and return what becomes of it in one word.

    Nothing is started because of what a delivery says: it makes the server look at the remote, which decides.
    """
    event = delivery.event
    noted = ledger.note_delivery(repository.name, delivery.id, delivery.digest)
    if noted == "replayed":
        return Refusal("replayed", "Its id or its content was here before, in another delivery.")
    if noted == "again":
        return "again"
    if event.kind in ("ping", "ignored"):
        return event.kind
    if event.kind == "request" and event.number is not None:
        ledger.hear_request(repository.name, event.number, event.fork)
    ledger.hear(repository.name, event.ref, event.after)
    return "accepted"


class Receiver(ThreadingHTTPServer):
    """Listens for `POST /hooks/NAME` and `GET /healthz`; `wake` gets the name of a repository whose remote has to
    be looked at."""

    daemon_threads = True
    request_queue_size = 64
    block_on_close = False

    def __init__(
        self,
        address: tuple[str, int],
        repositories: dict[str, Repository],
        database: Path,
        say: Callable[[str], None],
        wake: Callable[[str], None],
    ) -> None:
        self.repositories, self.database, self.say, self.wake = repositories, database, say, wake
        self._places = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        self._open: dict[int, tuple[socket.socket, float]] = {}
        self._lock = threading.Lock()
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, _Handler)

    @property
    def url(self) -> str:
        """Return the address that it listens on."""
        host, port = self.server_address[:2]
        shown = f"[{host!s}]" if ":" in str(host) else str(host)
        return f"http://{shown}:{port}"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own, if there is a place for it."""
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        with self._lock:
            self._open[id(request)] = (request, time.monotonic() + _WHOLE_S)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection, and give its place back."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._open.pop(id(request), None)
            self._places.release()

    def service_actions(self) -> None:
        """Cut off connections that have lasted too long, however busy they look."""
        now = time.monotonic()
        with self._lock:
            late = [request for request, until in self._open.values() if until < now]
        for request in late:
            with suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing about connections that break; what goes wrong here is answered with a 500."""


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    server_version, sys_version = "recast", ""
    timeout = _SILENT_S

    def do_GET(self) -> None:
        """Answer whether the server is up."""
        if self.path == "/healthz":
            self._answer(200, {"ok": True})
        else:
            self._answer(404, {"refused": "no-hook", "why": "There is nothing here."})

    def do_POST(self) -> None:
        """Read one delivery, and answer what becomes of it."""
        name = self.path.removeprefix("/hooks/")
        try:
            said = self._delivered(name)
        except RecastError as problem:  # the database: the forge may try again
            self.server.say(f"hook {self._known(name)}: {problem}")
            self._answer(503, {"refused": "blocked", "why": "The server cannot note deliveries at the moment."})
            return
        if isinstance(said, Refusal):
            self.server.say(f"hook {self._known(name)}: refused ({said.reason})")
            self._answer(said.status, {"refused": said.reason, "why": said.why})
            return
        self._answer(202 if said == "accepted" else 200, {"outcome": said})
        if said == "accepted":
            self.server.wake(name)

    def _known(self, name: str) -> str:
        """Return the name of a hook for the log; what is none is not quoted."""
        return name if name in self.server.repositories else "(unknown)"

    def _delivered(self, name: str) -> str | Refusal:
        repository = self.server.repositories.get(name) if self.path.startswith("/hooks/") else None
        if repository is None or repository.hook is None:
            return Refusal("no-hook", "There is no hook at this address.")
        body = self._body()
        if isinstance(body, Refusal):
            return body
        read = read_delivery(self.headers.items(), body, repository.hook, time.time())
        if isinstance(read, Refusal):
            return read
        with Ledger(self.server.database) as ledger:
            said = receive(read, repository, ledger)
        if isinstance(said, str):
            event = read.event
            self.server.say(f"hook {name}: {event.kind} {one_line(event.ref, 100)} {event.after[:10]}: {said}")
        return said

    def _body(self) -> bytes | Refusal:
        """Read a body of the announced length, which is bounded before the first byte is read."""
        headers = unique(self.headers.items())
        if isinstance(headers, Refusal):
            return headers
        length = headers.get("content-length", "")
        if "transfer-encoding" in headers or not (length.isascii() and length.isdecimal() and len(length) < 16):
            return Refusal("no-length", "It does not say how long it is.")
        if int(length) > MOST_BYTES:
            self._drain(int(length))
            return Refusal("too-large", f"It has more than {MOST_BYTES} bytes.")
        try:
            body = self.rfile.read(int(length))
        except OSError:
            body = b""
        if len(body) != int(length):
            return Refusal("truncated", "It ended before its announced length.")
        return body

    def _drain(self, length: int) -> None:
        """Throw away what is sent for a moment: a client that is still sending would not see the answer."""
        until = time.monotonic() + _DRAIN_S
        with suppress(OSError):
            while length > 0 and time.monotonic() < until and (piece := self.rfile.read(min(length, _PIECE))):
                length -= len(piece)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is no request of HTTP without quoting it."""
        self._answer(int(code), {"refused": "no-hook", "why": "There is nothing here."})

    def _answer(self, status: int, document: JsonObject) -> None:
        content = json.dumps(document).encode() + b"\n"
        self.close_connection = True
        with suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: what clients send is not for our log."""
