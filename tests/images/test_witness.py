"""Independent witnesses: skopeo and umoci read what we write, we read what they write."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from recast.images import ImageStore, ensure_unpacked, verify
from tests.images.handmade import image, item, tar, tree
from tests.waiting import BOUND_S


def two_layers(store: ImageStore, *, compress: bool = False) -> str:
    lower = tar(item("dir", "bin"), item("file", "bin/a", b"1"), item("file", "d/old", b"2"), item("file", "x", b"3"))
    upper = tar(
        item("dir", "d"),
        item("file", "d/.wh..wh..opq"),
        item("file", "d/new", b"4"),
        item("hard", "h", link="d/new"),
        item("file", ".wh.x"),
    )
    digest = image(store, lower, upper, compress=compress, config={"Env": ["A=b"]})
    store.tag("recast/t:1", digest)
    return digest


def call(*argv: str | Path) -> str:
    return subprocess.run(list(map(str, argv)), check=True, capture_output=True, text=True, timeout=BOUND_S).stdout


def test_skopeo_reads_our_store(store: ImageStore) -> None:
    digest = two_layers(store)
    seen = json.loads(call("skopeo", "inspect", f"oci:{store.root}:recast/t:1"))
    assert seen["Digest"] == digest
    assert seen["Env"] == ["A=b"]


def test_we_read_what_skopeo_writes_and_the_digest_stays(store: ImageStore, tmp_path: Path) -> None:
    digest = two_layers(store, compress=True)
    call("skopeo", "copy", "--preserve-digests", f"oci:{store.root}:recast/t:1", f"oci:{tmp_path}/copy:other:2")
    copy = ImageStore(tmp_path / "copy")
    assert copy.resolve("other:2") == digest
    assert verify(copy) == []
    call("skopeo", "copy", "--preserve-digests", f"oci:{tmp_path}/copy:other:2", f"oci:{store.root}:back:1")
    assert store.names() == {"recast/t:1": digest, "back:1": digest}


def test_umoci_unpacks_the_same(store: ImageStore, tmp_path: Path) -> None:
    digest = two_layers(store, compress=True)
    store.tag("t", digest)  # umoci takes no slash in a name
    call("umoci", "unpack", "--rootless", "--image", f"{store.root}:t", tmp_path / "bundle")
    ours = tree(ensure_unpacked(store, digest).rootfs)
    theirs = tree(tmp_path / "bundle" / "rootfs")
    mounts = {"dev", "proc", "tmp", "recast", "recast/run"}
    assert {name: content for name, content in ours.items() if name not in mounts} == theirs
