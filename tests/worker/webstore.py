"""A server of files with GET, HEAD and PUT, as a small WebDAV door has them; it counts, and can be ill."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class WebStore:
    """Files by path. `ill` are statuses for the next requests; `cut` breaks the next GETs off after so many bytes."""

    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    ill: list[int] = field(default_factory=list)
    cut: list[int] = field(default_factory=list)
    token: str = ""
    folders: set[str] | None = None
    """If set, a PUT into a folder that was not made is refused."""
    url: str = ""
    sent_bytes: int = 0

    def count(self, method: str) -> int:
        return sum(line.startswith(method + " ") for line in self.asked)


@contextmanager
def web_store() -> Iterator[WebStore]:
    store = WebStore()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            store.asked.append(f"{self.command} {self.path}")
            if store.token and self.headers.get("Authorization") != f"Bearer {store.token}":
                self.reply(401)
            elif store.ill:
                self.reply(store.ill.pop(0))
            elif self.command == "PUT":
                self.put(body)
            elif self.command == "MKCOL" and store.folders is not None:
                store.folders.add(self.path)
                self.reply(201)
            elif self.path not in store.files:
                self.reply(404)
            else:
                self.get(store.files[self.path])

        do_GET = do_HEAD = do_PUT = do_MKCOL = any

        def put(self, body: bytes) -> None:
            if store.folders is not None and self.path.rpartition("/")[0] not in store.folders:
                self.reply(409)
                return
            store.files[self.path] = body
            self.reply(201)

        def get(self, content: bytes) -> None:
            start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
            more = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if start else {}
            self.reply(206 if start else 200, content[start:], more)

        def reply(self, status: int, content: bytes = b"", headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for key, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
                self.send_header(key, value)
            self.end_headers()
            if self.command == "HEAD":
                return
            if content and store.cut:
                content = content[: store.cut.pop(0)]
                self.close_connection = True
            store.sent_bytes += len(content)
            self.wfile.write(content)

        def log_message(self, *arguments: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: object, client_address: object) -> None:
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        store.url = f"http://127.0.0.1:{server.server_port}/store"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield store
        finally:
            server.shutdown()
            thread.join(10)
