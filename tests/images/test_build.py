"""Building with the real tools: the same recipe gives the same digest, and nothing of the machine gets in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from recast.errors import ImageError, NotFound, ValidationFailed
from recast.images import ImageStore, Pin, ensure_unpacked, load_lock, verify
from recast.images.building.build import BuildOptions, BuiltImage, build_images
from recast.images.contents.sbom import read_sbom
from tests.conftest import ROOT
from tests.images.test_sbom import validate
from tests.waiting import BOUND_S

RECIPE = """
name: recast/tiny
tag: bookworm
suite: bookworm
variant: essential
timestamp: 1600000000
exclude: [usr/share/*]
"""

CONTAINERFILE = """
FROM recast/tiny:bookworm
LABEL org.opencontainers.image.title=test/small org.opencontainers.image.version=7
COPY word.txt /opt/word.txt
ENV COLOUR=blue
WORKDIR /opt
RUN rm /etc/issue && date > /tmp/now && date > /var/log/now && mkdir z a && echo $RANDOM > /run/x \\
 && cat word.txt word.txt > both.txt && ls /sys/class/net > /opt/net.txt && chmod 4755 both.txt
"""


def write_spec(folder: Path, containerfile: str = CONTAINERFILE) -> Path:
    image = folder / "analysis" / "1.0.0" / "images" / "small"
    image.mkdir(parents=True)
    (image / "Containerfile").write_text(containerfile)
    (image / "word.txt").write_text("word\n")
    base = folder / "base-images" / "tiny"
    base.mkdir(parents=True)
    (base / "recipe.yml").write_text(RECIPE)
    return folder / "analysis" / "1.0.0"


def build(spec: Path, store: ImageStore, **options: object) -> tuple[BuiltImage, list[str]]:
    lines: list[str] = []
    (built,) = build_images(spec, store, BuildOptions(**options), lines.append)  # type: ignore[arg-type]
    return built, lines


class Workshop:
    """One build that the tests of this module share: making the base takes a while."""

    def __init__(self, folder: Path) -> None:
        self.spec = write_spec(folder)
        self.store = ImageStore(folder / "store")
        self.first, self.lines = build(self.spec, self.store)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    folder = tmp_path_factory.mktemp("workshop")
    yield Workshop(folder)
    shutil.rmtree(folder)


def variant(workshop: Workshop, folder: Path, containerfile: str) -> Path:
    """Another spec over the same base."""
    return write_spec(folder, containerfile)


@pytest.mark.slow
def test_what_is_in_the_image(workshop: Workshop) -> None:
    config = workshop.store.config(workshop.first.digest)
    assert config.created == "2020-09-13T12:26:40Z"
    assert dict(config.env)["COLOUR"] == "blue"
    assert not any(name.startswith(("PIP_", "PYTHON", "SOURCE_DATE")) for name in config.env)
    assert config.workdir == "/opt"
    root = ensure_unpacked(workshop.store, workshop.first.digest).rootfs
    assert (root / "opt/both.txt").read_text() == "word\nword\n"
    assert (root / "opt/net.txt").exists()
    assert not (root / "etc/issue").exists()
    for leftover in ("tmp/now", "var/log/now", "run/x", "etc/resolv.conf", "etc/hostname", "etc/apt/sources.list"):
        assert not (root / leftover).exists(), leftover
    assert verify(workshop.store) == []


@pytest.mark.slow
def test_it_is_named_and_pinned(workshop: Workshop) -> None:
    assert workshop.first.name == "test/small:7"
    assert workshop.store.names()["test/small:7"] == workshop.first.digest
    pin = load_lock(workshop.spec).images["test/small:7"]
    assert (pin.digest, pin.source, pin.size) == (workshop.first.digest, "build", workshop.first.size)


@pytest.mark.slow
def test_a_second_build_does_nothing(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (workshop.spec / "images.lock.json").read_bytes()
    monkeypatch.chdir(workshop.spec.parent)
    again, lines = build(Path("1.0.0"), workshop.store)
    assert again.reused
    assert again.digest == workshop.first.digest
    assert len(lines) == 1
    assert (workshop.spec / "images.lock.json").read_bytes() == before


@pytest.mark.rare
@pytest.mark.slow
def test_base_and_image_are_the_same_when_made_again(workshop: Workshop, tmp_path: Path) -> None:
    spec = write_spec(tmp_path)
    shutil.copy(workshop.spec / "images.lock.json", spec)
    again, _ = build(spec, ImageStore(tmp_path / "store"), force=True, locked=True)
    assert not again.reused
    assert again.digest == workshop.first.digest


@pytest.mark.parametrize("own", [None, "1"])
def test_what_scripts_of_packages_see_is_not_the_builders(
    store: ImageStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: str | None
) -> None:
    """They start Python, which leaves byte code in the image: of which kind was a matter of the builder's variables."""
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED"):
        monkeypatch.setenv(name, own) if own else monkeypatch.delenv(name, raising=False)
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "mmdebstrap").write_text(f"#!/bin/sh\nenv > {tmp_path}/seen\nexit 1\n")
    (tools / "mmdebstrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    with pytest.raises(ImageError):
        build(write_spec(tmp_path / "w"), store)
    seen = dict(line.split("=", 1) for line in (tmp_path / "seen").read_text().splitlines() if "=" in line)
    assert (seen["PYTHONDONTWRITEBYTECODE"], seen["PYTHONHASHSEED"]) == ("1", "0")


AS_USER = """
from pathlib import Path
from recast.images import ImageStore
from tests.images.test_build import build, write_spec
print(build(write_spec(Path.home() / "w"), ImageStore(Path.home() / "store"))[0].digest)
"""


@pytest.fixture
def ordinary_user() -> Iterator[tuple[str, Path]]:
    """A user without any right, and with the range of subordinate ids that `useradd` gives to each."""
    if os.geteuid() != 0:
        pytest.skip("we are one ourselves")
    name = f"recast{os.getpid()}"
    subprocess.run(["useradd", "--create-home", name], check=True, capture_output=True)
    yield name, Path(f"~{name}").expanduser()
    subprocess.run(["userdel", "--remove", name], check=True, capture_output=True)


@pytest.mark.rare
@pytest.mark.slow
def test_an_ordinary_user_builds_the_same(workshop: Workshop, ordinary_user: tuple[str, Path]) -> None:
    name, home = ordinary_user
    search = os.pathsep.join([str(ROOT), *(path for path in sys.path if path.endswith("site-packages"))])

    def python(script: str) -> subprocess.CompletedProcess[str]:
        argv = ["setpriv", f"--reuid={name}", f"--regid={name}", "--init-groups", "--reset-env"]
        # Debian's Python: the one that we run with may lie where only root reads.
        argv += ["env", f"PYTHONPATH={search}", "/usr/bin/python3", "-B", "-c", script]
        return subprocess.run(argv, cwd=home, capture_output=True, text=True, check=False, timeout=BOUND_S)

    if python("import recast.images.building.build, tests.images.test_build").returncode:
        pytest.skip("the checkout, or its packages, are not for other users or not for Debian's Python")
    done = python(AS_USER)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == workshop.first.digest


@pytest.mark.slow
def test_each_image_has_an_sbom(workshop: Workshop) -> None:
    store = workshop.store
    base, built = store.names()["recast/tiny:bookworm"], workshop.first.digest
    for digest in (base, built):
        document = json.loads(read_sbom(store, digest))
        assert {part["name"] for part in document["components"]} > {"base-files", "dpkg", "libc6"}
        validate(json.dumps(document).encode())
    subject = document["metadata"]["component"]
    assert [image["version"] for image in subject["pedigree"]["ancestors"]] == [base]
    assert any(line["name"] == "recast:recipe" for line in subject["properties"])


@pytest.mark.slow
def test_a_build_mends_a_damaged_store(workshop: Workshop, tmp_path: Path) -> None:
    store = ImageStore(tmp_path / "store")
    shutil.copytree(workshop.store.root, store.root, ignore=shutil.ignore_patterns("unpacked"))
    layer = store.manifest(workshop.first.digest).layers[-1].digest
    store.blob_path(layer).unlink()
    spec = write_spec(tmp_path)
    again, _ = build(spec, store)
    assert (again.reused, again.digest) == (False, workshop.first.digest)
    assert verify(store) == []


@pytest.mark.slow
def test_a_changed_file_builds_anew_and_locked_refuses(workshop: Workshop, tmp_path: Path) -> None:
    spec = write_spec(tmp_path)
    shutil.copy(workshop.spec / "images.lock.json", spec)
    (spec / "images/small/word.txt").write_text("other\n")
    with pytest.raises(ValidationFailed) as caught:
        build(spec, workshop.store, locked=True)
    assert workshop.first.digest in caught.value.why
    changed, lines = build(spec, workshop.store)
    assert changed.digest != workshop.first.digest
    assert any("was pinned to" in line for line in lines)
    workshop.store.tag("test/small:7", workshop.first.digest)


@pytest.mark.slow
def test_a_failing_step_shows_its_last_lines(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = variant(workshop, tmp_path, CONTAINERFILE + "RUN echo the-reason >&2; exit 3\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ImageError) as caught:
        build(spec.relative_to(tmp_path), workshop.store)
    assert caught.value.what.startswith("buildah build failed")
    assert "the-reason" in caught.value.why
    assert "the-reason" in Path(caught.value.where).read_text()
    assert [path for path in workshop.store.root.iterdir() if path.name.startswith(".build-")] == []


@pytest.mark.slow
def test_a_build_has_no_network(workshop: Workshop, tmp_path: Path) -> None:
    spec = variant(workshop, tmp_path, CONTAINERFILE + "RUN test $(grep -c : /proc/net/dev) -le 1\n")
    build(spec, workshop.store)
    workshop.store.tag("test/small:7", workshop.first.digest)


@pytest.mark.parametrize(
    ("containerfile", "says"),
    [
        ("RUN true\n", "FROM"),
        ("FROM $BASE\n", "FROM"),
        ("FROM debian:latest\n", "neither made by a recipe nor to be had"),
    ],
)
def test_a_containerfile_without_a_sound_base(store: ImageStore, tmp_path: Path, containerfile: str, says: str) -> None:
    with pytest.raises(ImageError, match=says):
        build(write_spec(tmp_path, containerfile), store)


class NeverAsked:
    """Registries that must not be asked."""

    def means(self, name: str) -> Pin:
        raise AssertionError(name)

    def bring(self, name: str, digest: str, store: ImageStore) -> None:
        raise AssertionError(name)


def test_nobody_elsewhere_has_a_say_in_our_own_bases(store: ImageStore, tmp_path: Path) -> None:
    spec = write_spec(tmp_path, "FROM recast/base-nothing:1\n")
    with pytest.raises(ImageError, match="neither made by a recipe") as caught:
        build_images(spec, store, BuildOptions(), [].append, NeverAsked())
    assert "never pulled" in caught.value.why


def test_an_unknown_name(store: ImageStore, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="other"):
        build(write_spec(tmp_path), store, names=("other",))


def test_missing_tools_are_named(store: ImageStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ImageError, match="mmdebstrap") as caught:
        build(write_spec(tmp_path), store)
    assert caught.value.next_step.startswith("apt-get install")


@pytest.mark.parametrize("package", ["--hook-dir=/x", "a,b", "a b", "A", "$(x)", "python3;"])
def test_a_hostile_recipe(store: ImageStore, tmp_path: Path, package: str) -> None:
    spec = write_spec(tmp_path)
    path = tmp_path / "base-images" / "tiny" / "recipe.yml"
    path.write_text(RECIPE + f"packages: ['{package}']\n")
    with pytest.raises(ImageError, match="recipe") as caught:
        build(spec, store)
    assert caught.value.where == os.fspath(path.resolve())
