"""Registries that are ill or lie: a clear error each time, and the store as it was before."""

from __future__ import annotations

import json
import os
import resource
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from recast.errors import ImageCorrupt, ImageError, Interrupted, NetworkError, NotFound, PermissionDenied, RecastError
from recast.images import ImageStore, verify
from recast.registry import Registry
from recast.registry.fetch import fetch_missing
from recast.registry.partial import sweep
from tests.images.handmade import image, item, tar
from tests.registry.fake import (
    INDEX,
    MANIFEST,
    FakeRegistry,
    Handler,
    content,
    cut,
    digest_of,
    endless,
    hang_up,
    keep_and_hang_up,
    serving,
    silent,
    status,
)

LARGE = os.urandom(3 << 20)
SMALL = b"small layer"


def snapshot(store: ImageStore) -> dict[str, bytes]:
    """All that a user of the store can see: partial downloads lie apart."""
    files = [path for path in store.root.rglob("*") if path.is_file() and "partial" not in path.parts]
    return {str(path.relative_to(store.root)): path.read_bytes() for path in files if path.name != ".lock"}


@pytest.fixture
def filled(store: ImageStore) -> ImageStore:
    """A store with an image of its own in it."""
    store.tag("here/before:1", image(store, tar(item("file", "a", b"b"))))
    return store


def pull_fails(fake: FakeRegistry, store: ImageStore, digest: str, error: type[RecastError]) -> RecastError:
    """Pull, expect an error with all four lines, and find the store unchanged for its users."""
    before = snapshot(store)
    with Registry(fake.name) as registry, pytest.raises(error) as caught:
        registry.pull(digest, store, name="came/from:1")
    after = snapshot(store)
    assert {key: after[key] for key in before} == before  # what was here is here
    assert digest not in store.names().values() and not store.has_blob(digest)
    assert verify(store) == []
    assert caught.value.what and caught.value.where
    return caught.value


def test_a_tag_that_is_gone(fake: FakeRegistry) -> None:
    with Registry(fake.name + ":never") as registry:
        assert registry.head() is None
        with pytest.raises(NotFound) as caught:
            registry.resolve()
    assert "MANIFEST_UNKNOWN" in caught.value.why
    assert caught.value.exit_code == 6


def test_a_registry_that_is_down(store: ImageStore) -> None:
    with serving() as gone:
        name = gone.name
    with Registry(name) as registry, pytest.raises(NetworkError, match="cannot be reached") as caught:
        registry.resolve("1")
    assert caught.value.exit_code == 4


def test_a_registry_that_is_silent(fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECAST_HTTP_TIMEOUT_S", "0.2")
    fake.fault("GET", "manifests", silent, times=9)
    with Registry(fake.name) as registry, pytest.raises(NetworkError, match="in time"):
        registry.resolve("1")
    assert len(fake.asked("GET", "manifests")) == 3


def test_a_registry_that_drips(fake: FakeRegistry, store: ImageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes before the time is out; all of them never would."""
    monkeypatch.setenv("RECAST_HTTP_TIMEOUT_S", "0.2")
    digest = fake.add_image(LARGE)

    def drip(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(LARGE)))
        handler.end_headers()
        for _ in range(100):
            if handler.registry.released.wait(0.02):
                break
            handler.wfile.write(b"x")
        handler.close_connection = True

    fake.fault("GET", digest_of(LARGE), drip, times=9)
    problem = pull_fails(fake, store, digest, NetworkError)
    assert problem.what == "A server does not answer in time" and "bytes in" in problem.why


@pytest.mark.parametrize("code", [500, 502, 503, 504])
def test_trouble_that_passes(fake: FakeRegistry, store: ImageStore, code: int) -> None:
    digest = fake.add_image(LARGE, SMALL)
    fake.fault("GET", "manifests", status(code))
    fake.fault("GET", "blobs", status(code), times=2)
    with Registry(fake.name) as registry:
        registry.pull(digest, store, name="came/from:1")
    assert verify(store) == []


def test_too_many_requests(fake: FakeRegistry) -> None:
    fake.add_image(SMALL)
    fake.fault("GET", "manifests", status(429, Retry_After="0"), times=2)
    with Registry(fake.name) as registry:
        registry.resolve("1")
    fake.fault("GET", "manifests", status(429, Retry_After="21600", RateLimit_Limit="100;w=21600"))
    with Registry(fake.name) as registry, pytest.raises(NetworkError) as caught:
        registry.resolve("1")
    assert caught.value.code == "network.rate-limit"
    assert "Try again after" in caught.value.next_step and "100 images" in caught.value.next_step
    assert "podman login" in caught.value.next_step


def test_a_download_goes_on_where_it_broke(fake: FakeRegistry, store: ImageStore) -> None:
    digest = fake.add_image(LARGE)
    fake.fault("GET", digest_of(LARGE), cut(1 << 20), times=2)
    with Registry(fake.name) as registry:
        registry.pull(digest, store, name="came/from:1")
    ranges = [seen.headers.get("range") for seen in fake.asked("GET", digest_of(LARGE))]
    assert ranges == [None, f"bytes={1 << 20}-", f"bytes={2 << 20}-"]
    assert verify(store) == []


def test_a_line_that_breaks_often_but_gets_on(fake: FakeRegistry, store: ImageStore) -> None:
    """Tries are counted only as long as nothing much comes."""
    layer = os.urandom(8 << 20)
    digest = fake.add_image(layer)
    fake.fault("GET", digest_of(layer), cut(1 << 20), times=7)
    with Registry(fake.name) as registry:
        registry.pull(digest, store)
    assert store.has_blob(digest)


def test_what_came_is_kept_for_the_next_command(fake: FakeRegistry, filled: ImageStore) -> None:
    digest = fake.add_image(LARGE)
    fake.fault("GET", digest_of(LARGE), cut(1000), times=3)
    problem = pull_fails(fake, filled, digest, NetworkError)
    assert problem.what in ("A transfer was interrupted", "A blob ends too early")
    partial = filled.root / "partial" / digest_of(LARGE)[7:]
    assert partial.read_bytes() == LARGE[:3000]
    with Registry(fake.name) as registry:
        registry.pull(digest, filled, name="came/from:1")
    assert fake.asked("GET", digest_of(LARGE))[-1].headers["range"] == "bytes=3000-"
    assert verify(filled) == [] and not partial.exists()


def test_a_partial_download_that_rotted_is_fetched_anew(fake: FakeRegistry, store: ImageStore) -> None:
    digest = fake.add_image(LARGE)
    (store.root / "partial").mkdir(parents=True)
    (store.root / "partial" / digest_of(LARGE)[7:]).write_bytes(b"?" * 5000)
    with Registry(fake.name) as registry:
        registry.pull(digest, store, name="came/from:1")
    assert verify(store) == []


def test_a_registry_without_ranges(fake: FakeRegistry, store: ImageStore) -> None:
    digest = fake.add_image(LARGE)
    fake.fault("GET", digest_of(LARGE), cut(1000))
    fake.fault("GET", digest_of(LARGE), content(LARGE))
    with Registry(fake.name) as registry:
        registry.pull(digest, store, name="came/from:1")
    assert verify(store) == []


def test_old_partial_downloads_are_swept(store: ImageStore) -> None:
    folder = store.root / "partial"
    folder.mkdir(parents=True)
    (folder / ("a" * 64)).write_bytes(b"old")
    (folder / ("b" * 64)).write_bytes(b"new")
    os.utime(folder / ("a" * 64), (0, 0))
    assert sweep(store) == 1
    assert [path.name for path in folder.iterdir()] == ["b" * 64]


@pytest.mark.parametrize("which", ["layer", "config", "manifest"])
def test_other_bytes_than_the_digest_says(fake: FakeRegistry, filled: ImageStore, which: str) -> None:
    digest = fake.add_image(LARGE, SMALL)
    config = json.loads(fake.manifests[digest][1])["config"]["digest"]
    wrong = {"layer": digest_of(LARGE), "config": config, "manifest": digest}[which]
    if which == "manifest":
        kind, document = fake.manifests[digest]
        fake.manifests[digest] = (kind, document.replace(b'"schemaVersion": 2', b'"schemaVersion":  2'))
    else:
        fake.blobs[wrong] = bytes([fake.blobs[wrong][0] ^ 1]) + fake.blobs[wrong][1:]
    problem = pull_fails(fake, filled, digest, ImageCorrupt)
    assert wrong in problem.what
    assert not list((filled.root / "partial").glob(wrong[7:]))


def test_every_layer_is_checked(fake: FakeRegistry, store: ImageStore) -> None:
    layers = [os.urandom(1000) for _ in range(5)]
    for number, layer in enumerate(layers):
        digest = fake.add_image(*layers, tag=str(number))
        fake.blobs[digest_of(layer)] = layer[:-1] + bytes([layer[-1] ^ 0x80])
        problem = pull_fails(fake, ImageStore(store.root / str(number)), digest, ImageCorrupt)
        assert digest_of(layer) in problem.what
        fake.blobs[digest_of(layer)] = layer


@pytest.mark.parametrize("change", [-1, 1, -100_000, 1 << 40])
def test_a_manifest_that_lies_about_sizes(fake: FakeRegistry, filled: ImageStore, change: int) -> None:
    digest = fake.add_image(LARGE)
    document = json.loads(fake.manifests[digest][1])
    document["layers"][0]["size"] += change
    lying = fake.add_manifest(document, "lie")
    problem = pull_fails(fake, filled, lying, ImageError if change == 1 << 40 else NetworkError)
    assert problem.code == ("image.no-room" if change == 1 << 40 else "registry.size")


def test_one_blob_with_two_sizes(fake: FakeRegistry, filled: ImageStore) -> None:
    digest = fake.add_image(LARGE)
    document = json.loads(fake.manifests[digest][1])
    document["layers"].append({**document["layers"][0], "size": 7})
    assert pull_fails(fake, filled, fake.add_manifest(document), ImageError).what == "A manifest lies"


def test_an_endless_body(fake: FakeRegistry, filled: ImageStore) -> None:
    digest = fake.add_image(LARGE)
    fake.fault("GET", digest_of(LARGE), endless, times=9)
    assert pull_fails(fake, filled, digest, NetworkError).code == "network.too-large"
    fake.faults.clear()
    fake.fault("GET", "manifests", endless, times=9)
    with Registry(fake.name) as registry, pytest.raises(NetworkError) as caught:
        registry.resolve("1")
    assert caught.value.code == "network.too-large"


@pytest.mark.parametrize(
    "body",
    [
        b"<html>log in</html>",
        b"[" * 100_000,
        b"[]",
        b"{}",
        b'{"schemaVersion": 1, "fsLayers": []}',
        b'{"layers": 7, "config": {}}',
        b'{"config": {"digest": "sha256:../../etc/passwd", "size": 1}, "layers": []}',
        b'{"config": {"digest": "sha512:' + b"0" * 128 + b'", "size": 1}, "layers": []}',
        json.dumps({"config": {"digest": digest_of(b""), "size": -1}, "layers": []}).encode(),
        json.dumps({"config": {"digest": digest_of(b""), "size": 0}, "layers": [None] * 10_000}).encode(),
        b'{"manifests": {"a": 1}}',
        b" " * (5 << 20),
    ],
)
@pytest.mark.parametrize("kind", [MANIFEST, INDEX, "text/html"])
def test_what_is_no_manifest(fake: FakeRegistry, filled: ImageStore, body: bytes, kind: str) -> None:
    digest = fake.add_manifest(body, "1", kind=kind)
    problem = pull_fails(fake, filled, digest, RecastError)
    assert problem.exit_code in (4, 6)


def test_indexes_without_end(fake: FakeRegistry, filled: ImageStore) -> None:
    digest = fake.add_image(SMALL)
    size = len(fake.manifests[digest][1])
    for _ in range(9):
        inner = {"mediaType": INDEX, "digest": digest, "size": size}
        digest = fake.add_manifest({"schemaVersion": 2, "mediaType": INDEX, "manifests": [inner]}, kind=INDEX)
        size = len(fake.manifests[digest][1])
    assert "without end" in pull_fails(fake, filled, digest, ImageError).why


def test_tags_that_go_on_for_ever(fake: FakeRegistry) -> None:
    again = '</v2/team/image/tags/list?n=1000>; rel="next"'
    fake.fault("GET", "tags/list", content(b'{"tags": ["a"]}', Link=again), times=99)
    with Registry(fake.name) as registry, pytest.raises(NetworkError, match="no end"):
        registry.tags()


# -- who asks


def test_a_token_is_fetched_once_and_goes_nowhere_else(
    fake: FakeRegistry, store: ImageStore, credentials: Callable[[FakeRegistry], None]
) -> None:
    fake.token = "t0ken"
    credentials(fake)
    digest = fake.add_image(LARGE, SMALL)
    with Registry(fake.name) as registry:
        registry.pull(digest, store)
        registry.head("1")
    assert len(fake.asked("GET", "^/token")) == 1
    assert all(seen.headers["authorization"].startswith("Basic ") for seen in fake.asked("GET", "^/token"))


def test_a_token_that_expires_is_renewed(
    fake: FakeRegistry, store: ImageStore, credentials: Callable[[FakeRegistry], None]
) -> None:
    fake.token = "one"
    credentials(fake)
    digest = fake.add_image(LARGE)
    with Registry(fake.name) as registry:
        registry.head("1")
        fake.token = "two"
        registry.pull(digest, store)
    assert len(fake.asked("GET", "^/token")) == 2


def test_wrong_credentials(fake: FakeRegistry) -> None:
    fake.token = "t0ken"
    with Registry(fake.name) as registry, pytest.raises(PermissionDenied, match="does not let us in") as caught:
        registry.head("1")
    assert caught.value.exit_code == 5


@pytest.mark.parametrize("realm", ["http://registry.example.org/token", "file:///etc/passwd", "nonsense", "http://["])
def test_a_token_server_that_we_do_not_ask(
    fake: FakeRegistry, realm: str, credentials: Callable[[FakeRegistry], None]
) -> None:
    """A password goes to the registry itself or by https, never anywhere in the clear."""
    fake.token, fake.realm = "t0ken", realm
    credentials(fake)
    with Registry(fake.name) as registry, pytest.raises(RecastError) as caught:
        registry.head("1")
    assert caught.value.exit_code in (4, 5)
    assert not fake.asked("GET", "^/token")


@pytest.mark.parametrize("answer", [b"", b"[]", b"{}", b'{"token": 7}', b'{"token": "a\\r\\nHost: x"}', b"<html>"])
def test_a_token_server_that_speaks_nonsense(
    fake: FakeRegistry, answer: bytes, credentials: Callable[[FakeRegistry], None]
) -> None:
    fake.token = "t0ken"
    credentials(fake)
    fake.fault("GET", "^/token", content(answer), times=9)
    with Registry(fake.name) as registry, pytest.raises(NetworkError, match="token server"):
        registry.head("1")


def test_a_blob_elsewhere_is_fetched_without_the_token(
    certificates: Path, store: ImageStore, monkeypatch: pytest.MonkeyPatch, credentials: Callable[[FakeRegistry], None]
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "ca.crt"))
    with serving(certificates) as own, serving(certificates) as elsewhere:
        own.token, own.realm = "t0ken", f"https://{own.host}/token"
        credentials(own)
        digest = own.add_image(LARGE)
        elsewhere.add_blob(LARGE)
        there = f"https://{elsewhere.host}/v2/team/image/blobs/{digest_of(LARGE)}"
        own.fault("GET", digest_of(LARGE), status(307, Location=there))
        with Registry(own.name) as registry:
            registry.pull(digest, store)
        (seen,) = elsewhere.seen
    assert "authorization" not in seen.headers and "cookie" not in seen.headers
    assert store.has_blob(digest)


@pytest.mark.parametrize("place", ["http://registry.example.org/x", "file:///etc/passwd", "//", "gopher://x/"])
def test_redirects_that_are_not_followed(fake: FakeRegistry, filled: ImageStore, place: str) -> None:
    digest = fake.add_image(LARGE)
    fake.fault("GET", digest_of(LARGE), status(307, Location=place), times=9)
    assert pull_fails(fake, filled, digest, RecastError).exit_code in (4, 5)


def test_circles(fake: FakeRegistry, filled: ImageStore) -> None:
    digest = fake.add_image(LARGE)
    fake.fault("GET", digest_of(LARGE), status(307, Location=f"/v2/team/image/blobs/{digest_of(LARGE)}"), times=99)
    assert "in a loop" in pull_fails(fake, filled, digest, NetworkError).what


# -- pushing


@pytest.fixture
def large(store: ImageStore) -> str:
    """An image with a layer of 3 MB in the store."""
    return image(store, LARGE)


def test_an_upload_goes_on_where_it_broke(fake: FakeRegistry, store: ImageStore, large: str) -> None:
    fake.fault("PATCH", "uploads", keep_and_hang_up(1_000_000))
    with Registry(fake.name) as registry:
        registry.push(large, store, "1")
    assert fake.blobs[digest_of(LARGE)] == LARGE
    assert fake.asked("PATCH", "uploads")[-1].headers["content-range"] == f"1000000-{len(LARGE) - 1}"


def test_an_upload_that_the_registry_forgot_starts_anew(fake: FakeRegistry, store: ImageStore, large: str) -> None:
    def forget(handler: Handler) -> None:
        handler.registry.uploads.clear()
        hang_up(handler)

    fake.fault("PATCH", "uploads", forget)
    with Registry(fake.name) as registry:
        registry.push(large, store, "1")
    assert fake.blobs[digest_of(LARGE)] == LARGE


def test_a_push_that_fails_names_nothing(fake: FakeRegistry, store: ImageStore, large: str) -> None:
    fake.fault("PATCH", "uploads", hang_up, times=99)
    with Registry(fake.name) as registry, pytest.raises(NetworkError):
        registry.push(large, store, "1")
    assert fake.manifests == {}


def test_a_damaged_blob_is_never_pushed(fake: FakeRegistry, store: ImageStore, large: str) -> None:
    path = store.blob_path(digest_of(LARGE))
    path.write_bytes(LARGE[:-1] + bytes([LARGE[-1] ^ 1]))
    with Registry(fake.name) as registry, pytest.raises(ImageCorrupt) as caught:
        registry.push(large, store, "1")
    assert digest_of(LARGE) in caught.value.what
    assert digest_of(LARGE) not in fake.blobs and fake.manifests == {}
    path.write_bytes(LARGE[:-1])
    with Registry(fake.name) as registry, pytest.raises(ImageCorrupt):
        registry.push(large, store, "1")


def test_a_registry_that_may_not_be_written_to(fake: FakeRegistry, store: ImageStore, large: str) -> None:
    fake.fault("POST", "uploads", status(405), times=99)
    with Registry(fake.name) as registry, pytest.raises(ImageError, match="refuses"):
        registry.push(large, store, "1")


def test_an_upload_is_not_sent_to_a_place_in_the_clear(fake: FakeRegistry, store: ImageStore, large: str) -> None:
    fake.fault("POST", "uploads", status(202, Location="http://registry.example.org/up"), times=99)
    with Registry(fake.name) as registry, pytest.raises(PermissionDenied):
        registry.push(large, store, "1")


def test_a_registry_that_changes_manifests(fake: FakeRegistry, store: ImageStore, large: str) -> None:
    fake.fault("PUT", "manifests", status(201, Docker_Content_Digest=digest_of(b"other")), times=99)
    with Registry(fake.name) as registry, pytest.raises(ImageError, match="changed a manifest"):
        registry.push(large, store, "1")


def unknown_blob(handler: Handler) -> None:
    handler.body()
    handler.reply(400, b'{"errors": [{"code": "MANIFEST_BLOB_UNKNOWN", "message": "blob unknown to registry"}]}')


def test_a_registry_that_does_not_see_a_blob_for_a_moment(fake: FakeRegistry, store: ImageStore, large: str) -> None:
    """docker-registry does so while another client sends the same blob."""
    fake.fault("PUT", "manifests", unknown_blob, times=2)
    with Registry(fake.name) as registry:
        registry.push(large, store, "1")
    assert digest_of(fake.manifests["1"][1]) == large


def test_a_registry_that_never_sees_a_blob(fake: FakeRegistry, store: ImageStore, large: str) -> None:
    fake.fault("PUT", "manifests", unknown_blob, times=99)
    with Registry(fake.name) as registry, pytest.raises(NetworkError, match="refuses") as caught:
        registry.push(large, store, "1")
    assert caught.value.code == "registry.refused"


def at_once(*works: Callable[[], object]) -> list[BaseException]:
    problems: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return problems


def test_two_pushes_at_once(fake: FakeRegistry, store: ImageStore, large: str) -> None:
    def push() -> None:
        with Registry(fake.name) as registry:
            registry.push(large, store, "1")

    assert at_once(push, push) == []
    assert fake.blobs[digest_of(LARGE)] == LARGE
    assert digest_of(fake.manifests["1"][1]) == large


def test_two_pulls_at_once_share_the_download(fake: FakeRegistry, store: ImageStore) -> None:
    digest = fake.add_image(LARGE)

    def pull() -> None:
        with Registry(fake.name) as registry:
            registry.pull(digest, store, name="came/from:1")

    assert at_once(pull, pull, pull) == []
    assert verify(store) == []


# -- the disk


def test_a_disk_that_fills_in_mid_copy(fake: FakeRegistry, filled: ImageStore) -> None:
    """No file may grow beyond 2 MB: the error is ours, the store as before; with room again the pull goes on."""
    import signal

    digest = fake.add_image(LARGE)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 20, hard))
    try:
        problem = pull_fails(fake, filled, digest, ImageError)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert "cannot be written" in problem.what and "RECAST_IMAGE_STORE" in problem.next_step
    with Registry(fake.name) as registry:
        registry.pull(digest, filled, name="came/from:1")
    assert fake.asked("GET", digest_of(LARGE))[-1].headers.get("range") == f"bytes={2 << 20}-"
    assert verify(filled) == []


def test_a_damaged_blob_is_mended_by_a_pull(fake: FakeRegistry, store: ImageStore) -> None:
    digest = fake.add_image(LARGE, SMALL)
    with Registry(fake.name) as registry:
        registry.pull(digest, store, name="came/from:1")
        for blob in [digest, digest_of(LARGE), digest_of(SMALL)]:
            path = store.blob_path(blob)
            path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])
            assert [bad.digest for bad in verify(store)] == [blob]
            registry.pull(digest, store, name="came/from:1")
            assert verify(store) == []


def test_an_interrupt_stops_all_blobs(fake: FakeRegistry, store: ImageStore) -> None:
    digest = fake.add_image(*(os.urandom(1 << 20) for _ in range(6)))

    def watch(done: int, total: int) -> None:
        raise Interrupted("The user has had enough")

    with Registry(fake.name) as registry, pytest.raises(Interrupted):
        registry.pull(digest, store, watch=watch)
    assert not store.has_blob(digest)


def test_a_missing_image_says_what_was_tried(store: ImageStore) -> None:
    with serving() as gone:
        name = f"{gone.name}:1"
    with pytest.raises(NotFound) as caught:
        fetch_missing(name, digest_of(b"x"), store)
    assert caught.value.code == "image.not-found"
    assert "cannot be reached" in caught.value.why and "recast image pull" in caught.value.next_step
