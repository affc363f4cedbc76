"""The official base images do what they are for: `smoke` of each is run inside it, without a network.

`minimal` is built here; the larger ones are tested where `make images` has built them (RECAST_TEST_IMAGES).
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from recast.errors import ImageError, NotFound
from recast.images import ImageStore, ensure_unpacked
from recast.images.building.build import BuildOptions, build_images
from recast.images.building.recipe import family, is_family
from recast.images.contents.sbom import find_sbom
from recast.jobs import RUN_ROOT, ContainerJob
from recast.runtimes import Sandbox, runtime_by_name
from tests.conftest import ROOT
from tests.waiting import BOUND_S

BASES = ROOT / "specs/base-images"
NAMES = family(BASES)


def build(folder: Path, store: ImageStore, *names: str) -> list[str]:
    lines: list[str] = []
    return [built.digest for built in build_images(folder, store, BuildOptions(names=names), lines.append)]


def smoke(store: ImageStore, name: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the smoke script of a base as a job is run."""
    digest = store.resolve(NAMES[name])
    (folder / "work").mkdir()
    (folder / "in").mkdir()
    command = (BASES / name / "smoke").read_text()
    env = dict(store.config(digest).env)
    job = ContainerJob("smoke", digest, command, None, "sh", f"{RUN_ROOT}/smoke", env=env)
    sandbox = Sandbox(str(ensure_unpacked(store, digest).rootfs), str(folder / "work"), str(folder / "in"))
    argv = runtime_by_name("bubblewrap").argv(job, sandbox)
    status = argv.index("--json-status-fd")
    argv = argv[:status] + argv[status + 2 :]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=BOUND_S)


@pytest.mark.slow
def test_the_minimal_base(tmp_path: Path) -> None:
    store = ImageStore(tmp_path / "store")
    (digest,) = build(BASES, store, "minimal")
    done = smoke(store, "minimal", tmp_path)
    assert done.returncode == 0, done.stderr
    assert find_sbom(store, digest)
    assert build(BASES, store, "minimal") == [digest]


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"minimal"}))
def test_a_large_base(name: str, tmp_path: Path) -> None:
    built = os.environ.get("RECAST_TEST_IMAGES")
    if not built:
        pytest.skip("large; type: make images")
    done = smoke(ImageStore(Path(built)), name, tmp_path)
    assert done.returncode == 0, done.stderr


def test_each_base_is_whole() -> None:
    assert set(NAMES) == {path.name for path in BASES.iterdir() if path.is_dir()}
    for name in NAMES:
        assert (BASES / name / "smoke").is_file()
        if (BASES / name / "Containerfile").exists():
            lock = (BASES / name / "requirements.lock").read_text()
            assert lock.count("==") == lock.count("--hash=sha256:") > 0


def test_an_unknown_base() -> None:
    with pytest.raises(NotFound, match="other"):
        family(BASES, ["other"])


def test_a_spec_is_no_family() -> None:
    assert is_family(BASES)
    assert not is_family(ROOT / "specs/atlas-susy-2018-31/1.0.0")


def test_a_base_that_stands_on_itself(tmp_path: Path, store: ImageStore) -> None:
    labels = "LABEL org.opencontainers.image.title=a/b org.opencontainers.image.version=1\n"
    for folder in (tmp_path / "base-images" / "round", tmp_path / "analysis" / "images" / "x"):
        folder.mkdir(parents=True)
        (folder / "Containerfile").write_text("FROM a/b:1\n" + labels)
    with pytest.raises(ImageError, match="stands on itself"):
        build(tmp_path / "analysis", store)
