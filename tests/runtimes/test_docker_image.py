"""Docker runs the pinned image or none: its own idea of which image that is must be ours."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tinyroot import make_layout

from recast.errors import ImageCorrupt, ImageError, NotFound
from recast.images import ImageStore
from recast.runtimes.docker_image import ensure_docker_image
from tests.testbeds.docker.fixture import *  # noqa: F403

pytestmark = [pytest.mark.docker, pytest.mark.slow]


@pytest.fixture
def fresh(docker, tmp_path, tiny_root):
    """An image that the daemon has not seen; it is taken out of the daemon afterwards."""
    (tiny_root / "etc/stamp").write_text(f"{tmp_path}\n")
    layout = tmp_path / "layout"
    digest = make_layout(tiny_root, layout)
    (tiny_root / "etc/stamp").unlink()
    yield layout, digest
    names = docker.call("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "localhost/recast").split()
    if f"localhost/recast:{digest[7:]}" in names:
        docker.call("rmi", "--force", f"localhost/recast:{digest[7:]}")


def config_of(layout: Path, digest: str) -> str:
    return ImageStore(layout).manifest(digest).config.digest


def test_its_id_is_the_digest_of_the_pinned_images_configuration(docker, fresh):
    layout, digest = fresh
    assert ensure_docker_image(layout, digest) == config_of(layout, digest)
    named = docker.call("image", "inspect", "--format", "{{.Id}}", f"localhost/recast:{digest[7:]}").strip()
    assert named == config_of(layout, digest)


def test_another_image_under_the_name_is_not_believed(docker, fresh, tiny_layout):
    layout, digest = fresh
    other = ensure_docker_image(*tiny_layout)
    docker.call("tag", other, f"localhost/recast:{digest[7:]}")
    assert ensure_docker_image(layout, digest) == config_of(layout, digest) != other


def test_an_image_that_is_there_by_another_name_is_not_loaded_again(docker, fresh):
    layout, digest = fresh
    image = ensure_docker_image(layout, digest)
    docker.call("tag", image, "somebody/elses:1")
    docker.call("rmi", f"localhost/recast:{digest[7:]}")
    told = []
    assert ensure_docker_image(layout, digest, lambda done, total: told.append(done)) == image
    assert told == []
    docker.call("rmi", "somebody/elses:1")


@pytest.mark.parametrize("which", ["manifest", "config", "layer"])
def test_a_changed_byte_is_told_and_nothing_is_loaded(docker, fresh, which):
    layout, digest = fresh
    manifest = ImageStore(layout).manifest(digest)
    blob = {"manifest": digest, "config": manifest.config.digest, "layer": manifest.layers[0].digest}[which]
    path = ImageStore(layout).blob_path(blob)
    content = bytearray(path.read_bytes())
    content[-10] ^= 1
    path.write_bytes(content)
    with pytest.raises((ImageCorrupt, ImageError), match=None if which == "manifest" else blob[7:]):
        ensure_docker_image(layout, digest)
    assert docker.call("image", "ls", "--quiet", f"localhost/recast:{digest[7:]}") == ""


def test_a_layer_that_is_not_what_the_configuration_says_is_refused(docker, fresh):
    """All blobs are what they are called, and still the image is none: Docker compares what it has unpacked."""
    layout, digest = fresh
    store = ImageStore(layout)
    config = json.loads(store.read_document(store.manifest(digest).config.digest))
    config["rootfs"]["diff_ids"] = ["sha256:" + "ab" * 32]
    wrong = store.add_image(config, list(store.manifest(digest).layers))
    with pytest.raises(ImageError, match="docker cannot load"):
        ensure_docker_image(layout, wrong)


def test_an_image_that_is_not_here(docker, tmp_path):
    with pytest.raises(NotFound):
        ensure_docker_image(tmp_path, "sha256:" + "f" * 64)


def test_a_daemon_that_is_gone_is_told(tmp_path, tiny_layout, monkeypatch):
    if shutil.which("docker") is None:
        pytest.skip("there is no client")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    with pytest.raises(ImageError, match="which images it holds") as caught:
        ensure_docker_image(*tiny_layout)
    assert "nobody.sock" in caught.value.why


@pytest.mark.parametrize("ids", ["manifest", "config"])
def test_where_containerd_keeps_the_images_the_manifests_digest_is_the_id(tmp_path, tiny_layout, ids, monkeypatch):
    """Argv and answers only: Debian 12 has no such daemon."""
    layout, digest = tiny_layout
    held = {"manifest": digest, "config": config_of(layout, digest)}[ids]
    client = tmp_path / "docker"
    client.write_text(
        "#!/bin/sh\n"
        f'case "$1 $2" in "image inspect") if test -e {tmp_path}/loaded; then echo {held}; else\n'
        ' echo "Error: No such image: x" >&2; exit 1; fi;;\n'
        f'"load --quiet") cat > {tmp_path}/sent; touch {tmp_path}/loaded;; esac\n'
    )
    client.chmod(0o755)
    assert ensure_docker_image(layout, digest, client=(str(client),)) == held
    import tarfile

    with tarfile.open(tmp_path / "sent") as archive:
        index = json.load(archive.extractfile("index.json"))
        docker = json.load(archive.extractfile("manifest.json"))
    (entry,) = index["manifests"]
    assert entry["digest"] == digest
    assert entry["annotations"]["io.containerd.image.name"] == f"localhost/recast:{digest[7:]}"
    assert docker[0]["RepoTags"] == [f"localhost/recast:{digest[7:]}"]
