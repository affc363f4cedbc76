"""A service that answers what a test wants, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

Told = tuple[int, Any]

REQUEST: dict[str, Any] = {
    **{"id": "q1", "state": "released", "state_reason": "", "audience": "public", "analysis": "atlas-x"},
    **{"version": "1.0.0", "wanted": "", "title": "Winos", "expires": "2027", "axes": []},
    "points": [
        {
            **{"id": "p1", "state": "answered", "coordinates": {"m": 1}, "inputs": {}, "reason": ""},
            "answers": [
                {
                    **{"id": "a1", "authority": "automatic", "state": "released", "reason": "", "caveat": ""},
                    **{"withheld": False, "results": [{"name": "limit", "type": "limit", "verdict": "Excluded"}]},
                }
            ],
            "moved": {
                **{"from": {"version": "1.0.0"}, "to": {"version": "1.1.0"}, "reason": ["", ""]},
                "limits": [{"quantity": "cls_obs", "before": 0.1, "after": 0.2, "relative": 1.0}],
            },
        }
    ],
    "comments": [{"id": "c1", "at": "2026", "by": "u1", "text": "gladly"}],
    "allowed": [{"action": "comment", "may": True, "why": ""}],
}
"""A request as a service shows it."""


@dataclass
class Service:
    """Answers in turn with `answers` (status and document); a status of 0 closes the connection without an answer."""

    address: str = ""
    answers: list[Told] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def service() -> Iterator[Service]:
    """A service on loopback, for one test."""
    known = Service()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length") or 0))
            asked = {name.lower(): value for name, value in self.headers.items()}
            known.asked.append((self.command, self.path, asked, content))
            status, document = known.answers.pop(0)
            if not status:
                self.close_connection = True
                return
            said = document if isinstance(document, bytes) else json.dumps(document).encode()
            kind = "application/json" if status < 400 else "application/problem+json"
            self.send_response(status)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(said)), **known.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = do_PATCH = do_DELETE = _answer

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    known.address = f"http://127.0.0.1:{server.server_port}"
    yield known
    server.shutdown()
    thread.join()
    server.server_close()
