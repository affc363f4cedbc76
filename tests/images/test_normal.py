"""The normal form of layers, and lock files of wheels."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.errors import ImageError
from recast.images import ImageStore, ensure_unpacked
from recast.images.building.normal import normal_layer
from recast.images.building.wheels import fetch_wheels
from tests.images.handmade import Item, image, item, tar, tree

ITEMS: list[Item] = [
    item("dir", "a"),
    item("file", "a/f", b"x" * 700, uname="me", gname="us"),
    item("file", "a/.wh.gone"),
    item("link", "l", link="a/f"),
    item("file", "a b", b"y"),
    item("dir", "a/deep/er"),
    item("hard", "a/0", link="./a/f"),
]


def normal(folder: Path, layer: bytes, timestamp: int = 2_000_000_000, exclude: tuple[str, ...] = ()) -> bytes:
    path = folder / "layer.tar"
    path.write_bytes(layer)
    return b"".join(normal_layer(path, timestamp, exclude))


@given(order=st.permutations(ITEMS))
def test_order_does_not_matter(tmp_path_factory: pytest.TempPathFactory, order: list[Item]) -> None:
    folder = tmp_path_factory.mktemp("normal")
    assert normal(folder, tar(*order)) == normal(folder, tar(*ITEMS))


def test_it_means_the_same(tmp_path: Path) -> None:
    layer = tar(*ITEMS)
    before = ensure_unpacked(store := ImageStore(tmp_path / "s"), image(store, layer)).rootfs
    after = ensure_unpacked(store, image(store, normal(tmp_path, layer))).rootfs
    assert tree(before) == tree(after)


def test_normal_is_a_fixed_point(tmp_path: Path) -> None:
    once = normal(tmp_path, tar(*ITEMS))
    assert normal(tmp_path, once) == once


def test_times_are_clamped_and_leftovers_dropped(tmp_path: Path) -> None:
    layer = tar(
        item("file", "etc/apt/sources.list", b"a mirror"),
        item("file", "./var/log/dpkg.log", b"now"),
        item("file", "etc/machine-id", b"1"),
        item("char", "dev/null"),
        item("file", "usr/share/doc/x"),
        item("file", "kept", mtime=5_000),
    )
    out = normal(tmp_path, layer, timestamp=1_000, exclude=("usr/share/doc/*",))
    assert b"mirror" not in out
    store = ImageStore(tmp_path / "s")
    root = ensure_unpacked(store, image(store, out)).rootfs
    assert {name for name, content in tree(root).items() if content is not None} == {"kept"}
    assert (root / "kept").stat().st_mtime == 1_000


@pytest.mark.parametrize("line", ["pyhf", "pyhf==0.7.6", "pyhf==0.7.6 --hash=md5:12", "pyhf==0.7.6 \\\n  # --hash"])
def test_wheels_need_hashes(tmp_path: Path, line: str) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(f"# comment\n{line}\n")
    with pytest.raises(ImageError) as caught:
        fetch_wheels(lock, tmp_path, "3.11", tmp_path / "log", print)
    assert caught.value.code == "image.lock-file"
