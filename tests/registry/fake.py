"""A registry in memory that can be ill: every request may be answered by a fault that the test has planned."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
_ENDLESS_PIECES = 4096


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclass
class Seen:
    method: str
    path: str
    headers: dict[str, str]


@dataclass
class Fault:
    method: str
    pattern: str
    act: Callable[[Handler], None]
    times: int


@dataclass
class FakeRegistry:
    """Blobs and manifests of one repository, planned faults, and every request that came."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    uploads: dict[str, bytearray] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    host: str = ""
    token: str = ""
    """If set, a bearer token is needed; the token server gives it for the password `sesame`."""
    realm: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def name(self) -> str:
        return f"{self.host}/team/image"

    def fault(self, method: str, pattern: str, act: Callable[[Handler], None], times: int = 1) -> None:
        """Let the next `times` requests that fit be answered by `act`."""
        self.faults.append(Fault(method, pattern, act, times))

    def add_blob(self, content: bytes) -> dict[str, object]:
        self.blobs[digest_of(content)] = content
        return {"mediaType": LAYER, "digest": digest_of(content), "size": len(content)}

    def add_manifest(self, document: dict[str, object] | bytes, *tags: str, kind: str = MANIFEST) -> str:
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        for name in (digest_of(content), *tags):
            self.manifests[name] = (kind, content)
        return digest_of(content)

    def add_image(self, *layers: bytes, tag: str = "1", architecture: str = "amd64", **changes: object) -> str:
        """An image over layers; `changes` go into its manifest."""
        config = {"os": "linux", "architecture": architecture, "rootfs": {"type": "layers", "diff_ids": []}}
        described = {**self.add_blob(json.dumps(config).encode()), "mediaType": CONFIG}
        document: dict[str, object] = {"schemaVersion": 2, "mediaType": MANIFEST, "config": described}
        document |= {"layers": [self.add_blob(layer) for layer in layers]} | changes
        return self.add_manifest(document, tag)

    def asked(self, method: str, pattern: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.method == method and re.search(pattern, seen.path)]

    def take_fault(self, method: str, path: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.times > 0 and fault.method == method and re.search(fault.pattern, path):
                    fault.times -= 1
                    return fault
        return None


class Handler(BaseHTTPRequestHandler):
    """One connection to a fake registry."""

    registry: FakeRegistry
    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        registry = self.registry
        headers = {key.lower(): value for key, value in self.headers.items()}
        registry.seen.append(Seen(self.command, self.path, headers))
        fault = registry.take_fault(self.command, self.path)
        if fault is not None:
            fault.act(self)
        elif self.path.startswith("/token"):
            self._token(headers)
        elif registry.token and headers.get("authorization") != f"Bearer {registry.token}":
            self.body()
            realm = registry.realm or f"http://{registry.host}/token"
            challenge = f'Bearer realm="{realm}",service="fake",scope="repository:team/image:pull"'
            self.reply(401, b'{"errors":[{"code":"UNAUTHORIZED","message":"who?"}]}', {"WWW-Authenticate": challenge})
        else:
            self._registry(headers)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    def log_message(self, *arguments: object) -> None:
        pass

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def reply(self, status: int, content: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for key, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            with contextlib.suppress(OSError):
                self.wfile.write(content)

    def _token(self, headers: dict[str, str]) -> None:
        if headers.get("authorization") == "Basic cmVhZGVyOnNlc2FtZQ==":
            self.reply(200, json.dumps({"token": self.registry.token, "expires_in": 300}).encode())
        else:
            self.reply(401, b"{}")

    def _registry(self, headers: dict[str, str]) -> None:
        path = urlsplit(self.path)
        kind, _, name = path.path.removeprefix("/v2/team/image/").partition("/")
        if kind == "manifests":
            self._manifest(name)
        elif kind == "blobs" and name.startswith("uploads"):
            self._upload(name.removeprefix("uploads/"), parse_qs(path.query), headers)
        elif kind == "blobs":
            self._blob(name, headers)
        else:
            self.reply(404, b"{}")

    def _manifest(self, name: str) -> None:
        manifests = self.registry.manifests
        if self.command == "PUT":
            content = self.body()
            for key in (name, digest_of(content)):
                manifests[key] = (self.headers["Content-Type"], content)
            self.reply(201, headers={"Docker-Content-Digest": digest_of(content)})
        elif name in manifests:
            kind, content = manifests[name]
            self.reply(200, content, {"Content-Type": kind, "Docker-Content-Digest": digest_of(content)})
        else:
            self.reply(404, b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}')

    def _blob(self, digest: str, headers: dict[str, str]) -> None:
        content = self.registry.blobs.get(digest)
        if content is None:
            self.reply(404, b"{}")
            return
        wanted = re.fullmatch(r"bytes=(\d+)-", headers.get("range", ""))
        if wanted is None:
            self.reply(200, content)
            return
        start = int(wanted[1])
        self.reply(206, content[start:], {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"})

    def _upload(self, key: str, query: dict[str, list[str]], headers: dict[str, str]) -> None:
        registry = self.registry
        if self.command == "POST":
            self.body()
            key = f"u{len(registry.seen)}-{id(self)}"
            registry.uploads[key] = bytearray()
            self.reply(202, headers={"Location": f"/v2/team/image/blobs/uploads/{key}"})
            return
        upload = registry.uploads.get(key)
        if upload is None:
            self.body()
            self.reply(404, b"{}")
            return
        self._receive(upload)
        place = {"Location": f"/v2/team/image/blobs/uploads/{key}", "Range": f"0-{max(0, len(upload) - 1)}"}
        if self.command == "GET":
            self.reply(204, headers=place)
        elif self.command == "PATCH":
            self.reply(202, headers=place)
        elif digest_of(upload) == query["digest"][0]:
            registry.blobs[query["digest"][0]] = bytes(upload)
            self.reply(201, headers={"Location": f"/v2/team/image/blobs/{query['digest'][0]}"})
        else:
            self.reply(400, b'{"errors":[{"code":"DIGEST_INVALID","message":"not these bytes"}]}')

    def _receive(self, upload: bytearray) -> None:
        left = int(self.headers.get("Content-Length") or 0)
        while left and (piece := self.rfile.read1(min(left, 1 << 16))):
            upload.extend(piece)
            left -= len(piece)


def status(code: int, **headers: str) -> Callable[[Handler], None]:
    """Answer a status without a body."""
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return lambda handler: (handler.body(), handler.reply(code, b"", named))[1]


def content(body: bytes, **headers: str) -> Callable[[Handler], None]:
    """Answer other bytes than those that are there."""
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return lambda handler: handler.reply(200, body, named)


def cut(after: int) -> Callable[[Handler], None]:
    """Announce a blob whole, send its first bytes, hang up."""

    def act(handler: Handler) -> None:
        whole = handler.registry.blobs[handler.path.rpartition("/")[2]]
        start = int((handler.headers.get("Range") or "bytes=0-")[6:-1])
        ranged = {"Content-Range": f"bytes {start}-{len(whole) - 1}/{len(whole)}"} if start else {}
        handler.send_response(206 if start else 200)
        for key, value in {"Content-Length": str(len(whole) - start), **ranged}.items():
            handler.send_header(key, value)
        handler.end_headers()
        handler.wfile.write(whole[start : start + after])
        handler.close_connection = True

    return act


def endless(handler: Handler) -> None:
    """Send without an end (but for the test's own good)."""
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    with contextlib.suppress(OSError):
        for _ in range(_ENDLESS_PIECES):
            handler.wfile.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
    handler.close_connection = True


def silent(handler: Handler) -> None:
    """Say nothing until the test is over."""
    handler.registry.released.wait(30)
    handler.close_connection = True


def hang_up(handler: Handler) -> None:
    """Close the connection in the middle of what the client sends."""
    handler.rfile.read1(1 << 16)
    handler.close_connection = True


def keep_and_hang_up(count: int) -> Callable[[Handler], None]:
    """Take the first bytes of an upload, then close the connection."""

    def act(handler: Handler) -> None:
        upload = handler.registry.uploads[urlsplit(handler.path).path.rpartition("/")[2]]
        upload.extend(handler.rfile.read(count))
        handler.close_connection = True

    return act


@contextmanager
def serving(tls: Path | None = None) -> Iterator[FakeRegistry]:
    """Serve until the end of the block; `tls` is a folder made by `make_certificates`."""
    registry = FakeRegistry()

    class Bound(Handler):
        pass

    Bound.registry = registry

    class Server(ThreadingHTTPServer):
        daemon_threads = True  # a client may keep its connection open to the end
        block_on_close = False

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # a client that had enough

    with Server(("127.0.0.1", 0), Bound) as server:
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls / "server.crt", tls / "server.key")
            server.socket = context.wrap_socket(server.socket, server_side=True)
        registry.host = f"127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield registry
        finally:
            registry.released.set()
            server.shutdown()
            thread.join(10)
