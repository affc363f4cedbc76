"""The workflow of a version in few words: of real ones, and of those that are too large or none at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from recast.catalogue import Catalogue
from recast.catalogue.publishing.publish import publish
from recast.catalogue.version import PublishedVersion
from recast.graph import written_drawing
from recast.graph.outline import outline
from recast.ledger.catalogue import outlines
from recast.ledger.catalogue.compared import compared
from recast.ledger.catalogue.outlines import outline_of
from recast.spec import load_workflow
from tests.catalogue.catalogue_parts import Checkout

SPECS = Path(__file__).parents[2] / "specs"


@pytest.fixture
def version(tmp_path: Path) -> PublishedVersion:
    return publish(Checkout(tmp_path / "checkout").entry, Catalogue(tmp_path / "store").store).version


def test_the_outline_of_a_real_search() -> None:
    loaded = load_workflow("workflow.yml", SPECS / "atlas-susy-2019-08/1.0.0", check=False)
    told = outline(written_drawing(loaded.workflow, "x"))
    assert [(it["stage"], it["each"], it["after"]) for it in told["stages"]] == [
        ("init", "", []),
        ("prepare", "", ["init"]),
        ("fit", "signals", ["init", "prepare"]),
        ("gather", "", ["init", "fit"]),
        ("plot", "", ["init", "gather"]),
    ]
    assert told["more"] == 0 and told["stages"][1]["runs"].startswith("recast/")
    assert outline(written_drawing(loaded.workflow, "x"), 2) == {"stages": told["stages"][:2], "more": 3}


def test_a_workflow_is_read_once_for_the_same_files(version: PublishedVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    found = outline_of(version)
    assert len(found["stages"]) > 1
    monkeypatch.setattr(outlines, "_read", lambda *_: pytest.fail("it was read again"))
    assert outline_of(version) is found


def test_a_workflow_that_is_too_large_is_not_read(version: PublishedVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    outlines._known.clear()
    monkeypatch.setattr(outlines, "_MOST_BYTES", 10)
    assert outline_of(version) == {"fault": "The workflow is too large to be drawn here."}
    outlines._known.clear()


def test_a_workflow_that_is_none_says_so_without_paths(
    version: PublishedVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    outlines._known.clear()
    monkeypatch.setattr(type(version), "read", lambda self, path: b"stages: [{name: 5}]")
    found = outline_of(version)
    assert found["fault"].startswith("The workflow cannot be drawn") and "/tmp" not in found["fault"]
    outlines._known.clear()


def test_versions_of_any_shape_are_compared() -> None:
    odd = {"version": 1, "inputs": [], "results": "x", "images": [5, {"image": []}], "evidence": [], "workflow": None}
    assert compared(odd, odd) == {"from": 1}
    assert compared({}, {"inputs": {"properties": {str(it): {} for it in range(100)}}})["inputs"]["more"] == 40
