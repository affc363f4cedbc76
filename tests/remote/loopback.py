"""A server on this machine that answers as forges and web servers do, and as they do when they are ill."""

from __future__ import annotations

import gzip
import io
import ssl
import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.waiting import BOUND_S

COMMIT = "c" * 40
OTHER_COMMIT = "d" * 40


@dataclass
class Reply:
    """One answer. `announced` is the Content-Length if it is to be a lie; `wait` lets the server sleep on an event."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    announced: int | None = None
    never: bool = False


@dataclass
class Seen:
    path: str
    headers: dict[str, str]


class Loopback:
    """Routes from a request's path to its replies: one after the other, the last one for ever."""

    def __init__(self) -> None:
        self.routes: dict[str, list[Reply]] = {}
        self.seen: list[Seen] = []
        self.released = threading.Event()
        self.url = ""

    def add(self, path: str, *replies: Reply | bytes | str) -> str:
        made = [reply if isinstance(reply, Reply) else Reply(_bytes(reply)) for reply in replies]
        self.routes[path] = made
        return self.url + path

    def paths(self) -> list[str]:
        return [seen.path for seen in self.seen]

    def reply(self, path: str) -> Reply:
        replies = self.routes.get(path, [Reply(b"not here", 404)])
        return replies.pop(0) if len(replies) > 1 else replies[0]


def _bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


@cache
def certificate() -> Path:
    """Return key and certificate of `localhost` in one file, made for this run of the tests."""
    file = Path(tempfile.mkdtemp(prefix="recast-tls-")) / "loopback.pem"
    asked = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    asked += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", *asked, "-keyout", str(file), "-out", f"{file}.crt"]
    subprocess.run(command, check=True, capture_output=True, timeout=BOUND_S)
    with file.open("ab") as both:
        both.write(Path(f"{file}.crt").read_bytes())
    return file


@contextmanager
def serving(*, tls: bool = False) -> Iterator[Loopback]:
    """Serve until the end of the block; every thread has ended then."""
    loopback = Loopback()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            loopback.seen.append(Seen(self.path, {key.lower(): value for key, value in self.headers.items()}))
            reply = loopback.reply(self.path)
            if reply.never:
                loopback.released.wait(30)
                return
            self.send_response(reply.status)
            for key, value in reply.headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(reply.body) if reply.announced is None else reply.announced))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *arguments: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = False

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # a client that had enough and closed the connection

    with Server(("127.0.0.1", 0), Handler) as server:
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate())
            server.socket = context.wrap_socket(server.socket, server_side=True)
        loopback.url = f"https://localhost:{server.server_port}" if tls else f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield loopback
        finally:
            loopback.released.set()
            server.shutdown()
            thread.join(10)


def tarball(files: dict[str, bytes | str], top: str = "org-repo-cccccc", links: dict[str, str] | None = None) -> bytes:
    """Return a tar.gz as a forge makes it: all files below one folder."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"comment": COMMIT}) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(f"{top}/{name}" if top else name)
            info.size = len(_bytes(content))
            archive.addfile(info, io.BytesIO(_bytes(content)))
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(f"{top}/{name}" if top else name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return gzip.compress(buffer.getvalue(), mtime=0)


def github(loopback: Loopback, files: dict[str, bytes | str], ref: str = "main", commit: str = COMMIT) -> None:
    """Let the server be GitHub with one repository, org/repo; the archive comes by a redirect as from there."""
    loopback.add(f"/repos/org/repo/commits/{ref}", commit)
    loopback.add(f"/repos/org/repo/tarball/{commit}", Reply(b"", 302, {"Location": f"/codeload/{commit}"}))
    loopback.add(f"/codeload/{commit}", tarball(files))
