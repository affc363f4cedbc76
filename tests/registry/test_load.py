"""`recast image load` and `save`: files of docker, podman and skopeo, sound and hostile."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from recast.cli.app import run
from recast.errors import InputError, NotFound, UsageError
from recast.images import ImageStore, load_lock, verify
from recast.registry.loading import load_images, pin_loaded, save_image
from tests.images.handmade import document, image, item, tar
from tests.registry.real import skopeo

LAYERS = (tar(item("file", "a", b"one")), tar(item("file", "b", b"two")))


@pytest.fixture
def theirs(tmp_path: Path) -> ImageStore:
    """Somebody else's store, with an image called team/ana:1."""
    theirs = ImageStore(tmp_path / "theirs")
    theirs.tag("team/ana:1", image(theirs, *LAYERS, compress=True))
    return theirs


def docker_archive(changes: Callable[[dict[str, bytes]], None] = lambda _: None) -> bytes:
    """What `docker save` of before version 25 writes, a folder a layer."""
    config = json.dumps(document(LAYERS)).encode()
    name = f"{hashlib.sha256(config).hexdigest()}.json"
    files = {name: config, "one/layer.tar": LAYERS[0], "two/layer.tar": LAYERS[1]}
    listed = [{"Config": name, "RepoTags": ["localhost/team/ana:1"], "Layers": ["one/layer.tar", "two/layer.tar"]}]
    files["manifest.json"] = json.dumps(listed).encode()
    changes(files)
    return tar(*(item("file", path, content) for path, content in files.items()))


def written(folder: Path, content: bytes) -> Path:
    path = folder / "saved.tar"
    path.write_bytes(content)
    return path


def test_an_oci_archive_keeps_its_digest(theirs: ImageStore, store: ImageStore, tmp_path: Path) -> None:
    file = tmp_path / "saved.tar"
    skopeo("copy", "-q", f"oci:{theirs.root}:team/ana:1", f"oci-archive:{file}:team/ana:1")
    (loaded,) = load_images(file, store)
    assert (loaded.name, loaded.digest) == ("team/ana:1", theirs.names()["team/ana:1"])
    packed = tmp_path / "saved.tar.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    assert load_images(packed, store) == [loaded]
    assert verify(store) == []


def test_dockers_archive_of_skopeo_and_one_by_hand(theirs: ImageStore, store: ImageStore, tmp_path: Path) -> None:
    file = tmp_path / "by-skopeo.tar"
    skopeo("copy", "-q", f"oci:{theirs.root}:team/ana:1", f"docker-archive:{file}:team/ana:1")
    (by_skopeo,) = load_images(file, store)  # it holds symbolic links
    (by_hand,) = load_images(written(tmp_path, docker_archive()), store, force=True)
    assert by_skopeo.name == by_hand.name == "team/ana:1"
    manifests = [store.manifest(each.digest) for each in (by_skopeo, by_hand)]
    assert manifests[0].layers == manifests[1].layers
    assert verify(store) == []


def test_what_we_save_is_loaded_by_all(theirs: ImageStore, store: ImageStore, tmp_path: Path) -> None:
    file = tmp_path / "ours.tar"
    digest = save_image("team/ana:1", theirs, file)
    assert load_images(file, store)[0].digest == digest
    assert json.loads(skopeo("inspect", f"oci-archive:{file}"))["Digest"] == digest
    assert json.loads(skopeo("list-tags", f"docker-archive:{file}"))["Tags"] == ["team/ana:1"]
    skopeo("copy", "-q", f"docker-archive:{file}:team/ana:1", f"dir:{tmp_path}/out")
    again = tmp_path / "again.tar"
    save_image("team/ana:1", theirs, again)
    assert again.read_bytes() == file.read_bytes()


def test_a_name_that_is_taken_is_not_moved(store: ImageStore, tmp_path: Path) -> None:
    mine = image(store, tar(item("file", "mine", b"mine")))
    store.tag("team/ana:1", mine)
    file = written(tmp_path, docker_archive())
    with pytest.raises(UsageError, match="refers to another image"):
        load_images(file, store)
    assert store.names()["team/ana:1"] == mine
    assert load_images(file, store, "team/ana:2")[0].name == "team/ana:2"
    assert load_images(file, store, force=True)[0].digest != mine


def test_an_archive_without_a_name_asks_for_one(store: ImageStore, tmp_path: Path) -> None:
    def unnamed(files: dict[str, bytes]) -> None:
        files["manifest.json"] = json.dumps([{**json.loads(files["manifest.json"])[0], "RepoTags": None}]).encode()

    file = written(tmp_path, docker_archive(unnamed))
    with pytest.raises(UsageError, match="does not name") as caught:
        load_images(file, store)
    assert "--name" in caught.value.next_step
    assert load_images(file, store, "ana")[0].name == "ana:latest"
    pin_loaded(tmp_path, load_images(file, store, "ana"))
    assert load_lock(tmp_path).images["ana:latest"].source == "build"


def _swapped(files: dict[str, bytes]) -> None:
    files["one/layer.tar"], files["two/layer.tar"] = files["two/layer.tar"], files["one/layer.tar"]


def _another_config(files: dict[str, bytes]) -> None:
    listed = json.loads(files["manifest.json"])
    files["manifest.json"] = json.dumps([{**listed[0], "Layers": listed[0]["Layers"][:1]}]).encode()


def _no_layer(files: dict[str, bytes]) -> None:
    del files["two/layer.tar"]


def _deep(files: dict[str, bytes]) -> None:
    files["manifest.json"] = b"[" * 100_000


@pytest.mark.parametrize("changes", [_swapped, _another_config, _no_layer, _deep, dict.clear])
def test_an_archive_that_does_not_hold_what_it_says(
    store: ImageStore, tmp_path: Path, changes: Callable[[dict[str, bytes]], None]
) -> None:
    with pytest.raises(InputError) as caught:
        load_images(written(tmp_path, docker_archive(changes)), store)
    assert caught.value.code == "archive.unsound"
    assert store.names() == {}


MEMBERS = {
    "leads out": item("file", "../../etc/passwd", b"x"),
    "from the root": item("file", "/etc/passwd", b"x"),
    "a device": item("char", "dev/null"),
    "a link in a circle": item("link", "manifest.json", link="manifest.json"),
    "a link to the host": item("link", "manifest.json", link="/etc/passwd"),
    "a link upwards": item("hard", "manifest.json", link="../../../etc/passwd"),
    "twice": item("file", "oci-layout", b"x"),
}


@pytest.mark.parametrize("what", MEMBERS)
def test_hostile_members_are_refused(store: ImageStore, tmp_path: Path, what: str) -> None:
    with pytest.raises(InputError) as caught:
        load_images(written(tmp_path, tar(item("file", "oci-layout", b"x"), MEMBERS[what])), store)
    assert caught.value.code == "archive.unsound"
    assert {path.name for path in tmp_path.iterdir()} == {"person", "saved.tar", "store"}


def test_a_bomb_and_what_is_cut_off(store: ImageStore, tmp_path: Path) -> None:
    bomb = io.BytesIO()
    with gzip.GzipFile(fileobj=bomb, mode="wb") as stream:
        for _ in range(80):
            stream.write(bytes(1 << 20))
    for content in (bomb.getvalue(), docker_archive()[:2000], gzip.compress(docker_archive())[:200], b"", b"\x1f\x8b"):
        with pytest.raises(InputError):
            load_images(written(tmp_path, content), store)
    with pytest.raises(NotFound):
        load_images(tmp_path / "nothing.tar", store)
    assert not list(store.root.glob(".load*"))


def test_the_command_line(store: ImageStore, tmp_path: Path) -> None:
    file, of_ours = written(tmp_path, docker_archive()), ["--store", str(store.root)]
    assert run(["image", "load", str(file), *of_ours, "-o", "json", "--pin", str(tmp_path)]) == 0
    assert load_lock(tmp_path).images["team/ana:1"].digest == store.names()["team/ana:1"]
    assert run(["image", "save", "team/ana:1", str(tmp_path / "s.tar"), *of_ours]) == 0
    assert tarfile.is_tarfile(tmp_path / "s.tar")
