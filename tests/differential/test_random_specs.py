"""Specs made at random, run by the real yadage and by us: where yadage runs all of one, we make the same of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Recast
from tests.differential.both import by_recast, by_yadage
from tests.differential.random_specs import INPUTS, random_workflow

SEEDS = range(16)


@pytest.fixture(scope="session")
def specs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a spec for each seed."""
    folder = tmp_path_factory.mktemp("random")
    for seed in SEEDS:
        (folder / str(seed)).mkdir()
        text = yaml.safe_dump(random_workflow(seed), sort_keys=False)
        (folder / str(seed) / "workflow.yml").write_text(text)
    return folder


@pytest.fixture(scope="session")
def theirs(specs: Path, yadage_python: Path) -> dict[str, Any]:
    """What yadage makes of all of them."""

    def case(seed: int) -> dict[str, Any]:
        work = specs / f"yadage-{seed}"
        (work / "init").mkdir(parents=True)
        about = {"workflow": "workflow.yml", "toplevel": str(specs / str(seed)), "inputs": INPUTS}
        return {"work": str(work), **about, "dataopts": {}, "replace": {}}

    return by_yadage(yadage_python, {str(seed): case(seed) for seed in SEEDS}, specs / "cases.json")


@pytest.mark.parametrize("seed", SEEDS)
def test_same_as_yadage(seed: int, specs: Path, theirs: dict[str, Any], recast: Recast) -> None:
    expected = theirs[str(seed)]
    options = [part for key, value in INPUTS.items() for part in ("-p", f"{key}={json.dumps(value)}")]
    if expected["failure"] is None and not expected["never_ran"]:
        ours = by_recast(recast, "workflow.yml", specs / str(seed), options)
        assert (ours["nodes"], ours["edges"]) == (expected["nodes"], expected["edges"])
    else:
        ran = recast("run", "workflow.yml", "--toplevel", specs / str(seed), "--allow-host-process", "-q", *options)
        assert ran.code in (1, 3), "yadage cannot run it, and we say nothing"
        assert "Traceback" not in ran.err


def test_most_of_them_run(theirs: dict[str, Any]) -> None:
    ran = [answer for answer in theirs.values() if answer["failure"] is None and not answer["never_ran"]]
    assert len(ran) >= len(SEEDS) * 3 // 4
