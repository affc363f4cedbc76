"""Git's own smart HTTP (`git http-backend`) behind a small HTTP server on loopback."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["smart_http"]

_PIECE = 1 << 16


class _Git(BaseHTTPRequestHandler):
    root: Path
    env: Mapping[str, str]
    asked: list[str]
    most_bytes: int | None

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self._body())

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        pieces = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def _serve(self, body: bytes) -> None:
        parts = urlsplit(self.path)
        self.asked.append(self.path)
        env = {
            **self.env,
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": unquote(parts.path),
            "QUERY_STRING": parts.query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_USER": "pusher",
            "REMOTE_ADDR": "127.0.0.1",
        }
        done = subprocess.run(["git", "http-backend"], input=body, env=env, capture_output=True, timeout=300)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        lines = [line.decode("latin1").partition(": ") for line in head.split(b"\r\n") if line]
        headers = {name: value for name, _, value in lines}
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.most_bytes is not None and len(content) > self.most_bytes:
            self.close_connection, content = True, content[: self.most_bytes]
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def smart_http(root: Path, most_bytes: int | None = None) -> Iterator[tuple[str, list[str]]]:
    """Serve the repositories below a folder; yield the address, and the list of what is asked for.

    An answer with more than `most_bytes` is torn off there.
    """
    asked: list[str] = []
    env = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    env |= {"HOME": str(root), "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8"}
    handler = type("_GitBelow", (_Git,), {"root": root, "env": env, "asked": asked, "most_bytes": most_bytes})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
