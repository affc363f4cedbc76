"""Files that somebody else names by URL and checksum: fetched without our tokens, and never taken from what is here."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from recast.errors import RecastError
from recast.inputs.filevalue import BadFile, parse_file
from recast.prepare.download import RemoteFile, fetch_file
from recast.prepare.many_inputs import _is_private
from recast.remote.client import Client
from recast.remote.hosts import hosts, hosts_without_tokens
from recast.store import ArtifactStore

SECRET = b"somebody else's spectrum"
DIGEST = hashlib.sha256(SECRET).hexdigest()


class Server:
    """A web server that knows nothing of the file, or has it, and keeps what it was asked."""

    def __init__(self) -> None:
        self.content: bytes | None = None
        self.asked: list[dict[str, str]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(dict(self.headers))
                body = server.content
                self.send_response(404 if body is None else 200)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_: Any) -> None:
                return

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/spectrum.slha"


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield made
    made.http.shutdown()
    thread.join(10)
    made.http.server_close()


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    store = ArtifactStore(tmp_path / "store")
    (tmp_path / "file").write_bytes(SECRET)
    store.add(tmp_path / "file", "spectrum")
    return store


def client(server: Server) -> Callable[[], Client]:
    return lambda: Client(hosts_without_tokens({}), [server.url], "")


def test_who_knows_a_checksum_does_not_get_the_file_by_it(store: ArtifactStore, server: Server) -> None:
    wanted = RemoteFile(server.url, DIGEST)
    assert fetch_file(wanted, store, client(server), 1000) is False  # for the user of this machine it is here
    with pytest.raises(RecastError):
        fetch_file(wanted, store, client(server), 1000, for_others=True)


def test_who_has_the_file_may_use_it(store: ArtifactStore, server: Server) -> None:
    server.content = SECRET
    assert fetch_file(RemoteFile(server.url, DIGEST), store, client(server), 1000, for_others=True) is True
    assert store.path(f"sha256:{DIGEST}").read_bytes() == SECRET


def test_what_was_fetched_in_part_by_another_is_not_gone_on_with(store: ArtifactStore, server: Server) -> None:
    store.scratch.mkdir(parents=True, exist_ok=True)
    (store.scratch / f"{DIGEST}.part").write_bytes(SECRET)
    with pytest.raises(RecastError):
        fetch_file(RemoteFile(server.url, DIGEST), store, client(server), 1000, for_others=True)
    assert all("Range" not in asked for asked in server.asked)


def test_our_tokens_do_not_go_with_what_others_want() -> None:
    env = {"GITHUB_TOKEN": "ghp_ours", "RECAST_GITLAB_CERN_TOKEN": "ours"}
    assert hosts(env).credentials("https://api.github.com/repos/x/y")
    for url in ("https://api.github.com/repos/x/y", "https://gitlab.cern.ch/api/v4/projects/1"):
        assert hosts_without_tokens(env).credentials(url) == {}


@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1/x", "https://localhost:8470/x", "https://10.1.2.3/x", "https://169.254.169.254/latest",
     "https://[::1]/x", "https://[::ffff:10.0.0.1]/x", "https://0x7f.1/x", "https://2130706433/x", "https://0/x"],
)  # fmt: skip
def test_addresses_of_the_local_network_are_refused_before_anything_is_submitted(url: str) -> None:
    assert _is_private(url)


def test_public_addresses_and_names_are_left_to_the_guard_that_connects() -> None:
    assert not _is_private("https://zenodo.org/x")
    assert not _is_private("https://93.184.216.34/x")


@pytest.mark.parametrize("text", ["ftp://x/y", "file:///etc/passwd", "gopher://x", "https://user:pw@x/y"])
def test_other_kinds_of_addresses_are_no_remote_files(text: str) -> None:
    try:
        assert parse_file(text).kind == "local"  # which a request cannot have
    except BadFile:
        return
