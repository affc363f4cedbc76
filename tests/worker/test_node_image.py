"""An image reaches a node once, whole, and is the one that was pinned; else the job fails with the reason."""

import errno
import hashlib
import json
import os
import shutil
import socket
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from recast.images import ImageStore, ensure_unpacked
from recast.images.gc import collect
from recast.worker.cache import lease
from recast.worker.cache.stamp import stamp_of
from recast.worker.failure import Failure
from recast.worker.images import rootfs
from recast.worker.nodeimage import obtain
from recast.worker.remote import web
from recast.worker.room import with_room
from tests.images.handmade import tree
from tests.registry.fake import content, cut, serving, silent, status
from tests.registry.real import make_certificates
from tests.waiting import until
from tests.worker.nodes import BUBBLEWRAP, Asking, entry, serve_image, two_layers, worker_in

OLD_PYTHON = next(iter(sorted(Path.home().glob(".pyenv/versions/3.9.*/bin/python3"))), None)


@pytest.fixture
def store(tmp_path):
    return ImageStore(tmp_path / "store")


@pytest.fixture
def registry(monkeypatch):
    monkeypatch.setattr(web, "_PAUSES_S", (0.0, 0.0, 0.0))
    with serving() as fake:
        yield fake


@pytest.fixture(autouse=True)
def let_go():
    """What this process holds would be held until the last test."""
    yield
    while lease._kept:
        os.close(lease._kept.pop())


@pytest.fixture
def node(tmp_path):
    """Start jobs that ask for an image; all have ended after the test."""
    worker = worker_in(tmp_path)
    with ExitStack() as stack:

        def ask(image, **options):
            asking = Asking(worker, image, **options)
            stack.callback(asking.end)
            return asking

        yield ask


def content_of(root):
    return {name: data for name, data in tree(Path(root)).items() if data is not None}


def refused(image):
    with pytest.raises(Failure) as caught:
        obtain(image, BUBBLEWRAP)
    return caught.value


# -- from where


def test_from_a_registry_into_the_cache(store, registry, tmp_path):
    digest = two_layers(store)
    image = entry(digest, tmp_path / "cache", serve_image(store, digest, registry))
    found = obtain(image, BUBBLEWRAP)
    assert found.runtime == "bubblewrap" and found.digest == digest
    assert content_of(found.image) == {"etc/a": b"a" * 10, "b": b"two"}
    asked = len(registry.seen)
    assert obtain(image, BUBBLEWRAP) == found
    assert len(registry.seen) == asked


def test_from_a_layout_that_nodes_share(store, tmp_path):
    digest = two_layers(store)
    found = obtain(entry(digest, tmp_path / "cache", {"kind": "layout", "path": str(store.root)}), BUBBLEWRAP)
    assert content_of(found.image) == {"etc/a": b"a" * 10, "b": b"two"}
    assert tree(Path(found.image)) == tree(ensure_unpacked(store, digest).rootfs)


def test_from_an_archive_behind_a_url(store, registry, tmp_path):
    digest = two_layers(store)
    archive = tmp_path / "image.tar"
    subprocess.run(["tar", "-cf", archive, "-C", store.root, "blobs", "index.json"], check=True)
    registry.blobs["image.tar"] = archive.read_bytes()
    url = f"http://{registry.host}/v2/team/image/blobs/image.tar"
    found = obtain(entry(digest, tmp_path / "cache", {"kind": "url", "url": url}), BUBBLEWRAP)
    assert content_of(found.image) == {"etc/a": b"a" * 10, "b": b"two"}


def test_an_unpacked_folder_is_used_where_it_is(store, tmp_path):
    digest = two_layers(store)
    shared = ensure_unpacked(store, digest).rootfs
    image = entry(digest, tmp_path / "cache", {"kind": "unpacked", "path": str(shared)})
    assert obtain(image, BUBBLEWRAP).image == str(shared)


def test_an_unpacked_folder_whose_image_was_changed_is_not(store, tmp_path):
    digest = two_layers(store)
    shared = ensure_unpacked(store, digest).rootfs
    blob = store.blob_path(store.manifest(digest).layers[0].digest)
    os.utime(blob, (1, 1))
    image = entry(digest, tmp_path / "cache", {"kind": "unpacked", "path": str(shared)})
    assert "was changed" in refused(image).message
    other = entry("sha256:" + "0" * 64, tmp_path / "cache", {"kind": "unpacked", "path": str(shared)})
    assert "is not of" in refused(other).message


def test_a_shared_folder_is_kept_from_the_collector_while_a_job_runs(store, tmp_path, node):
    digest = two_layers(store)
    shared = ensure_unpacked(store, digest).rootfs
    image = entry(digest, tmp_path / "cache", {"kind": "unpacked", "path": str(shared)})
    running = node(image)
    assert running.answer()[2] == digest
    assert not collect(store, list, print)
    running.end()
    collect(store, list, print)
    assert not shared.exists()


def test_cvmfs_by_the_configurations_digest(store, tmp_path):
    digest = two_layers(store)
    config = store.manifest(digest).config.digest
    flat = tmp_path / f"unpacked.cern.ch/.flat/{config[7:9]}/{config[7:]}"
    shutil.copytree(ensure_unpacked(store, digest).rootfs, flat)
    image = entry(digest, tmp_path / "cache", {"kind": "cvmfs", "path": str(flat)}, config=config)
    assert obtain(image, BUBBLEWRAP).image == str(flat)
    assert "is not of" in refused({**image, "config": digest}).message
    shutil.rmtree(flat)
    assert "No such file" in refused(image).message or "is not there" in refused(image).message


def test_a_sif_file_with_its_record(store, tmp_path):
    digest = two_layers(store)
    sif = tmp_path / f"{digest[7:]}.sif"
    sif.write_bytes(b"squashed")
    found = sif.stat()
    record = {"image": digest, "stamp": [found.st_size, found.st_mtime_ns, found.st_ino]}
    record["sha256"] = hashlib.sha256(b"squashed").hexdigest()
    sif.with_suffix(".json").write_text(json.dumps(record))
    image = entry(digest, tmp_path / "cache", {"kind": "sif", "path": str(sif)})
    apptainer = {"apptainer": {"name": "apptainer", "argv": ["true", "exec"]}}
    assert obtain(image, {**BUBBLEWRAP, **apptainer}) == ("apptainer", str(sif), digest)
    os.utime(sif, (1, 1))
    assert obtain(image, apptainer).image == str(sif)
    sif.write_bytes(b"SQUASHED")
    with pytest.raises(Failure, match="was changed since it was made"):
        obtain(image, apptainer)


def test_what_lies_ready_is_preferred_to_a_pull_and_a_pull_to_nothing(store, registry, tmp_path):
    digest = two_layers(store)
    gone = {"kind": "unpacked", "path": str(store.root / "unpacked" / digest[7:] / "rootfs")}
    image = entry(digest, tmp_path / "cache", serve_image(store, digest, registry), gone)
    assert obtain(image, BUBBLEWRAP).image.startswith(str(tmp_path / "cache"))
    shared = ensure_unpacked(store, digest).rootfs
    assert obtain(image, BUBBLEWRAP).image == str(shared)


def test_each_way_tells_why_it_failed(store, registry, tmp_path):
    digest = two_layers(store)
    layout = {"kind": "layout", "path": str(tmp_path / "nowhere")}
    source = {"kind": "registry", "reference": f"{registry.name}@{digest}", "insecure": True}
    failure = refused(entry(digest, tmp_path / "cache", layout, source))
    assert failure.kind == "infrastructure"
    assert "layout: No such file" in failure.message and f"registry: {registry.host} answers 404" in failure.message


def test_a_node_without_a_runtime(store, tmp_path):
    digest = two_layers(store)
    image = entry(digest, tmp_path / "cache", {"kind": "layout", "path": str(store.root)})
    with pytest.raises(Failure, match="no container runtime works on this node: podman: there is no no-such"):
        obtain(image, {"podman": {"name": "podman", "argv": ["no-such", "run"]}})


# -- once


def test_twenty_jobs_pull_once(store, registry, tmp_path, node):
    digest = two_layers(store, 3 << 20)
    image = entry(digest, tmp_path / "cache", serve_image(store, digest, registry))
    jobs = [node(image) for _ in range(20)]
    answers = {json.dumps(job.answer()) for job in jobs}
    assert len(answers) == 1 and digest in answers.pop()
    assert len(registry.asked("GET", "/manifests/")) == 1
    assert len(registry.asked("GET", "/blobs/")) == 3


def test_a_job_killed_in_the_middle_of_a_pull_leaves_a_start_for_the_next(store, registry, tmp_path, node):
    digest = two_layers(store, 1 << 20)
    image = entry(digest, tmp_path / "cache", serve_image(store, digest, registry))
    first, second = store.manifest(digest).layers
    registry.fault("GET", second.digest, silent)
    job = node(image)
    until(lambda: registry.asked("GET", second.digest))
    job.kill()
    assert node(image).answer()[2] == digest
    assert len(registry.asked("GET", first.digest)) == 1
    assert not list((tmp_path / "cache/partial").iterdir())


def test_a_pull_that_breaks_off_goes_on_where_it_was(store, registry, tmp_path):
    digest = two_layers(store)
    image = entry(digest, tmp_path / "cache", serve_image(store, digest, registry))
    layer = store.manifest(digest).layers[0]
    registry.fault("GET", layer.digest, cut(40))
    assert obtain(image, BUBBLEWRAP).digest == digest
    assert [seen.headers.get("range") for seen in registry.asked("GET", layer.digest)] == [None, "bytes=40-"]


def test_a_start_of_other_bytes_is_thrown_away(store, registry, tmp_path):
    digest = two_layers(store)
    image = entry(digest, tmp_path / "cache", serve_image(store, digest, registry))
    layer = store.manifest(digest).layers[0]
    left = tmp_path / f"cache/partial/{digest[7:]}.rootfs/blobs/{layer.digest[7:]}.part"
    left.parent.mkdir(parents=True)
    (tmp_path / "cache").chmod(0o700)
    left.write_bytes(b"rubbish")
    assert obtain(image, BUBBLEWRAP).digest == digest


def test_waiting_has_a_bound(store, registry, tmp_path, node):
    digest = two_layers(store)
    image = entry(digest, tmp_path / "cache", serve_image(store, digest, registry))
    registry.fault("GET", "/manifests/", silent)
    slow = node(image)
    until(lambda: registry.asked("GET", "/manifests/"))
    answer = node({**image, "wait_s": 0.2}).answer()
    assert answer["kind"] == "infrastructure" and "for more than 0.2 s" in answer["message"]
    slow.kill()


def test_those_who_waited_hear_of_the_failure_and_do_not_try_again(store, registry, tmp_path, node):
    digest = two_layers(store)
    image = entry(digest, tmp_path / "cache", serve_image(store, digest, registry))
    registry.fault("GET", "/manifests/", status(404), times=9)
    registry.fault("GET", "/token", status(500), times=0)
    jobs = [node(image) for _ in range(4)]
    answers = [job.answer() for job in jobs]
    assert all("answers 404" in answer["message"] for answer in answers)
    assert len(registry.asked("GET", "/manifests/")) <= 4


# -- what is wrong with it


def test_a_corrupt_blob_is_named_and_nothing_is_made_of_it(store, registry, tmp_path):
    digest = two_layers(store)
    image = entry(digest, tmp_path / "cache", serve_image(store, digest, registry))
    layer = store.manifest(digest).layers[1]
    registry.blobs[layer.digest] = bytes(reversed(registry.blobs[layer.digest]))
    failure = refused(image)
    assert failure.kind == "infrastructure" and layer.digest in failure.message
    assert not list((tmp_path / "cache/entries").iterdir())


def test_a_corrupt_blob_in_a_shared_layout(store, tmp_path):
    digest = two_layers(store)
    blob = store.blob_path(store.manifest(digest).layers[0].digest)
    blob.write_bytes(blob.read_bytes()[:-1] + b"?")
    failure = refused(entry(digest, tmp_path / "cache", {"kind": "layout", "path": str(store.root)}))
    assert failure.kind == "infrastructure" and "damaged" in failure.message and blob.name in failure.message


def test_another_manifest_than_the_pinned_one(store, registry, tmp_path):
    digest = two_layers(store)
    image = entry(digest, tmp_path / "cache", serve_image(store, digest, registry))
    registry.fault("GET", "/manifests/", content(b'{"layers": [], "config": {}}'))
    assert f"pinned is {digest}" in refused(image).message


def test_a_registry_that_is_down(store, registry, tmp_path):
    digest = two_layers(store)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{unused.getsockname()[1]}"
    source = {"kind": "registry", "reference": f"{host}/team/image@{digest}", "insecure": True}
    failure = refused(entry(digest, tmp_path / "cache", source))
    assert failure.kind == "infrastructure" and f"{host} cannot be reached" in failure.message


def test_a_registry_that_is_busy_for_a_moment(store, registry, tmp_path):
    digest = two_layers(store)
    image = entry(digest, tmp_path / "cache", serve_image(store, digest, registry))
    registry.fault("GET", "/v2/", status(503), times=3)
    assert obtain(image, BUBBLEWRAP).digest == digest


def test_credentials_are_for_the_token_server(store, registry, tmp_path):
    digest = two_layers(store)
    source = serve_image(store, digest, registry)
    registry.token = "opened"
    assert refused(entry(digest, tmp_path / "cache", source)).kind == "authentication"
    file = tmp_path / "auth.json"
    file.write_text(json.dumps({"auths": {registry.host: {"auth": "cmVhZGVyOnNlc2FtZQ=="}}}))
    assert obtain(entry(digest, tmp_path / "cache", {**source, "credentials": str(file)}), BUBBLEWRAP).digest == digest


def test_a_bare_token(store, registry, tmp_path):
    digest = two_layers(store)
    source = serve_image(store, digest, registry)
    registry.token = "opened"
    (tmp_path / "token").write_text("opened\n")
    source["credentials"] = str(tmp_path / "token")
    assert obtain(entry(digest, tmp_path / "cache", source), BUBBLEWRAP).digest == digest


def test_only_this_machine_is_spoken_to_in_the_clear(store, tmp_path):
    from recast.worker.images.registry import base_url

    assert base_url("registry.example", False) == "https://registry.example/v2/"
    assert base_url("registry.example", True) == "http://registry.example/v2/"
    assert base_url("127.0.0.1:1", False) == base_url("127.0.0.1:1", True) == "http://127.0.0.1:1/v2/"


def test_a_registry_with_tls(store, tmp_path, monkeypatch):
    monkeypatch.setattr(web, "_PAUSES_S", (0.0,))
    make_certificates(tmp_path)
    digest = two_layers(store)
    with serving(tmp_path) as fake:
        image = entry(digest, tmp_path / "cache", {**serve_image(store, digest, fake), "insecure": False})
        assert "certificate that is not trusted" in refused(image).message
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.crt"))
        assert obtain(image, BUBBLEWRAP).digest == digest


# -- in the cache


def test_what_was_tampered_with_is_made_again(store, tmp_path, monkeypatch):
    monkeypatch.setattr(rootfs, "_LOOK_EVERY_S", 0.0)
    digest = two_layers(store)
    image = entry(digest, tmp_path / "cache", {"kind": "layout", "path": str(store.root)})
    changed = Path(obtain(image, BUBBLEWRAP).image, "b")
    before = changed.stat()
    changed.write_bytes(b"TWO")
    os.utime(changed, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert content_of(obtain(image, BUBBLEWRAP).image) == {"etc/a": b"a" * 10, "b": b"two"}


def test_a_job_that_runs_keeps_what_it_was_given(store, tmp_path, monkeypatch, node):
    monkeypatch.setattr(rootfs, "_LOOK_EVERY_S", 0.0)
    digest = two_layers(store)
    image = entry(digest, tmp_path / "cache", {"kind": "layout", "path": str(store.root)})
    running = node(image)
    root = Path(running.answer()[1])
    (root / "planted").write_text("")
    obtain(image, BUBBLEWRAP)
    kept = list((tmp_path / "cache/trash").iterdir())
    assert len(kept) == 1 and (kept[0] / "rootfs/planted").exists()


def test_the_oldest_image_that_nobody_uses_goes(store, tmp_path, node):
    digests = [two_layers(store, (1 << 20) + extra) for extra in range(3)]
    layout = {"kind": "layout", "path": str(store.root)}
    images = [entry(digest, tmp_path / "cache", layout, cache_mb=2) for digest in digests]
    in_use = node(images[0])
    in_use.answer()
    unused = node(images[1])
    unused.answer()
    unused.end()
    third = node(images[2])
    third.answer()
    here = {path.name for path in (tmp_path / "cache/entries").iterdir()}
    assert here == {f"{digests[0][7:]}.rootfs", f"{digests[2][7:]}.rootfs"}
    assert not list((tmp_path / "cache/trash").iterdir())


def test_jobs_come_and_go_in_a_cache_that_is_too_small(store, tmp_path, node):
    digests = [two_layers(store, (1 << 20) + extra) for extra in range(3)]
    layout = {"kind": "layout", "path": str(store.root)}
    jobs = [
        (number % 3, node(entry(digests[number % 3], tmp_path / "cache", layout, cache_mb=1))) for number in range(15)
    ]
    for extra, job in jobs:
        answer = job.answer()
        assert isinstance(answer, list), answer
        assert content_of(answer[1]) == {"etc/a": b"a" * ((1 << 20) + extra), "b": b"two"}
        job.end()
    assert not list((tmp_path / "cache/partial").iterdir())


def test_what_is_mounted_leaves_the_cached_root_as_it_was(store, tmp_path):
    digest = two_layers(store)
    layout = {"kind": "layout", "path": str(store.root)}
    root = obtain(entry(digest, tmp_path / "cache", layout), BUBBLEWRAP).image
    before = stamp_of(root)
    (tmp_path / "0").touch()
    mounts = ["--ro-bind", str(tmp_path / "0"), "/etc/x/site.cfg", "--ro-bind", str(tmp_path), "/cvmfs"]
    assert "/etc/a" in with_room(["--ro-bind", root, "/", *mounts])
    with pytest.raises(Failure, match="no plain folder at /b") as caught:
        with_room(["--ro-bind", root, "/", "--ro-bind", str(tmp_path / "0"), "/b/c"])
    assert caught.value.kind == "spec"
    assert stamp_of(root) == before


def test_a_full_disk_leaves_room_for_the_next_try(store, tmp_path, monkeypatch):
    first, second = two_layers(store, 10), two_layers(store, 20)
    layout = {"kind": "layout", "path": str(store.root)}
    obtain(entry(first, tmp_path / "cache", layout), BUBBLEWRAP)
    while lease._kept:
        os.close(lease._kept.pop())

    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(rootfs, "apply_layers", full)
    assert refused(entry(second, tmp_path / "cache", layout)).kind == "disk"
    assert not [*(tmp_path / "cache/entries").iterdir(), *(tmp_path / "cache/partial").iterdir()]


@pytest.mark.skipif(OLD_PYTHON is None, reason="Python 3.9 is not here")
def test_the_oldest_python_does_it_too(store, registry, tmp_path, node):
    digest = two_layers(store)
    image = entry(digest, tmp_path / "cache", serve_image(store, digest, registry))
    assert node(image, python=str(OLD_PYTHON)).answer()[2] == digest
