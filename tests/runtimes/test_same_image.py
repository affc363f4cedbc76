"""One pinned image under bubblewrap, Podman, Docker and a real Apptainer: the same output, the same recorded digest."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from recast.errors import ImageCorrupt
from recast.images import ImageStore
from recast.images.gc import collect
from recast.runtimes.apptainer_image import ensure_apptainer_image, ensure_sif, flat_folder
from tests.busybox import add_busybox, pin, write_spec
from tests.conftest import ROOT, Recast
from tests.testbeds.docker.fixture import *  # noqa: F403
from tests.testbeds.docker.fixture import DockerBed
from tests.waiting import BOUND_S

COMMAND = (
    "echo $FROM_IMAGE {word} $(sed -n /eth/p /proc/net/dev | wc -l) $(pwd) > {out};"
    " busybox sha256sum /bin/busybox >> {out}"
)


@pytest.fixture(scope="module")
def apptainer() -> Iterator[None]:
    """A real Apptainer at the front of the PATH; set up once in .cache/testbeds, in half a minute."""
    if os.geteuid() != 0:
        pytest.skip("the test-bed of Apptainer needs root")
    done = subprocess.run([ROOT / "tests/testbeds/apptainer"], capture_output=True, text=True, timeout=BOUND_S)
    assert done.returncode == 0, done.stderr
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{Path(done.stdout.strip()).parent}{os.pathsep}{before}"
    yield
    os.environ["PATH"] = before


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "store")


@pytest.mark.slow
@pytest.mark.podman
@pytest.mark.docker
def test_the_same_under_all(apptainer: None, docker: DockerBed, recast: Recast, home: Path, tmp_path: Path) -> None:
    digest = add_busybox(ImageStore(home / "images"))
    parameters = {"word": "said", "out": "{workdir}/out"}
    spec = write_spec(tmp_path / "spec", COMMAND, parameters, {"out": "{workdir}/out"})
    pin(spec, digest)
    outputs = {}
    for runtime in ("bubblewrap", "podman", "docker", "apptainer"):
        done = recast("run", "workflow.yml", "--toplevel", spec, "--runtime", runtime, "--no-cache", "-q")
        assert done.code == 0, (runtime, done.err)
        shown = recast("show", "last", "-o", "json").json
        (step,) = (step for step in shown["steps"] if step["name"] == "work")
        assert step["runtime"] == runtime
        (written,) = (home / "runs" / shown["run"]).glob("jobs/*/work/out")
        outputs[runtime] = (written.read_text(), step["image_run"])
    assert set(outputs.values()) == {(outputs["bubblewrap"][0], digest)}
    assert outputs["bubblewrap"][0].startswith("yes said 0 /recast/run/work\n")


@pytest.mark.slow
@pytest.mark.podman
@pytest.mark.docker
def test_binds_and_variables_are_the_same_under_all(
    apptainer: None, docker: DockerBed, recast: Recast, home: Path, tmp_path: Path
) -> None:
    command = "cat /data/events /etc/calibration > {out}; echo $SEED >> {out}; echo x > /rw/{run}; echo x > /data/no"
    data, writable = tmp_path / "my, data", tmp_path / "rw"
    for folder in (data, writable):
        folder.mkdir()
    (data / "events").write_text("12 events\n")
    (data / "calibration").write_text("1.02\n")
    binds = [f"--bind={data}:/data", f"--bind={data}/calibration:/etc/calibration", f"--bind={writable}:/rw:rw"]
    for runtime in ("bubblewrap", "podman", "docker", "apptainer"):
        parameters = {"run": runtime, "out": "{workdir}/out"}
        spec = write_spec(tmp_path / runtime, command + " || true", parameters, {"out": "{workdir}/out"})
        pin(spec, add_busybox(ImageStore(home / "images")))
        arguments = ["--runtime", runtime, "-q", "--env", "SEED=4, 2", *binds, "--workdir", tmp_path / f"run {runtime}"]
        done = recast("run", "workflow.yml", "--toplevel", spec, *arguments)
        assert done.code == 0, (runtime, done.err)
        assert (tmp_path / f"run {runtime}/work/work/out").read_text() == "12 events\n1.02\n4, 2\n", runtime
        assert (writable / runtime).exists(), runtime
        assert not (data / "no").exists(), runtime


@pytest.mark.slow
def test_a_sif_is_made_once_and_its_damage_is_seen(apptainer: None, store: ImageStore) -> None:
    digest = add_busybox(store)
    sif = ensure_sif(store, digest)
    made = sif.stat()
    assert ensure_sif(store, digest).stat() == made
    assert [path.suffix for path in sorted(sif.parent.iterdir())] == [".json", ".lock", ".sif"]
    data = bytearray(sif.read_bytes())
    data[-5000] ^= 1
    sif.write_bytes(data)
    with pytest.raises(ImageCorrupt):
        ensure_sif(store, digest)


@pytest.mark.slow
def test_a_damaged_blob_makes_no_sif(apptainer: None, store: ImageStore) -> None:
    digest = add_busybox(store)
    layer = store.blob_path(store.manifest(digest).layers[0].digest)
    layer.write_bytes(layer.read_bytes()[:-1] + b"!")
    with pytest.raises(ImageCorrupt, match=layer.name):
        ensure_sif(store, digest)
    assert [path.suffix for path in (store.root / "sif").iterdir()] == [".lock"]


def test_sif_files_of_images_that_are_gone_are_collected(store: ImageStore) -> None:
    digest = add_busybox(store)
    folder = store.root / "sif"
    folder.mkdir()
    for hexadecimal in (digest[7:], "0" * 64):
        for suffix in (".sif", ".json", ".lock"):
            (folder / f"{hexadecimal}{suffix}").touch()
    assert {item.kind for item in collect(store, list, lambda text: None)} == {"sif"}
    assert {path.stem for path in folder.iterdir()} == {digest[7:]}


def test_cvmfs_serves_an_image_by_its_digest_only(store: ImageStore, tmp_path: Path) -> None:
    digest = add_busybox(store)
    config = store.manifest(digest).config.digest
    unpacked = tmp_path / "cvmfs/unpacked.cern.ch"
    other = unpacked / ".flat/ab" / ("ab" + "0" * 62)
    other.mkdir(parents=True)
    tag = unpacked / "registry.example.org/recast/busybox:1"
    tag.parent.mkdir(parents=True)
    tag.symlink_to(other)  # the tag has moved on
    assert flat_folder(tmp_path / "cvmfs", config) is None
    own = unpacked / ".flat" / config[7:9] / config[7:]
    own.parent.mkdir(parents=True)
    own.symlink_to(other)  # nor is a link believed
    assert flat_folder(tmp_path / "cvmfs", config) is None
    own.unlink()
    shutil.copytree(other, own)
    assert flat_folder(tmp_path / "cvmfs", config) == own
    assert ensure_apptainer_image(store.root, digest, str(tmp_path / "cvmfs")) == str(own)
