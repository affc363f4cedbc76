"""Layers that want out, or want everything: each is refused, and nothing is left behind or touched outside."""

from __future__ import annotations

import gzip
import os
import struct
from pathlib import Path

import pytest

from recast.errors import ImageError
from recast.images import ImageStore, Limits, ensure_unpacked
from recast.images.manifest import LAYER_TYPE
from tests.images.handmade import Item, document, image, item, tar


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret").write_text("untouched")
    return folder


def refused(store: ImageStore, *layers: bytes, limits: Limits | None = None) -> ImageError:
    digest = image(store, *layers)
    with pytest.raises(ImageError) as caught:
        ensure_unpacked(store, digest, limits or Limits())
    left = [path.name for path in (store.root / "unpacked").iterdir() if path.suffix != ".lock"]
    assert left == []
    return caught.value


ESCAPES: dict[str, list[Item]] = {
    "absolute": [item("file", "/etc/evil", b"x")],
    "parent": [item("file", "../evil", b"x")],
    "parent inside": [item("dir", "a"), item("file", "a/../../evil", b"x")],
    "absolute link, then through it": [item("link", "l", link="{out}"), item("file", "l/evil", b"x")],
    "relative link, then through it": [
        item("link", "l", link="../../../../../{out}"),
        item("file", "l/evil", b"x"),
    ],
    "chain of links": [
        item("link", "one", link="two"),
        item("link", "two", link="{out}"),
        item("file", "one/evil", b"x"),
    ],
    "link through a folder": [
        item("dir", "a"),
        item("link", "a/up", link="../.."),
        item("file", "a/up/evil", b"x"),
    ],
    "folder through a link": [item("link", "l", link="{out}"), item("dir", "l/evil")],
    "whiteout through a link": [item("link", "l", link="{out}"), item("file", "l/.wh.secret")],
    "opaque through a link": [item("link", "l", link="{out}"), item("file", "l/.wh..wh..opq")],
    "whiteout of the parent": [item("dir", "a"), item("file", "a/.wh...")],
    "hard link to the host": [item("hard", "h", link="{out}/secret")],
    "hard link upwards": [item("hard", "h", link="../../../../../../{out}/secret")],
    "hard link through a link": [item("link", "l", link="{out}"), item("hard", "h", link="l/secret")],
    "links in a circle": [item("link", "a", link="b"), item("link", "b", link="a"), item("file", "a/f")],
    "a file as a folder": [item("file", "f"), item("file", "f/evil")],
    "NUL in a link": [item("link", "l", link="a\0b"), item("file", "l/evil", pax_headers={"linkpath": "a\0b"})],
    "too deep": [item("file", "/".join("d" * 300) + "/f")],
}


@pytest.mark.parametrize("name", ESCAPES)
def test_an_escape_is_refused(store: ImageStore, outside: Path, name: str) -> None:
    for info, _ in ESCAPES[name]:
        info.linkname = info.linkname.replace("{out}", str(outside))
    entries = ESCAPES[name]
    if name == "NUL in a link":  # tarfile would cut it short
        entries = [item("link", "l", pax_headers={"linkpath": "a\0b"})]
    error = refused(store, tar(*entries))
    assert error.code == "image.escape"
    assert "layer sha256:" in error.where
    assert {path.name: path.read_text() for path in outside.iterdir()} == {"secret": "untouched"}


def test_a_link_planted_in_one_layer_does_not_serve_the_next(store: ImageStore, outside: Path) -> None:
    error = refused(store, tar(item("link", "l", link=str(outside))), tar(item("file", "l/evil", b"x")))
    assert error.code == "image.escape"
    assert not (outside / "evil").exists()


def test_a_file_over_a_link_replaces_the_link(store: ImageStore, outside: Path) -> None:
    layer = tar(item("link", "l", link=f"{outside}/secret"), item("file", "l", b"mine"))
    root = ensure_unpacked(store, image(store, layer)).rootfs
    assert (root / "l").read_bytes() == b"mine"
    assert (outside / "secret").read_text() == "untouched"


def test_a_hard_link_to_a_link_links_the_link(store: ImageStore, outside: Path) -> None:
    layer = tar(item("link", "l", link=f"{outside}/secret"), item("hard", "h", link="l"))
    root = ensure_unpacked(store, image(store, layer)).rootfs
    assert (root / "h").is_symlink()


def test_mount_points_that_are_links_outwards(store: ImageStore, outside: Path) -> None:
    error = refused(store, tar(item("link", "recast", link=str(outside))))
    assert error.code == "image.escape"
    assert not (outside / "run").exists()


def test_the_mode_of_a_replaced_folder_does_not_reach_through_a_link(store: ImageStore, outside: Path) -> None:
    outside.chmod(0o750)
    layer = tar(item("dir", "d", mode=0o777), item("link", "d", link=str(outside)))
    ensure_unpacked(store, image(store, layer))
    assert outside.stat().st_mode & 0o777 == 0o750


def test_too_many_bytes(store: ImageStore) -> None:
    layer = tar(item("file", "zeros", bytes(3_000_000)))
    assert refused(store, layer, limits=Limits(total_bytes=1_000_000)).code == "image.bomb"


def test_bytes_are_counted_over_all_layers(store: ImageStore) -> None:
    layers = [tar(item("file", str(i), bytes(300_000))) for i in range(5)]
    assert refused(store, *layers, limits=Limits(total_bytes=1_000_000)).code == "image.bomb"


def test_a_compressed_bomb_in_flat_memory(store: ImageStore) -> None:
    layer = tar(item("file", "zeros", bytes(50_000_000)))
    blob = store.add_blob([gzip.compress(layer, 9)], LAYER_TYPE + "+gzip")
    digest = store.add_image(document([layer]), [blob])
    with pytest.raises(ImageError) as caught:
        ensure_unpacked(store, digest, Limits(total_bytes=1_000_000))
    assert caught.value.code == "image.bomb"


def test_few_entries_that_make_many_folders(store: ImageStore) -> None:
    layer = tar(*(item("file", f"{number}/" + "a/" * 30 + "f") for number in range(4)))
    assert refused(store, layer, limits=Limits(entries=1000)).code == "image.bomb"
    named = tar(*(item("dir", "/".join(["a"] * depth)) for depth in range(1, 60)), item("file", "a/" * 59 + "f"))
    ensure_unpacked(store, image(store, named), Limits(entries=200))


def test_too_many_entries(store: ImageStore) -> None:
    layer = tar(*(item("dir", f"{i}") for i in range(50)))
    assert refused(store, layer, limits=Limits(entries=20)).code == "image.bomb"


def test_folders_made_on_the_way_count(store: ImageStore) -> None:
    layer = tar(item("file", "/".join("d" * 60) + "/f"))
    assert refused(store, layer, limits=Limits(entries=20)).code == "image.bomb"


def test_a_header_that_asks_for_gigabytes_of_metadata(store: ImageStore) -> None:
    block = bytearray(tar(item("file", "x"))[:512])
    block[156:157] = b"x"
    block[124:136] = b"\x80" + struct.pack(">Q", 8 << 30).rjust(11, b"\0")
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    error = refused(store, bytes(block))
    assert error.code == "image.layer"
    assert "metadata" in error.why


@pytest.mark.parametrize("cut", [100, 700, 1500])
def test_a_layer_that_stops_short(store: ImageStore, cut: int) -> None:
    assert refused(store, tar(item("file", "f", os.urandom(2000)))[:cut]).code == "image.layer"


def test_a_damaged_header_in_the_middle_is_not_the_end(store: ImageStore) -> None:
    layer = bytearray(tar(item("file", "a", b"x" * 512), item("file", "b", b"y")))
    layer[1024] ^= 1
    assert refused(store, bytes(layer)).code == "image.layer"


def test_a_gzip_stream_that_is_none(store: ImageStore) -> None:
    assert refused(store, b"\x1f\x8b" + os.urandom(600)).code == "image.layer"


def test_zstd_is_named(store: ImageStore) -> None:
    try:
        import compression.zstd  # noqa: F401
    except ImportError:
        assert "zstd" in refused(store, b"\x28\xb5\x2f\xfd" + os.urandom(600)).what


@pytest.mark.parametrize(
    "config", [{}, {"rootfs": []}, {"rootfs": {"diff_ids": [1]}}, {"rootfs": {"diff_ids": ["sha256:x", "sha256:y"]}}]
)
def test_a_malformed_configuration(store: ImageStore, config: dict[str, object]) -> None:
    layer = store.add_blob([tar(item("file", "f"))], LAYER_TYPE)
    with pytest.raises(ImageError):
        ensure_unpacked(store, store.add_image(config, [layer]))
