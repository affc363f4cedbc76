"""A disk that is full in mid-copy: a clear error, and what was there before is there after."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

import pytest
from catalogue_parts import BusyboxCheckout

from recast.catalogue import Catalogue
from recast.catalogue.publishing.publish import publish
from recast.catalogue.transfer.export_archive import export_archive
from recast.catalogue.transfer.import_archive import import_archive
from recast.errors import ImageError, StoreError
from recast.images import ImageStore
from recast.images import layout as layout_module

MOUNT = 'mkdir -p "$0" && mount -t tmpfs -o size=200k tmpfs "$0" && shift 0 && exec "$@"'


def small_disk(folder: Path) -> tuple[str, ...]:
    """The prefix of a command that sees a file system of 200 kB at `folder`."""
    root = subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0
    return ("unshare", "-m" if root else "-rm", "sh", "-c", MOUNT, str(folder))


def test_publishing_onto_a_full_disk(author, machine, tmp_path):
    (author.checkout.spec / "files" / "table.txt").write_bytes(os.urandom(1 << 20))
    folder = tmp_path / "small"
    publisher = machine("small", small_disk(folder))
    answer = publisher("publish", author.checkout.entry, "--to", folder / "catalogue")
    assert answer.code == 4
    assert "No space left" in answer.err
    assert "  next  " in answer.err


@pytest.fixture
def archive(tmp_path):
    images = ImageStore(tmp_path / "images")
    version = publish(BusyboxCheckout(tmp_path / "checkout", images).entry, Catalogue(tmp_path / "store").store).version
    export_archive(version, images, tmp_path / "a.tar")
    return tmp_path / "a.tar"


@pytest.mark.parametrize("after", range(0, 12, 3))
def test_importing_onto_a_disk_that_fills_up(archive, tmp_path, monkeypatch, after):
    catalogue, images = Catalogue(tmp_path / "there/catalogue"), ImageStore(tmp_path / "there/images")
    written = layout_module._write_hashed
    left = after

    def fill(stream, content):
        nonlocal left
        left -= 1
        if left < 0:
            stream.write(next(iter(content), b"")[:10])
            raise OSError(errno.ENOSPC, "No space left on device")
        return written(stream, content)

    monkeypatch.setattr(layout_module, "_write_hashed", fill)
    with pytest.raises((ImageError, StoreError)) as caught:
        import_archive(archive, catalogue, images)
    assert caught.value.exit_code == 4
    monkeypatch.undo()
    assert (catalogue.analyses(), images.names()) == ({}, {})
    assert not list((tmp_path / "there").rglob("*.tmp"))
    assert import_archive(archive, catalogue, images)[0].new


def test_an_archive_that_is_larger_than_the_disk_is_refused_at_once(archive, tmp_path, monkeypatch):
    full = type("Usage", (), {"free": 1000})()
    monkeypatch.setattr("recast.catalogue.transfer.import_archive.shutil.disk_usage", lambda _: full)
    with pytest.raises(StoreError) as caught:
        import_archive(archive, Catalogue(tmp_path / "there/catalogue"), ImageStore(tmp_path / "there/images"))
    assert caught.value.code == "store.full"


def test_exporting_onto_a_full_disk_leaves_the_old_file(archive, tmp_path, monkeypatch):
    catalogue = Catalogue(tmp_path / "store")
    old = archive.read_bytes()

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("recast.atomic.os.fsync", full)
    with pytest.raises(StoreError, match="cannot be written"):
        export_archive(catalogue.get("tiny-1"), None, archive)
    assert archive.read_bytes() == old
    assert [path.name for path in tmp_path.iterdir() if "tmp" in path.name] == []
