"""A root folder that differs from its image is found, whatever was changed; one that was only moved is not blamed."""

import os
import shutil

import pytest

from recast.images import ImageStore, ensure_unpacked, verify
from tests.images.handmade import image, item, tar


@pytest.fixture
def digest(store):
    layer = tar(
        item("dir", "a"),
        item("file", "a/f", b"one"),
        item("file", "a/g", b"two"),
        item("link", "l", link="a/f"),
        item("file", "set", b"x", mode=0o4755),
        item("fifo", "pipe"),
    )
    digest = image(store, layer, tar(item("file", "a/.wh.g"), item("file", "new", b"n", uid=5)), compress=True)
    store.tag("t:1", digest)
    return digest


def _same_size_and_time(path):
    found = path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def _replaced(path):
    path.unlink()
    path.symlink_to("a/f ")


CHANGES = {
    "a file more": (lambda root: (root / "a/planted").touch(), "'/a/planted' is not in the image"),
    "a folder more": (lambda root: (root / "data").mkdir(), "'/data' is not in the image"),
    "a file less": (lambda root: (root / "a/f").unlink(), "'/a/f' is missing"),
    "other bytes, all else equal": (lambda root: _same_size_and_time(root / "a/f"), "'/a/f' has other bytes"),
    "a size": (lambda root: (root / "a/f").write_bytes(b"longer"), "6 bytes, not 3"),
    "a mode": (lambda root: (root / "a/f").chmod(0o666), "mode 666, not 644"),
    "a folder's mode": (lambda root: (root / "a").chmod(0o777), "mode 777, not 755"),
    "a link": (lambda root: _replaced(root / "l"), "another target"),
    "a type": (lambda root: _replaced(root / "new"), "another type"),
    "a time": (lambda root: os.utime(root / "a/f", (1, 1)), "another time"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_root_that_was_changed_is_found(store: ImageStore, digest, name):
    root = ensure_unpacked(store, digest).rootfs
    assert verify(store) == []
    change, told = CHANGES[name]
    change(root)
    (bad,) = verify(store)
    assert (bad.digest, bad.path, bad.images) == (digest, root, ("t:1",))
    assert told in bad.problem
    assert [path.suffix for path in (store.root / "unpacked").iterdir()] in ([".lock", ""], ["", ".lock"])


def test_a_store_that_was_copied_is_sound_and_looked_at_once(store: ImageStore, digest, tmp_path, monkeypatch):
    ensure_unpacked(store, digest)
    shutil.copytree(store.root, tmp_path / "copy", symlinks=True)
    for path in (tmp_path / "copy/unpacked").rglob("new") if os.geteuid() == 0 else ():
        os.chown(path, 5, 0)
    copy = ImageStore(tmp_path / "copy")
    assert verify(copy) == []
    monkeypatch.setattr("recast.images.roots._compared", None)
    assert verify(copy) == []


def test_a_root_of_an_earlier_version_is_compared(store: ImageStore, digest):
    root = ensure_unpacked(store, digest).rootfs
    record = root.parent / "image.json"
    record.write_text(record.read_text().replace('"stamp"', '"left"'))
    assert verify(store) == []
    (root / "a/planted").touch()
    assert "planted" in verify(store)[0].problem


def test_a_changed_root_whose_image_is_gone_is_told(store: ImageStore, digest):
    root = ensure_unpacked(store, digest).rootfs
    (root / "a/planted").touch()
    store.blob_path(store.manifest(digest).layers[0].digest).unlink()
    assert any("cannot be compared" in bad.problem for bad in verify(store) if bad.path == root)
