"""The wheel in a bare environment, away from the checkout: one command to the verdict of a search that came with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from recast.catalogue import Catalogue
from tests.conftest import ROOT
from tests.waiting import BOUND_S

POINT = "RegionA/sbottom_1400_950_60"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "-w", str(folder), str(ROOT)], check=True, timeout=BOUND_S)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def recast(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command of an environment that has the wheel; what it depends on is that of the tests, not recast itself."""
    folder = tmp_path_factory.mktemp("bare") / "venv"
    venv.create(folder)
    python = folder / "bin/python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "--no-index"]
    subprocess.run([*pip, str(wheel)], check=True, timeout=BOUND_S)
    (site,) = folder.glob("lib/python*/site-packages")
    (own,) = (Path(sys.executable).parent.parent / "lib").glob("python*/site-packages")
    (site / "dependencies.pth").write_text(f"{own}\n")
    return [str(folder / "bin/recast")]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RECAST_", "XDG_", "PYTHON"))}
    images = os.environ.get("RECAST_TEST_IMAGES") or str(ROOT / ".cache/images")
    return {**kept, "HOME": str(tmp_path), "RECAST_IMAGE_STORE": images, "RECAST_SITE": "", "RECAST_CONFIG": ""}


def test_each_entry_is_in_the_wheel_with_its_spec_and_its_sources(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    entries = [path.stem for path in (ROOT / "catalogue").glob("*.yml")]
    assert len(entries) >= 6
    for name in entries:
        assert f"recast/catalogue/shipped-entries/catalogue/{name}.yml" in names
        assert f"recast/catalogue/shipped-entries/catalogue/cards/{name}.yml" in names
        spec = f"recast/catalogue/shipped-entries/specs/{name}/"
        inside = {it.removeprefix(spec) for it in names if it.startswith(spec)}
        assert {"1.0.0/workflow.yml", "1.0.0/inputs.schema.json"} <= inside
        assert any("SOURCE" in it for it in inside), "data travel with their sources and licences"
    assert not [it for it in names if "images.lock.json" in it or "__pycache__" in it]


def test_the_documentation_and_the_scripts_of_a_copy_are_in_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for page in (ROOT / "docs/reference/errors").glob("*.md"):
        assert f"recast/help-pages/reference/errors/{page.name}" in names
    for name in ("index.md", "how-to/index.md", "adr/index.md", "images/cls.png", "tutorials/ask-from-python.ipynb"):
        assert f"recast/help-pages/{name}" in names
    for name in ("offline/search.js", "offline/shown.js", "offline/readme.txt", "pages/templates/docs.html"):
        assert f"recast/service/{name}" in names


def test_it_has_the_versions_of_the_checkout(
    recast: list[str], environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = subprocess.run(
        [recast[0].replace("/recast", "/python"), "-c", "import recast; print(recast.__file__)"],
        env=environ, cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert str(ROOT) not in where.stdout
    done = subprocess.run(
        [*recast, "catalogue", "ls", "-o", "json"],
        env=environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    rows = {row["analysis"]: row["digest"] for row in json.loads(done.stdout)}
    monkeypatch.setenv("RECAST_SHIPPED", str(ROOT / "catalogue"))
    monkeypatch.setenv("RECAST_HOME", str(tmp_path / "other-home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other-cache"))
    local = Catalogue()
    assert rows == {name: local.get(name).digest for name in local.analyses()}


@pytest.mark.rare
@pytest.mark.slow
def test_one_command_to_the_verdict(recast: list[str], environ: dict[str, str], tmp_path: Path) -> None:
    line = [*recast, "run", "atlas-susy-2018-31", "-p", f'points=["{POINT}"]', "--yes", "--name", "verdict"]
    done = subprocess.run(line, env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=BOUND_S)
    assert done.returncode == 0, done.stderr
    told = subprocess.run([*recast, "results", "verdict"], env=environ, cwd=tmp_path, capture_output=True, text=True)
    assert "Excluded at 95% CL" in told.stdout
