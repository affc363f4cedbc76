"""Images on bases from a registry on loopback: by digest and by tag, and whatever happens to a build."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from recast.errors import ImageError, ValidationFailed
from recast.images import ImageStore, ensure_unpacked, load_lock, verify
from recast.images.building.build import BuildOptions, BuiltImage, build_images
from recast.images.gc import collect
from recast.images.manifest import INDEX_TYPE, Descriptor
from recast.images.tools import in_turn
from recast.registry import Registry
from recast.registry.bases import Registries
from tests.busybox import add_busybox
from tests.images.handmade import image, item, tar
from tests.processes import command, every
from tests.registry.real import Real, skopeo
from tests.waiting import until

LABELS = "LABEL org.opencontainers.image.title=test/{} org.opencontainers.image.version=1\n"


class Team:
    """An analysis team: a base of its own in a registry, a spec, a store."""

    def __init__(self, folder: Path, real: Real) -> None:
        self.mine = ImageStore(folder / "mine")
        self.base = add_busybox(self.mine)
        self.repository = f"{real.host}/{folder.name.lower().replace('_', '-')}/base"
        self.push("1")
        self.spec, self.store, self.lines = folder / "spec", ImageStore(folder / "store"), list[str]()

    def push(self, tag: str, digest: str = "") -> None:
        with Registry(f"oci://{self.repository}") as registry:
            registry.push(digest or self.base, self.mine, tag)

    def write(self, base: str, more: str = "", *, name: str = "own", file: str = "Containerfile") -> Path:
        folder = self.spec / "images" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(f"FROM {base}\n{LABELS.format(name)}{more}")
        return folder

    def build(self, *, offline: bool = False, **options: object) -> list[BuiltImage]:
        registries = None if offline else Registries()
        return build_images(self.spec, self.store, BuildOptions(**options), self.lines.append, registries)  # type: ignore[arg-type]

    def is_whole(self) -> bool:
        left = [path for path in self.store.root.iterdir() if path.name.startswith((".build-", ".base-"))]
        return verify(self.store) == [] and left == [] and str(self.store.root) not in Path("/proc/mounts").read_text()


@pytest.fixture
def team(tmp_path: Path, plain: Real) -> Team:
    return Team(tmp_path, plain)


def test_by_digest_and_by_tag_the_same_image_comes_out(team: Team) -> None:
    team.write(f"{team.repository}@{team.base}", "RUN echo hello > /hello\n")
    (by_digest,) = team.build()
    assert load_lock(team.spec).bases == {}
    team.write(f"{team.repository}:1", "RUN echo hello > /hello\n")
    (by_tag,) = team.build()
    assert by_tag.digest == by_digest.digest
    assert load_lock(team.spec).bases[f"{team.repository}:1"].digest == team.base
    assert any(f"{team.repository}:1: pinned to {team.base}" in line for line in team.lines)
    layers = team.store.manifest(by_tag.digest).layers
    assert layers[0].digest == team.mine.manifest(team.base).layers[0].digest  # not a byte of the base is copied
    root = ensure_unpacked(team.store, by_tag.digest).rootfs
    assert (root / "hello").read_text() == "hello\n"
    assert dict(team.store.config(by_tag.digest).env) == {"PATH": "/bin", "FROM_IMAGE": "yes"}
    assert team.is_whole()


def test_a_pin_stays_when_its_tag_moves(team: Team) -> None:
    name = f"{team.repository}:1"
    team.write(name)
    with pytest.raises(ValidationFailed, match="not pinned"):
        team.build(locked=True)
    (first,) = team.build()
    team.push("1", image(team.mine, tar(item("file", "other", b"other"))))
    (second,) = team.build(offline=True, force=True, locked=True)
    assert second.digest == first.digest
    (third,) = team.build(anew=True)
    assert third.digest != first.digest
    assert load_lock(team.spec).bases[name].digest != team.base


def test_an_index_means_this_machines_image_and_is_asked_once(team: Team) -> None:
    manifest = Descriptor(team.base, len(team.mine.read_document(team.base)), "").as_json()
    machine = {"os": "linux", "architecture": team.mine.config(team.base).platform.partition("/")[2]}
    entry = {**manifest, "mediaType": "application/vnd.oci.image.manifest.v1+json", "platform": machine}
    document = {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": [entry]}
    index = team.mine.add_json(document, INDEX_TYPE).digest
    team.push("many", index)
    team.write(f"{team.repository}@{index}")
    (first,) = team.build()
    assert load_lock(team.spec).bases[f"{team.repository}@{index}"].index == index
    assert team.build(offline=True, force=True)[0].digest == first.digest


def test_dockers_own_format_and_an_image_that_is_copied_from(team: Team) -> None:
    target = f"docker://{team.repository}:docker"
    skopeo("copy", "--format", "v2s2", "--dest-tls-verify=false", f"oci:{team.mine.root}:recast/busybox:1", target)
    team.push("more", image(team.mine, tar(item("file", "word", b"word")), compress=True))
    more = f"COPY --from={team.repository}:more /word /word\n"
    team.write(f"{team.repository}:docker AS here", more)
    (built,) = team.build()
    assert (ensure_unpacked(team.store, built.digest).rootfs / "word").read_bytes() == b"word"
    assert {layer.media_type for layer in team.store.manifest(built.digest).layers} == {
        "application/vnd.oci.image.layer.v1.tar+gzip",
        "application/vnd.oci.image.layer.v1.tar",
    }
    assert set(load_lock(team.spec).bases) == {f"{team.repository}:docker", f"{team.repository}:more"}


def test_one_bad_build_harms_no_other(team: Team) -> None:
    base = f"{team.repository}:1"
    team.write(base, "RUN echo the-reason >&2; exit 3\n", name="a-bad")
    team.write(base, "RUN echo fine > /fine\n", name="b-good")
    with pytest.raises(ImageError) as caught:
        team.build()
    assert "the-reason" in caught.value.why
    assert set(load_lock(team.spec).images) == {"test/b-good:1"}
    assert team.is_whole()


def test_a_base_that_nobody_has(team: Team) -> None:
    team.write(f"{team.repository}:none")
    with pytest.raises(ImageError, match="nor to be had") as caught:
        team.build()
    assert caught.value.where.endswith("Containerfile")


def test_a_dockerfile_is_seen_and_two_files_that_differ_are_refused(team: Team) -> None:
    folder = team.write(f"{team.repository}:1", file="Dockerfile")
    (first,) = team.build()
    (folder / "Containerfile").write_bytes((folder / "Dockerfile").read_bytes())
    assert team.build()[0].digest == first.digest
    team.write("recast/other:1")
    with pytest.raises(ImageError, match="Containerfile and a Dockerfile"):
        team.build()


def _command(team: Team) -> list[str]:
    return [sys.executable, "-m", "recast", "image", "build", str(team.spec), "--store", str(team.store.root)]


def _processes(*words: str) -> list[str]:
    commands = [" ".join(command(pid)) for pid in every()]
    return [text for text in commands if any(word in text for word in words)]


def test_a_build_that_was_killed_leaves_nothing_that_blocks_the_next(team: Team) -> None:
    sleep = f"sleep 1000{os.getpid()}"
    team.write(f"{team.repository}:1", f"RUN echo here && {sleep}\n")
    building = subprocess.Popen(_command(team), stderr=subprocess.DEVNULL)
    log = team.store.root / "logs" / "own.log"
    until(lambda: log.is_file() and "here" in log.read_text() and _processes(sleep), "RUN")
    assert next(team.store.root.glob(".build-*"))
    os.kill(building.pid, signal.SIGKILL)
    building.wait()
    team.write(f"{team.repository}:1", "RUN echo better\n")
    (built,) = team.build(offline=True)  # waits until the last process of the other is gone
    assert _processes(sleep, str(team.store.root)) == []
    assert built.name == "test/own:1"
    assert team.is_whole()


def test_a_live_build_is_waited_for_and_not_harmed(team: Team) -> None:
    """It is said, and what looks like the leftover of a killed one stays as long as its lock is held."""
    team.write(f"{team.repository}:1")
    team.store.create()
    live = team.store.root / ".build-live"
    live.mkdir()
    with in_turn(team.store.root / ".build.lock", print):
        waiting = threading.Thread(target=team.build)
        waiting.start()
        until(lambda: bool(team.lines), "the second build")
        assert "waiting for another build" in team.lines[0]
        assert live.is_dir()
    waiting.join()
    assert team.is_whole()
    assert load_lock(team.spec).images


@pytest.mark.skipif(os.geteuid() != 0, reason="only root leaves mounts")
@pytest.mark.parametrize("who", ["build", "gc"])
def test_a_mount_that_was_left_is_taken_away(team: Team, who: str) -> None:
    team.write(f"{team.repository}:1")
    team.store.create()
    left = team.store.root / ".build-of before" / "overlay"
    left.mkdir(parents=True)
    subprocess.run(["mount", "--bind", left, left], check=True)
    if who == "build":
        team.build()
    else:
        collect(team.store, lambda: set(), print)
    assert team.is_whole()


def test_the_command_line_pins_and_says_so(team: Team) -> None:
    team.write(f"{team.repository}:1")
    done = subprocess.run([*_command(team), "-o", "json"], capture_output=True, text=True, check=True)
    assert f"pinned to {team.base}" in done.stderr
    assert json.loads(done.stdout)["images"][0]["name"] == "test/own:1"
