"""`recast catalogue create`: what it writes, and what it leaves alone."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from recast.catalogue.entries.entry import load_entry
from recast.catalogue.entries.skeleton import SHAPES, create
from recast.catalogue.publishing.bundle import examine_bundle
from recast.cli.app import run
from recast.errors import EntryError, StoreError, UsageError

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_skeleton_is_sound_but_for_images_that_are_not_built(shape: str, tmp_path: Path) -> None:
    files = create("my-search", shape, tmp_path)
    assert files == sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert not [path for path in files if "__NAME__" in path.read_text()]
    entry = load_entry(tmp_path / "catalogue/my-search.yml")
    version = entry.entry.version()
    _, problems = examine_bundle(entry, version)
    assert set(problems) == {"pinned"}
    assert version.validation, "an entry without a number that it must reproduce proves nothing"
    assert version.examples
    assert run(["spec", "lint", str(tmp_path / "specs/my-search/0.1.0")]) == 0


@pytest.mark.parametrize("shape", SHAPES)
def test_its_readme_names_files_that_are_there(shape: str, tmp_path: Path) -> None:
    create("my-search", shape, tmp_path)
    readme = (tmp_path / "specs/my-search/README.md").read_text()
    named = [
        word.strip("`")
        for line in readme.splitlines()
        if line.startswith("| `")
        for word in line.split("|")[1].split(", ")
    ]
    folder = tmp_path / "specs/my-search/0.1.0"
    for name in (word.strip().strip("`") for word in named):
        assert (tmp_path / name).exists() or (folder / name).exists(), name


@pytest.mark.parametrize("path", sorted((ROOT / "specs/skeletons").rglob("*.py")), ids=lambda path: path.name)
def test_its_scripts_need_no_newer_python_than_their_image(path: Path) -> None:
    ast.parse(path.read_text(), feature_version=(3, 11))
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("there", ["catalogue/my-search.yml", "specs/my-search", "specs/my-search/0.1.0/workflow.yml"])
def test_nothing_is_written_over(there: str, tmp_path: Path) -> None:
    path = tmp_path / there
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    with pytest.raises(UsageError, match="there already"):
        create("my-search", "events", tmp_path)
    assert [found for found in tmp_path.rglob("*") if found.is_file()] == [path]
    assert path.read_text() == "mine"


@pytest.mark.parametrize("name", ["", "My-Search", "a/b", "../x", "a--b", "x" * 101, "a\n"])
def test_a_name_that_no_analysis_can_have(name: str, tmp_path: Path) -> None:
    with pytest.raises(EntryError, match="not a valid name"):
        create(name, "yadage", tmp_path)


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        create("my-search", "yadage", tmp_path / "file")


def test_the_commands(tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["catalogue", "create", "my-search", "--shape", "yadage", "--to", str(tmp_path), "-o", "json"]) == 0
    told = capsys.readouterr()
    assert str(tmp_path / "catalogue/my-search.yml") in json.loads(told.out)["files"]
    assert "README.md" in told.err
    entry = tmp_path / "catalogue/my-search.yml"
    assert run(["catalogue", "check", str(entry)]) == 0
    capsys.readouterr()
    entry.write_text(
        entry.read_text().replace("stage: gather", "stage: nowhere").replace("script: files", "script: fills")
    )
    assert run(["catalogue", "check", str(entry), "-o", "json"]) == 3
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert {finding["severity"] for finding in findings} == {"error"}
    assert any("fills" in finding["what"] for finding in findings)
