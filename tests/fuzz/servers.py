"""What servers answer: headers and bodies, to the clients here (registries, web) and to the worker on a node."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import re
import socket
import ssl
import time
from collections.abc import Iterator
from typing import Any
from unittest import mock

import httpx2
import stamina

from recast.errors import RecastError
from recast.images import ImageStore
from recast.images.manifest import Descriptor
from recast.prepare.download import RemoteFile, fetch_file
from recast.registry import Registry, Settings, parse_target
from recast.registry.download import download_blob
from recast.registry.flow import Flow
from recast.registry.http.challenge import parse_challenges
from recast.registry.http.transport import Transport
from recast.registry.upload import upload_blob
from recast.remote.answers import problem_of
from recast.remote.client import Client
from recast.remote.exchange import redirect_target
from recast.remote.guard import check_redirect
from recast.remote.hosts import Hosts, origin_of, shown
from recast.store import ArtifactStore
from recast.worker.failure import Failure
from recast.worker.images.archive import extract_blobs
from recast.worker.images.registry import RegistryProof
from recast.worker.remote.fetch import fetch, read_small
from recast.worker.remote.web import Proof
from tests.fuzz.border import Border, scratch
from tests.fuzz.documents import CONFIG, INDEX, MANIFEST
from tests.fuzz.layers import tars
from tests.fuzz.mutations import mutated_bytes, mutated_json, mutated_parts

__all__ = ["BORDERS"]

_SEPARATOR = b"\n--next answer--\n"
_BLOB = b"blob" * 100
_DIGEST = f"sha256:{hashlib.sha256(_BLOB).hexdigest()}"
_HOSTS = Hosts({"github": "https://api.example.org"}, {"github": "secret"}, 1.0)
_URL = "https://8.8.8.8/x/file"
_REALM = b'Bearer realm="https://8.8.8.8/token",service="registry",scope="repository:x:pull"'


def feed_header(data: bytes) -> None:
    """Single headers: challenges, places to go to, times to wait."""
    text = data.decode("latin-1")
    for challenge in parse_challenges([text]):
        assert isinstance(challenge.scheme, str)
    try:
        target = redirect_target(_URL, text)
        shown(target)
        origin_of(target)
        check_redirect(_URL, target)
        httpx2.URL(target)
    except (RecastError, httpx2.InvalidURL):
        pass
    for status in (403, 429, 503):
        headers = {"retry-after": text, "x-ratelimit-reset": text, "x-ratelimit-remaining": "0"}
        for _ in range(2):
            assert isinstance(problem_of(status, headers, _URL, _HOSTS), RecastError)
            headers.pop("retry-after", None)


def feed_registry(data: bytes) -> None:
    """A registry that lies: what a tag means, which tags there are, blobs up and down, what was said of a version."""
    target = parse_target("oci://8.8.8.8/group/x:1")
    first = hashlib.sha256(data.split(_SEPARATOR)[0].partition(b"\n\n")[2]).hexdigest()
    for act in (_head, _resolve, _tags, _say, _down, _up, functools.partial(_pull, f"sha256:{first}")):
        with scratch() as folder, _script(data), Registry(target, Settings(timeout_s=1.0)) as registry:
            store = ImageStore(folder / "images")
            with contextlib.suppress(RecastError):
                act(registry, store)


def _head(registry: Registry, store: ImageStore) -> None:
    registry.head()


def _resolve(registry: Registry, store: ImageStore) -> None:
    registry.resolve(platform="linux/amd64")


def _tags(registry: Registry, store: ImageStore) -> None:
    registry.tags()


def _say(registry: Registry, store: ImageStore) -> None:
    registry.referrers(_DIGEST)


def _down(registry: Registry, store: ImageStore) -> None:
    store.create()
    download_blob(registry._session, store, Descriptor(_DIGEST, len(_BLOB), ""), Flow(len(_BLOB), None))
    assert store.read_document(_DIGEST) == _BLOB


def _up(registry: Registry, store: ImageStore) -> None:
    upload_blob(registry._session, store, store.add_blob([_BLOB], "x"), Flow(len(_BLOB), None))


def _pull(digest: str, registry: Registry, store: ImageStore) -> None:
    registry.pull(digest, store, name="tools/count:1")
    config = store.config(digest)
    json.dumps([config.platform, dict(config.env), config.workdir, config.user]).encode()


def feed_web(data: bytes) -> None:
    """A web server, asked for a text and for a file whose checksum is known."""
    with scratch() as folder, _script(data):
        client = Client(_HOSTS, [_URL])
        store = ArtifactStore(folder / "store")
        wanted = RemoteFile(_URL, _DIGEST[7:], None)
        part = store.scratch / f"{wanted.sha256}.part"
        part.parent.mkdir(parents=True)
        part.write_bytes(_BLOB[:50])
        for act in (
            lambda: client.get(_URL, most_bytes=1 << 20),
            lambda: client.download(_URL, folder / "file", 1 << 20),
            lambda: fetch_file(wanted, store, lambda: client, 1 << 20),
        ):
            with contextlib.suppress(RecastError):
                act()


def feed_node(data: bytes) -> None:
    """Servers that the worker on a node asks, byte for byte as they come over the connection."""
    with scratch() as folder, _wire(data):
        proof = RegistryProof("8.8.8.8", "group/x", "")
        (folder / "file.part").write_bytes(_BLOB[:50])
        for act in (
            lambda: read_small(_URL.replace("https", "http"), 1 << 16, proof, "x", "infrastructure"),
            lambda: fetch("http://8.8.8.8/x", str(folder / "file"), _DIGEST, len(_BLOB), proof, "staging"),
            lambda: extract_blobs("http://8.8.8.8/x.tar", "", str(folder)),
            lambda: fetch("http://8.8.8.8/x", str(folder / "other"), _DIGEST, len(_BLOB), Proof(), "staging"),
        ):
            with contextlib.suppress(Failure):
                act()


@contextlib.contextmanager
def _script(data: bytes) -> Iterator[None]:
    """Let every request be answered by the next of the answers in `data`, and the network be out of reach.

    Who asks for a digest that one of them has gets that one.
    """
    parts = data.split(_SEPARATOR)
    answers = iter(parts)
    by_digest = {hashlib.sha256(part.partition(b"\n\n")[2]).hexdigest(): part for part in parts}

    @contextlib.contextmanager
    def sent(url: str = "") -> Iterator[httpx2.Response]:
        raw = by_digest.get(url.rpartition("sha256:")[2]) or next(answers, None)
        if raw is None:
            raise httpx2.ConnectError("no more answers")
        yield _response(raw)

    with (
        mock.patch.object(Transport, "sent", lambda self, method, url, *rest: sent(url)),
        mock.patch.object(Transport, "base", "https://8.8.8.8"),
        mock.patch.object(Client, "_connected", lambda self, *rest: sent()),
        mock.patch("recast.registry.http.session.find_credentials", lambda target: None),
        stamina.set_testing(True, attempts=2),
        mock.patch.object(time, "sleep", lambda _: None),
    ):
        yield


def _response(raw: bytes) -> httpx2.Response:
    head, _, body = raw.partition(b"\n\n")
    status, *lines = head.split(b"\n")
    pairs = [(name, value.strip()) for name, colon, value in (line.partition(b":") for line in lines) if colon]
    pairs = [(name, value) for name, value in pairs if _HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value)]
    code = int(status) if status.isdigit() and len(status) == 3 and status[:1] in b"12345" else 200
    return httpx2.Response(
        code, headers=pairs, stream=httpx2.ByteStream(body), request=httpx2.Request("GET", "https://8.8.8.8/x")
    )


class _Wire(socket.socket):
    """A connection of this process to itself that looks like one to a public server."""

    def getpeername(self) -> tuple[str, int]:
        return "8.8.8.8", 443

    def setsockopt(self, *_: Any) -> None:
        """There is none to set between two ends of one process."""


@contextlib.contextmanager
def _wire(data: bytes) -> Iterator[None]:
    """Let every connection of the standard library give the next of the answers in `data`."""
    answers = iter(data.split(_SEPARATOR))

    opened: list[socket.socket] = []

    def connect(*_: Any, **__: Any) -> socket.socket:
        raw = next(answers, None)
        if raw is None:
            raise ConnectionRefusedError("no more answers")
        theirs, end = socket.socketpair()
        ours = _Wire(fileno=end.detach())
        opened.extend((theirs, ours))
        theirs.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            theirs.sendall(raw)
        theirs.shutdown(socket.SHUT_WR)
        return ours

    with (
        mock.patch.object(socket, "create_connection", connect),
        mock.patch.object(ssl.SSLContext, "wrap_socket", lambda self, plain, **_: plain),
        mock.patch.object(ssl, "create_default_context", lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)),
        mock.patch.object(time, "sleep", lambda _: None),
    ):
        yield
    for end in opened:
        end.close()


def _answer(status: int, body: bytes, *headers: str) -> bytes:
    return "\n".join([str(status), *headers]).encode() + b"\n\n" + body


def _on_wire(status: int, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


_HEADER_NAME = re.compile(rb"[-!#$%&'*+.^_`|~0-9a-zA-Z]+")
_HEADER_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
"""What h11 lets through of what comes over a connection (RFC 9110)."""

_TOKEN = b'{"token": "abc", "expires_in": 300}'
_ASKED = f"WWW-Authenticate: {_REALM.decode()}"


def _registries() -> list[bytes]:
    config = json.dumps(CONFIG).encode()
    described = {**MANIFEST["config"], "digest": f"sha256:{hashlib.sha256(config).hexdigest()}", "size": len(config)}
    manifest = json.dumps({**MANIFEST, "config": described}).encode()
    layer = {
        **MANIFEST["layers"][0],
        "digest": f"sha256:{hashlib.sha256(tars()[0]).hexdigest()}",
        "size": len(tars()[0]),
    }
    single = json.dumps({**MANIFEST, "config": described, "layers": [layer]}).encode()
    listed = {**INDEX["manifests"][0], "digest": f"sha256:{hashlib.sha256(manifest).hexdigest()}"}
    index = json.dumps({**INDEX, "manifests": [listed]}).encode()
    kind = "Content-Type: " + MANIFEST["mediaType"]
    tags = json.dumps({"tags": ["1", "2"]}).encode()
    referrers = json.dumps({"manifests": [{**INDEX["manifests"][0], "artifactType": "x"}]}).encode()
    chains = [
        [_answer(401, b"", _ASKED), _answer(200, _TOKEN), _answer(200, manifest, kind), _answer(200, config)],
        [_answer(200, index, f"Docker-Content-Digest: {_DIGEST}"), _answer(200, manifest), _answer(200, config)],
        [_answer(200, single, kind), _answer(200, config), _answer(200, tars()[0])],
        [_answer(200, tags, 'Link: </v2/x/tags/list?last=2>; rel="next"'), _answer(200, tags)],
        [_answer(200, referrers), _answer(404, b'{"errors": [{"code": "X", "message": "m"}]}')],
        [_answer(206, _BLOB, "Content-Range: bytes 0-399/400"), _answer(307, b"", "Location: https://9.9.9.9/b")],
        [_answer(404, b""), _answer(202, b"", "Location: /v2/up/1", "Range: 0-99"), _answer(201, b"")],
        [_answer(429, b"", "Retry-After: 1", "RateLimit-Limit: 100;w=21600"), _answer(200, _BLOB)],
    ]
    return [_SEPARATOR.join(chain) for chain in chains]


def _nodes() -> list[bytes]:
    archive = tars()[0]
    chains = [
        [_on_wire(401, b"", _ASKED), _on_wire(200, _TOKEN), _on_wire(200, b"{}")],
        [_on_wire(200, b"{}"), _on_wire(206, _BLOB[50:], "Content-Range: bytes 50-399/400"), _on_wire(200, archive)],
        [_on_wire(302, b"", "Location: http://8.8.8.8/y"), _on_wire(200, b"x"), _on_wire(200, _BLOB)],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", _on_wire(416, b"")],
    ]
    return [_SEPARATOR.join(chain) for chain in chains]


def _mutated_answer(data: bytes, rng: Any) -> bytes:
    head, gap, body = data.partition(b"\n\n")
    if rng.random() < 0.5 and body[:1] == b"{":
        return head + gap + mutated_json(body, rng)
    return mutated_parts(b"\n", mutated_bytes)(head, rng) + gap + body


_HEADERS = (
    _REALM,
    b"/v2/x?a=b#c",
    b"https://8.8.4.4:8443/x",
    b"120",
    b"Wed, 21 Oct 2026 07:28:00 GMT",
    b'Basic realm="x"',
)

BORDERS = [
    Border("header", feed_header, lambda: [*_HEADERS]),
    Border("registry", feed_registry, _registries, mutated_parts(_SEPARATOR, _mutated_answer), examples=15),
    Border("web", feed_web, _registries, mutated_parts(_SEPARATOR, _mutated_answer), examples=40),
    Border("node", feed_node, _nodes, mutated_parts(_SEPARATOR, mutated_bytes), examples=40),
]
