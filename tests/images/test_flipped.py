"""One byte flipped in every blob in turn: each is found and named, and nothing runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from recast.images import ImageStore
from tests.busybox import add_busybox, pin, write_spec
from tests.conftest import Recast


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    return write_spec(tmp_path / "spec", "echo ran > {out}", {"out": "{workdir}/out"}, {"out": "{workdir}/out"})


def flip(path: Path, position: int) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("has_run", [False, True], ids=["new", "unpacked before"])
def test_each_is_named_and_nothing_runs(recast: Recast, home: Path, spec: Path, has_run: bool) -> None:
    store = ImageStore(home / "images")
    digest = add_busybox(store)
    pin(spec, digest)
    arguments = ("run", "workflow.yml", "--toplevel", spec, "--runtime", "bubblewrap", "--no-cache", "-q")
    if has_run:
        assert recast(*arguments).code == 0
    manifest = store.manifest(digest)
    blobs = [digest, manifest.config.digest, *(layer.digest for layer in manifest.layers)]
    assert {path.name for path in (store.root / "blobs/sha256").iterdir()} == {blob[7:] for blob in blobs}
    for blob in blobs:
        path = store.blob_path(blob)
        flip(path, path.stat().st_size // 2)
        said = recast("image", "verify", "-o", "json")
        assert (said.code, [bad["digest"] for bad in said.json["bad"]]) == (1, [blob])
        assert blob in said.err
        refused = recast(*arguments)
        assert refused.code != 0
        assert blob[7:] in refused.err
        assert len(list((home / "runs").glob("*/jobs/*/work/out"))) == has_run
        flip(path, path.stat().st_size // 2)
    assert recast("image", "verify").code == 0
    assert recast(*arguments).code == 0


def test_a_blob_that_no_image_names_is_looked_at_too(recast: Recast, home: Path) -> None:
    store = ImageStore(home / "images")
    add_busybox(store)
    lonely = store.add_blob([b"lonely"], "text/plain").digest
    assert recast("image", "verify").code == 0
    flip(store.blob_path(lonely), 0)
    said = recast("image", "verify", "-o", "json")
    assert said.code == 1
    assert [(bad["digest"], bad["images"]) for bad in said.json["bad"]] == [(lonely, [])]
