"""Garbage: what nothing needs is named and goes; what anything needs stays, whoever works beside."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from recast.errors import ImageCorrupt, NotFound
from recast.images import ImageStore, ensure_unpacked, verify
from recast.images.gc import collect, find_garbage
from recast.images.manifest import INDEX_TYPE
from recast.images.reference import note_name
from tests.conftest import Recast
from tests.images.handmade import image, item, tar
from tests.waiting import BOUND_S


def small(store: ImageStore, word: str) -> str:
    """An image of one layer of its own."""
    return image(store, tar(item("file", "word", word.encode())), config={"Env": [f"WORD={word}"]})


def blobs(store: ImageStore) -> set[str]:
    return {f"sha256:{path.name}" for path in (store.root / "blobs/sha256").iterdir()}


def blobs_of(store: ImageStore, digest: str) -> set[str]:
    manifest = store.manifest(digest)
    return {digest, manifest.config.digest, *(layer.digest for layer in manifest.layers)}


def say(text: str) -> None:
    pass


def test_names_and_what_the_caller_needs_stay_the_rest_goes(store: ImageStore) -> None:
    named, needed, dead = (small(store, word) for word in ("named", "needed", "dead"))
    store.tag("a/b:1", named)
    gone = blobs_of(store, dead)
    ensure_unpacked(store, dead)
    found = find_garbage(store, [needed, "sha256:" + "0" * 64])
    assert {entry.name for entry in found if entry.kind == "blob"} == gone
    assert [entry.name for entry in found if entry.kind == "unpacked"] == [dead]
    assert all(entry.size > 0 for entry in found)
    assert blobs(store) > gone  # only looked at
    assert collect(store, lambda: [needed], say) == found
    assert blobs(store) == blobs_of(store, named) | blobs_of(store, needed)
    assert list((store.root / "unpacked").iterdir()) == []
    assert verify(store) == []


def test_a_second_time_there_is_nothing(store: ImageStore) -> None:
    small(store, "dead")
    store.tag("a/b:1", small(store, "named"))
    assert collect(store, list, say)
    assert collect(store, list, say) == []


def test_a_store_that_is_not_there(tmp_path: Path) -> None:
    assert collect(ImageStore(tmp_path / "none"), list, say) == []
    assert find_garbage(ImageStore(tmp_path / "none")) == []


def test_an_index_keeps_its_images(store: ImageStore) -> None:
    inner = small(store, "inner")
    size = store.blob_path(inner).stat().st_size
    entry = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": inner, "size": size}
    missing = {**entry, "digest": "sha256:" + "1" * 64}  # a platform that nobody pulled
    document = {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": [entry, missing]}
    index = store.add_json(document, INDEX_TYPE).digest
    store.tag("a/b:1", index)
    assert collect(store, list, say) == []
    store.untag(["a/b:1"])
    order = [item.name for item in collect(store, list, say)]
    assert order[:2] == [index, inner]
    assert blobs(store) == set()


def test_what_is_said_of_an_image_goes_with_it(store: ImageStore) -> None:
    subject, note = small(store, "subject"), small(store, "note")
    store.tag("a/b:1", subject)
    name = note_name("a/b:1", subject, "sbom")
    store.tag(name, note)
    assert collect(store, list, say) == []
    store.untag(["a/b:1"])
    assert collect(store, list, say)[0].name == name
    assert (blobs(store), store.names()) == (set(), {})


def test_an_unknown_name_cannot_be_removed(store: ImageStore) -> None:
    store.tag("a/b:1", small(store, "x"))
    with pytest.raises(NotFound):
        store.untag(["a/b:1", "a/b:2"])
    assert list(store.names()) == ["a/b:1"]


def test_a_damaged_manifest_stops_everything(store: ImageStore) -> None:
    digest = small(store, "named")
    dead = small(store, "dead")
    store.tag("a/b:1", digest)
    store.blob_path(digest).write_bytes(b"{}")
    with pytest.raises(ImageCorrupt):
        collect(store, list, say)
    assert store.has_blob(dead)


def test_traces_of_what_was_killed(store: ImageStore) -> None:
    store.tag("a/b:1", small(store, "named"))
    (store.root / ".build-x" / "deep").mkdir(parents=True)
    (store.root / "blobs/sha256/.12.ab.tmp").write_bytes(b"half")
    (store.root / "unpacked" / ("2" * 64 + ".partial")).mkdir(parents=True)
    (store.root / "builds").mkdir()
    (store.root / "builds/key.json").write_text(json.dumps({"digest": "sha256:" + "3" * 64}))
    (store.root / "partial").mkdir()
    for name, age in (("4" * 64, 0), ("5" * 64, 10**6), ("6" * 64, 10**6)):
        path = store.root / "partial" / name
        path.write_bytes(b"some")
        os.utime(path, (path.stat().st_mtime - age,) * 2)
    with (store.root / "partial" / ("6" * 64)).open() as writing:
        fcntl.flock(writing, fcntl.LOCK_EX)
        kinds = sorted(entry.kind for entry in collect(store, list, say))
    assert kinds == ["partial", "record", "temporary", "temporary", "unpacked"]
    assert sorted(path.name[0] for path in (store.root / "partial").iterdir()) == ["4", "6"]


HOLD = """
import sys
from pathlib import Path
from recast.images import ImageStore, lease_unpacked
print(lease_unpacked(ImageStore(Path(sys.argv[1])), sys.argv[2]).rootfs, flush=True)
sys.stdin.read()
"""


def test_what_a_living_process_runs_stays(store: ImageStore) -> None:
    digest = small(store, "running")
    argv = [sys.executable, "-c", HOLD, str(store.root), digest]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        root = Path(process.stdout.readline().strip())
        assert collect(store, list, say) == []
        assert (root / "word").read_text() == "running"
        process.communicate()
    assert {entry.kind for entry in collect(store, list, say)} == {"unpacked", "blob"}


def test_it_waits_for_who_adds(store: ImageStore) -> None:
    store.create()
    said: list[str] = []
    done: list[object] = []
    waiting = threading.Event()

    def hear(text: str) -> None:
        said.append(text)
        waiting.set()

    with store.using():
        digest = small(store, "new")
        thread = threading.Thread(target=lambda: done.extend(collect(store, list, hear)))
        thread.start()
        assert waiting.wait(30)
        store.tag("a/b:1", digest)
    thread.join(30)
    assert (len(said), done) == (1, [])
    assert verify(store) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from recast.images import ImageStore, disk, gc
left = int(sys.argv[2])
def count(event, arguments):
    global left
    if event in ("os.remove", "os.rename", "os.rmdir", "shutil.rmtree"):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(count)
gc.collect(ImageStore(Path(sys.argv[1])), list, print)
"""


def test_killed_at_any_moment_no_image_looks_whole_that_is_not(tmp_path: Path) -> None:
    made = ImageStore(tmp_path / "made")
    named, dead = small(made, "named"), small(made, "dead")
    parts = blobs_of(made, dead)
    made.tag("a/b:1", named)
    made.tag(note_name("a/b:1", dead, "sbom"), small(made, "note"))
    ensure_unpacked(made, dead)
    for moment in range(40):
        store = ImageStore(tmp_path / f"store{moment}")
        shutil.copytree(made.root, store.root, symlinks=True)
        argv = [sys.executable, "-c", KILLED, str(store.root), str(moment)]
        code = subprocess.run(argv, check=False, timeout=BOUND_S).returncode
        assert verify(store) == []
        assert not store.has_blob(dead) or parts <= blobs(store)
        assert (
            not (store.root / "unpacked" / dead[7:]).exists()
            or (store.root / "unpacked" / dead[7:] / "rootfs/word").exists()
        )
        if code == 0:
            break
        assert code == -signal.SIGKILL
        collect(store, list, say)
        assert blobs(store) == blobs_of(store, named)
    assert code == 0
    assert moment > 8


def test_the_command(recast: Recast, home: Path) -> None:
    store = ImageStore(home / "images")
    named, dead = small(store, "named"), small(store, "dead")
    store.tag("a/b:1", named)
    looked = recast("image", "gc", "--dry-run", "-o", "json")
    assert (looked.code, {row["name"] for row in looked.json["garbage"]}) == (0, blobs_of(store, dead))
    assert looked.json["size"] == sum(row["size"] for row in looked.json["garbage"])
    assert store.has_blob(dead)
    assert recast("image", "gc").code == 0
    assert not store.has_blob(dead)
    assert recast("image", "rm", "a/b:2").code == 6
    assert recast("image", "rm", "a/b:1").code == 0
    assert len(recast("image", "gc", "-o", "jsonl").out.splitlines()) == 3


def test_runs_and_versions_are_roots(recast: Recast, home: Path) -> None:
    store = ImageStore(home / "images")
    digest = small(store, "of a run")
    run = home / "runs" / "0123456789"
    (run / "spec").mkdir(parents=True)
    (run / "request.json").write_text(json.dumps({"pins": {"a/b:1": digest}}))
    assert recast("image", "gc").code == 0
    assert store.has_blob(digest)
    shutil.rmtree(run)
    assert recast("image", "gc").code == 0
    assert not store.has_blob(digest)
