"""The real yadage is the oracle: same nodes, edges, parameters and published values, for every runnable spec."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from recast.images import ImageLock, ImageStore, Pin, write_lock
from recast.paths import places
from tests.busybox import add_busybox
from tests.conftest import CORPUS, Recast
from tests.differential.both import by_recast, by_yadage
from tests.differential.cases import CASES, NOT_RUNNABLE, TEXTS, Case, Refused
from tests.differential.on_host import copy_on_host


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with, for each case by number, the spec on this host and its files."""
    folder = tmp_path_factory.mktemp("cases")
    with zipfile.ZipFile(folder / "three.zip", "w") as writer:
        for name, text in TEXTS.items():
            writer.writestr(name, text)
    (folder / "files.yml").write_text(yaml.safe_dump({"files": ["one", "two", "three"]}))
    for case in CASES:
        place = folder / case.id
        copy_on_host(CORPUS / case.toplevel, place / "spec", stand_in=case.stand_in)
        for name, files in {"": case.files, **case.subinits}.items():
            for path, text in files.items():
                target = place / "init" / name / path if name == "" else place / "subinits" / name / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text)
    return folder


@pytest.fixture(scope="session")
def theirs(prepared: Path, yadage_python: Path) -> dict[str, Any]:
    """What yadage makes of all cases."""
    return by_yadage(yadage_python, {case.id: _for_yadage(case, prepared) for case in CASES}, prepared / "cases.json")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_same_as_yadage(case: Case, prepared: Path, theirs: dict[str, Any], recast: Recast) -> None:
    expected = theirs[case.id]
    assert expected["failure"] is None
    ours = _by_recast(case, prepared, recast)
    assert ours["edges"] == expected["edges"]
    assert ours["nodes"] == expected["nodes"]
    assert len(ours["nodes"]) == case.nodes


@pytest.mark.parametrize("case", NOT_RUNNABLE, ids=lambda case: case.id)
def test_what_yadage_cannot_run_is_refused_with_a_reason(case: Refused, recast: Recast) -> None:
    options = [part for key, value in case.inputs.items() for part in ("-p", f"{key}={json.dumps(value)}")]
    ran = recast("run", case.workflow, "--toplevel", CORPUS / case.toplevel, "--allow-host-process", *options)
    assert ran.code == 3
    assert f"[{case.code or 'spec.'}" in ran.err
    assert "where" in ran.err
    assert recast("runs", "-o", "json").json == {"runs": []}


def test_every_workflow_of_the_corpus_is_compared_or_refused() -> None:
    known = {f"{case.toplevel}/{case.workflow}" for case in [*CASES, *NOT_RUNNABLE]}
    assert known == set(json.loads((CORPUS / "VALIDATION.json").read_text()))


def _by_recast(case: Case, prepared: Path, recast: Recast) -> dict[str, Any]:
    place = prepared / case.id
    spec = _in_container(case, place) if case.container else place / "spec"
    options = [part for key, value in _inputs(case, prepared).items() for part in ("-p", f"{key}={json.dumps(value)}")]
    if case.files:
        options += ["--initdir", str(place / "init")]
    for name in case.subinits:
        options += ["--subinit", f"{name}={place / 'subinits' / name}"]
    return by_recast(recast, case.workflow, spec, options)


def _inputs(case: Case, prepared: Path) -> dict[str, Any]:
    words = {"ZIP": (prepared / "three.zip").as_uri(), "YAML": (prepared / "files.yml").as_uri()}
    return {key: words.get(value, value) if isinstance(value, str) else value for key, value in case.inputs.items()}


def _for_yadage(case: Case, prepared: Path) -> dict[str, Any]:
    place = prepared / case.id
    work = place / "yadage"
    (work / "init").mkdir(parents=True)
    for path, text in case.files.items():
        target = work / "init" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return {
        "work": str(work),
        "workflow": case.workflow,
        "toplevel": str(CORPUS / case.toplevel if case.container else place / "spec"),
        "inputs": _inputs(case, prepared),
        "dataopts": {"subinits": _nested(case.subinits, place / "subinits")} if case.subinits else {},
        "replace": {f"{place}/subinits/{name}/": f"{name}/init/" for name in case.subinits},
    }


def _nested(subinits: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the init directories as yadage takes them: a folder, or a map for those further down."""
    tree: dict[str, Any] = {}
    for name in subinits:
        *above, last = name.split("/")
        here = tree
        for part in above:
            here = here.setdefault(part, {})
        here[last] = str(folder / name)
    return tree


def _in_container(case: Case, place: Path) -> Path:
    """Return the spec as it is, with its image pinned to our own busybox."""
    folder = place / "container"
    shutil.copytree(CORPUS / case.toplevel, folder)
    digest = add_busybox(ImageStore(places().image_store))
    write_lock(folder, ImageLock({"busybox:latest": Pin(digest, "linux/amd64", 1, "2026-01-01T00:00:00Z", "build")}))
    return folder
