"""A remote file comes into the store once, whole or not at all, whatever the server does."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from typing import Any

import pytest

from recast.errors import InputError, NetworkError, NotFound, PermissionDenied, StoreError
from recast.prepare.download import RemoteFile, fetch_file
from recast.remote.client import Client
from recast.remote.hosts import hosts
from recast.store import ArtifactStore
from tests.remote.loopback import Loopback, Reply

CONTENT = b"BLOCK MASS\n" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
HALF = len(CONTENT) // 2
BROKEN = Reply(CONTENT[:HALF], announced=len(CONTENT))
REST = Reply(CONTENT[HALF:], 206, {"Content-Range": f"bytes {HALF}-{len(CONTENT) - 1}/{len(CONTENT)}"})


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "artifacts")


def fetch(url: str, store: ArtifactStore, *, size: int | None = None, most: int = 1 << 20, named: bool = True) -> bool:
    return fetch_file(
        RemoteFile(url, SHA256, size), store, lambda: Client(hosts(), [url] if named else ()), most_bytes=most
    )


def left(store: ArtifactStore) -> list[Path]:
    return [path for path in store.root.rglob("*") if path.is_file()]


def test_it_is_fetched_once_for_all(server: Loopback, store: ArtifactStore) -> None:
    url = server.add("/a.slha", CONTENT)
    assert fetch(url, store) is True
    assert fetch(url, store) is False
    assert store.read(f"sha256:{SHA256}", 1 << 20) == CONTENT
    assert server.paths() == ["/a.slha"]
    assert left(store) == [store.path(f"sha256:{SHA256}")]


def test_what_is_here_needs_no_client(store: ArtifactStore, server: Loopback) -> None:
    fetch(server.add("/a", CONTENT), store)

    def never() -> Client:
        raise AssertionError("a server was to be asked")

    assert fetch_file(RemoteFile("https://nowhere.invalid/a", SHA256), store, never, 1) is False


def test_a_damaged_copy_is_fetched_again(server: Loopback, store: ArtifactStore) -> None:
    url = server.add("/a", CONTENT)
    fetch(url, store)
    place = store.path(f"sha256:{SHA256}")
    place.chmod(0o644)
    place.write_bytes(b"forged")
    assert fetch(url, store) is True
    assert place.read_bytes() == CONTENT


def test_a_cut_connection_goes_on_where_it_broke(server: Loopback, store: ArtifactStore) -> None:
    fetch(server.add("/a", BROKEN, REST), store)
    assert server.seen[1].headers["range"] == f"bytes={HALF}-"
    assert store.read(f"sha256:{SHA256}", 1 << 20) == CONTENT


def test_what_was_fetched_before_a_crash_is_kept(server: Loopback, store: ArtifactStore) -> None:
    store.scratch.mkdir(parents=True)
    (store.scratch / f"{SHA256}.part").write_bytes(CONTENT[:HALF])
    fetch(server.add("/a", REST), store)
    assert [seen.headers["range"] for seen in server.seen] == [f"bytes={HALF}-"]


@pytest.mark.parametrize(
    "replies",
    [
        pytest.param([BROKEN, Reply(CONTENT)], id="a server without ranges sends all of it again"),
        pytest.param([BROKEN, Reply(b"", 416), Reply(CONTENT)], id="a server that cannot go on"),
        pytest.param(
            [BROKEN, Reply(CONTENT[5:], 206, {"Content-Range": f"bytes 5-{len(CONTENT) - 1}/*"}), Reply(CONTENT)],
            id="a server that goes on elsewhere",
        ),
        pytest.param([Reply(b"X" * HALF, announced=len(CONTENT)), REST, Reply(CONTENT)], id="the file was changed"),
        pytest.param([Reply(b"", 503), Reply(CONTENT)], id="a server in trouble"),
    ],
)
def test_it_comes_whole_in_the_end(server: Loopback, store: ArtifactStore, replies: list[Reply]) -> None:
    fetch(server.add("/a", *replies), store)
    assert store.read(f"sha256:{SHA256}", 1 << 20) == CONTENT


def test_other_bytes_are_refused(server: Loopback, store: ArtifactStore) -> None:
    with pytest.raises(InputError, match="does not have the given checksum") as caught:
        fetch(server.add("/a", b"something else"), store)
    assert hashlib.sha256(b"something else").hexdigest() in caught.value.why
    assert caught.value.code == "inputs.checksum"
    assert len(server.seen) == 1  # the same bytes would come again
    assert left(store) == []


def test_a_login_page_is_named_as_such(server: Loopback, store: ArtifactStore) -> None:
    page = Reply(b"<html>Sign in</html>", headers={"Content-Type": "text/html; charset=utf-8"})
    with pytest.raises(InputError) as caught:
        fetch(server.add("/a.slha", page), store)
    assert "login page" in caught.value.why
    assert left(store) == []


@pytest.mark.parametrize("reply", [Reply(CONTENT), Reply(CONTENT[:500], announced=len(CONTENT))])
def test_a_file_that_announces_too_much_is_not_read(server: Loopback, store: ArtifactStore, reply: Reply) -> None:
    with pytest.raises(NetworkError) as caught:
        fetch(server.add("/a", reply), store, size=500)
    assert caught.value.code == "network.too-large"
    assert left(store) == []


def test_a_file_that_is_larger_than_announced_is_cut_off(server: Loopback, store: ArtifactStore) -> None:
    chunked = Reply(CONTENT, headers={"Transfer-Encoding": "chunked"})
    with pytest.raises(NetworkError):
        fetch(server.add("/a", chunked), store, most=500)
    assert len(left(store)) <= 1


@pytest.mark.parametrize(("status", "kind"), [(404, NotFound), (403, PermissionDenied), (418, NetworkError)])
def test_a_server_that_refuses(server: Loopback, store: ArtifactStore, status: int, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        fetch(server.add("/a", Reply(b"no", status)), store)
    assert left(store) == []


def test_no_network(server: Loopback, store: ArtifactStore) -> None:
    with pytest.raises(NetworkError, match="cannot be reached"):
        fetch("http://127.0.0.1:9/a", store)
    assert left(store) == []


def test_a_server_that_never_answers(server: Loopback, store: ArtifactStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECAST_HTTP_TIMEOUT_S", "0.2")
    with pytest.raises(NetworkError, match="in time"):
        fetch(server.add("/a", Reply(never=True)), store)


def test_a_stranger_may_not_send_us_into_this_network(server: Loopback, store: ArtifactStore) -> None:
    with pytest.raises(PermissionDenied) as caught:
        fetch(server.add("/a", CONTENT), store, named=False)
    assert caught.value.code == "permission.private-address"
    assert server.seen == []


def test_nor_may_a_redirect(encrypted: Loopback, server: Loopback, store: ArtifactStore) -> None:
    url = server.add("/a", Reply(b"", 302, {"Location": encrypted.add("/secret", CONTENT)}))
    with pytest.raises(PermissionDenied):
        fetch(url, store)
    assert encrypted.seen == []


def test_two_at_once_fetch_it_once(server: Loopback, store: ArtifactStore) -> None:
    url = server.add("/a", CONTENT)
    asked: list[Any] = []
    threads = [threading.Thread(target=lambda: asked.append(fetch(url, store))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(asked) == [False, False, False, True]
    assert server.paths() == ["/a"]


def test_a_full_or_forbidden_disk(server: Loopback, tmp_path: Path) -> None:
    (tmp_path / "artifacts").write_text("a file where the store should be")
    with pytest.raises(StoreError, match="cannot be stored"):
        fetch(server.add("/a", CONTENT), ArtifactStore(tmp_path / "artifacts"))
