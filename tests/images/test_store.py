"""The store: names, digests, atomic writes, and what damage looks like."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.errors import ImageCorrupt, ImageError, InputError, NotFound
from recast.images import ImageLock, ImageStore, Pin, ensure_unpacked, load_lock, parse_reference, verify, write_lock
from recast.images.manifest import LAYER_TYPE
from tests.images.handmade import image, item, tar

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("recast/pyhf-fit", ("recast/pyhf-fit", None, None)),
        ("recast/pyhf-fit:1", ("recast/pyhf-fit", "1", None)),
        ("host:5000/a/b", ("host:5000/a/b", None, None)),
        ("host.org:5000/a:v1.0", ("host.org:5000/a", "v1.0", None)),
        (f"a@{DIGEST}", ("a", None, DIGEST)),
        (f"a:t@{DIGEST}", ("a", "t", DIGEST)),
    ],
)
def test_references(text: str, parts: tuple[str, str | None, str | None]) -> None:
    reference = parse_reference(text)
    assert (reference.name, reference.tag, reference.digest) == parts
    assert str(reference) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", ":", "a:", "a@", "A/b:", "../a", "/a", "a//b", "a/../b", "a b", "a\nb", "-a", "a;rm", "$(a)", "a\0"),
        *("a@sha256:12", "a@md5:" + "a" * 32, "a@sha256:" + "A" * 64, "a:" + "t" * 129, "a" * 300, "a:b:c", "--help"),
    ],
)
def test_hostile_references_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_reference(text)


@given(st.text(max_size=40))
def test_a_reference_reads_back(text: str) -> None:
    try:
        reference = parse_reference(text)
    except InputError:
        return
    assert parse_reference(str(reference)) == reference
    assert ".." not in reference.name.split("/")


def test_names_and_resolve(store: ImageStore) -> None:
    one, two = image(store, tar(item("file", "1"))), image(store, tar(item("file", "2")))
    store.tag("a/b:1", one)
    store.tag("a/b:2", two)
    store.tag("a/b:1", two)
    assert store.names() == {"a/b:1": two, "a/b:2": two}
    assert store.resolve("a/b:2") == two
    assert store.resolve(f"anything@{one}") == one
    for unknown in ("a/b", "a/b:3", f"a@{DIGEST}"):
        with pytest.raises(NotFound):
            store.resolve(unknown)
    with pytest.raises(NotFound):
        store.tag("c:1", DIGEST)


def test_an_absent_store_is_empty_and_is_not_made_by_reading(store: ImageStore) -> None:
    assert store.names() == {}
    assert verify(store) == []
    assert not store.root.exists()


def test_adding_a_damaged_blob_again_mends_it(store: ImageStore) -> None:
    blob = store.add_blob([b"con", b"tent"], LAYER_TYPE)
    store.blob_path(blob.digest).write_bytes(b"damaged")
    with pytest.raises(ImageCorrupt) as caught:
        store.check_blob(blob.digest)
    assert blob.digest in caught.value.what
    assert str(store.blob_path(blob.digest)) == caught.value.where
    assert "recast image build" in caught.value.next_step
    assert store.add_blob([b"content"], LAYER_TYPE) == blob
    store.check_blob(blob.digest, 7)


def test_a_write_that_breaks_off_leaves_nothing(store: ImageStore) -> None:
    def broken() -> object:
        yield b"half"
        raise OSError(28, "No space left on device")

    with pytest.raises(ImageError) as caught:
        store.add_blob(broken(), LAYER_TYPE)  # type: ignore[arg-type]
    assert "No space left" in caught.value.why
    assert list((store.root / "blobs/sha256").iterdir()) == []


@pytest.mark.parametrize("text", ["", "[]", '{"manifests": 1}', '{"manifests": [1]}', "{", "[" * 100_000])
def test_a_damaged_index(store: ImageStore, text: str) -> None:
    store.create()
    (store.root / "index.json").write_text(text)
    with pytest.raises(ImageCorrupt) as caught:
        store.names()
    assert caught.value.where.endswith("index.json")


def test_every_blob_is_guarded(store: ImageStore) -> None:
    layers = [tar(item("file", "a", b"x")), tar(item("file", "b", os.urandom(5000)))]
    digest = image(store, *layers, compress=True)
    store.tag("t:1", digest)
    manifest = store.manifest(digest)
    for blob in (digest, manifest.config.digest, *(layer.digest for layer in manifest.layers)):
        path = store.blob_path(blob)
        good = path.read_bytes()
        path.write_bytes(bytes([good[0] ^ 1]) + good[1:])
        (bad,) = verify(store)
        assert (bad.digest, bad.path, bad.images) == (blob, path, ("t:1",))
        with pytest.raises(ImageCorrupt, match=blob):
            ensure_unpacked(store, digest)
        path.unlink()
        assert [(found.digest, found.problem) for found in verify(store)] == [(blob, "it is missing")]
        path.write_bytes(good)
        assert not (store.root / "unpacked" / digest.removeprefix("sha256:")).exists()
    assert verify(store) == []
    ensure_unpacked(store, digest)


def test_a_wrong_diff_id_unpacks_nothing(store: ImageStore) -> None:
    layer = store.add_blob([tar(item("file", "a"))], LAYER_TYPE)
    digest = store.add_image({"rootfs": {"diff_ids": [DIGEST]}}, [layer])
    with pytest.raises(ImageCorrupt, match=layer.digest):
        ensure_unpacked(store, digest)
    assert not (store.root / "unpacked" / digest.removeprefix("sha256:")).exists()


def test_the_command_line_names_bad_blobs(store: ImageStore, recast: object) -> None:
    digest = image(store, tar(item("file", "a")))
    store.tag("recast/t:1", digest)
    layer = store.manifest(digest).layers[0].digest
    fine = recast("image", "verify", "--store", store.root)  # type: ignore[operator]
    assert (fine.code, fine.out) == (0, "")
    listed = recast("image", "ls", "--store", store.root, "-o", "json").json  # type: ignore[operator]
    assert [(row["name"], row["digest"]) for row in listed["images"]] == [("recast/t:1", digest)]
    store.blob_path(layer).write_bytes(b"bad")
    answer = recast("image", "verify", "--store", store.root, "-o", "json")  # type: ignore[operator]
    assert answer.code == 1
    assert [bad["digest"] for bad in answer.json["bad"]] == [layer]
    assert layer in answer.err


def test_the_lock_reads_back(tmp_path: Path) -> None:
    assert load_lock(tmp_path) == ImageLock()
    pin = Pin(DIGEST, "linux/amd64", 12, "2026-01-01T00:00:00Z", "build")
    write_lock(tmp_path, ImageLock().with_pin("a/b:1", pin))
    lock = load_lock(tmp_path)
    assert lock.images == {"a/b:1": pin}
    assert lock.digest("a/b", "1") == DIGEST
    with pytest.raises(NotFound):
        lock.digest("a/b", "2")


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"version": 2, "images": {}},
        {"version": 1, "images": {"../x": {}}},
        {"version": 1, "images": {"a:1": {"digest": "latest"}}},
        [],
    ],
)
def test_a_malformed_lock(tmp_path: Path, document: object) -> None:
    (tmp_path / "images.lock.json").write_text(json.dumps(document))
    with pytest.raises(ImageError) as caught:
        load_lock(tmp_path)
    assert caught.value.code == "image.lock"


def test_who_asks_for_an_image_that_is_not_here_hears_of_those_most_like_it(tmp_path: Path) -> None:
    store = ImageStore(tmp_path / "store")
    digest = image(store, tar(item("file", "a")))
    for name in (f"team/part-{number}:1" for number in range(20)):
        store.tag(name, digest)
    store.tag(f"team/part-1:sha256-{'a' * 64}.sbom", digest)
    with pytest.raises(NotFound) as raised:
        store.manifest(store.resolve("team/part-22:1"))
    assert raised.value.why.startswith("Images here: ")
    assert raised.value.why.endswith(" and 14 more")
    assert "team/part-2:1" in raised.value.why
    assert "sbom" not in raised.value.why
