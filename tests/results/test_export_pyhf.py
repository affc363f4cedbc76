"""`recast results --export pyhf`: the signals of a run, found in the files of its steps, judged by pyhf itself."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from recast.exports.patchset import Signal, documents, fits, is_patch
from recast.results.subject import Subject
from tests.conftest import ROOT, Recast
from tests.runs.told import stage
from tests.waiting import BOUND_S

SUBJECT = Subject("ab12", "a-1@1.0.0", "sha256:" + "1" * 64, metadata={"references": {"inspire": 1748602}})


def workspace(*bins: int) -> dict[str, Any]:
    """A workspace with a channel for each number of bins."""
    names = [f"SR{number}" for number in range(len(bins))]
    return {
        "channels": [
            {"name": name, "samples": [{"name": "background", "data": [5.0] * many, "modifiers": []}]}
            for name, many in zip(names, bins, strict=True)
        ],
        "observations": [{"name": name, "data": [5.0] * many} for name, many in zip(names, bins, strict=True)],
        "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}],
        "version": "1.0.0",
    }


def patch(*events: float, channel: int = 0) -> list[dict[str, Any]]:
    modifiers = [{"name": "mu", "type": "normfactor", "data": None}]
    sample = {"name": "signal", "data": list(events), "modifiers": modifiers}
    return [{"op": "add", "path": f"/channels/{channel}/samples/-", "value": sample}]


def judged(folder: Path, space: dict[str, Any], patchset: dict[str, Any]) -> dict[str, int]:
    python = Path(os.environ.get("PYHF_PYTHON") or ROOT / ".venv-fit/bin/python")
    assert python.exists(), f"pyhf is missing at {python}; type: make setup-test"
    (folder / "workspace.json").write_text(json.dumps(space))
    (folder / "patchset.json").write_text(json.dumps(patchset))
    script = Path(__file__).parent / "pyhf_judge.py"
    command = [str(python), str(script), str(folder / "workspace.json"), str(folder / "patchset.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BOUND_S)
    assert done.returncode == 0, done.stderr
    found: dict[str, int] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("points", "labels"),
    [
        (
            [{"name": "A/1", "m_gev": 1300, "region": "A"}, {"name": "A/2", "m_gev": 1400, "region": "A"}],
            ["m_gev", "region"],
        ),
        ([{"m_gev": 1300}, {"m_gev": 1300}], ["number"]),
        ([{"m_gev": 1300}, {}], ["number"]),
    ],
)
def test_a_patchset_that_pyhf_takes(tmp_path: Path, points: list[dict[str, Any]], labels: list[str]) -> None:
    space = workspace(2, 1)
    signals = [Signal("A/1", patch(1.0, 2.0), points[0]), Signal("A-1", patch(3.0, channel=1), points[1])]
    ((name, document),) = documents(signals, space, SUBJECT).items()
    assert (name, document["metadata"]["labels"]) == ("patchset.json", labels)
    assert document["metadata"]["references"] == {"hepdata": "ins1748602"}
    assert judged(tmp_path, space, document) == {"A_1": 3, "A_1_2": 3}


def test_without_a_record_each_signal_is_a_patch(tmp_path: Path) -> None:
    signals = [Signal("own yields", patch(1.0, 2.0))]
    assert documents(signals, workspace(2), Subject("ab12")) == {"own_yields.json": patch(1.0, 2.0)}


def test_what_is_no_patch_and_what_does_not_fit() -> None:
    assert is_patch(patch(1.0))
    assert not any(map(is_patch, ([], {}, [1], [{"op": "add", "path": "/x"}], [{"path": "/channels/0"}])))
    assert fits(patch(1.0, 2.0), workspace(2))
    assert not fits(patch(1.0), workspace(2))
    assert not fits(patch(1.0, channel=1), workspace(1))
    assert not fits(patch(1.0), {"channels": [{}]})


def spec(folder: Path) -> Path:
    """`make` copies the patches that it is given, `fit` takes one with the workspaces."""
    folder.mkdir()
    init = {name: {"step": "init", "output": name} for name in ("patches", "workspace", "other")}
    outputs = {"publisher_type": "frompar-pub", "outputmap": {"copies": "copies"}}
    made = stage("make", {"patches": init["patches"], "copies": ["{workdir}/0.json", "{workdir}/1.json"],
                          "one": "{workdir}/0.json", "two": "{workdir}/1.json"},
                 "set -- {patches}; cp $1 {one}; cp $2 {two}", outputs)  # fmt: skip
    one = {"patch": {"step": "make", "output": "copies"}, "workspace": init["workspace"], "other": init["other"]}
    nothing = {"publisher_type": "constant-pub", "publish": {}}
    fit = stage("fit", one, "cat {patch} {workspace} {other} > /dev/null", nothing,
                scatter={"method": "zip", "parameters": ["patch"]})  # fmt: skip
    (folder / "workflow.yml").write_text(yaml.safe_dump({"stages": [made, fit]}))
    return folder


def test_the_signals_of_a_run(recast: Recast, tmp_path: Path) -> None:
    init = tmp_path / "init"
    init.mkdir()
    files = {
        "small": workspace(2),
        "large": workspace(2, 1),
        "a": patch(1.0, 2.0),
        "b": {"point": {"name": "B"}, "patch": patch(1.0, channel=1)},
    }
    for name, content in files.items():
        (init / f"{name}.json").write_text(json.dumps(content))
    done = recast(
        "run", "workflow.yml", "--toplevel", spec(tmp_path / "spec"), "--initdir", init, "--allow-host-process",
        "-p", "patches=[a.json, b.json]", "-p", "workspace=small.json", "-p", "other=large.json",
    )  # fmt: skip
    assert done.code == 0, done.err
    answer = recast("results", "last", "--export", "pyhf", tmp_path / "out")
    assert answer.code == 0, answer.err
    found = {path.name: json.loads(path.read_text()) for path in (tmp_path / "out").iterdir()}
    assert found == {
        "small-workspace.json": workspace(2),
        "small-fit_0.json": patch(1.0, 2.0),  # the smaller of the two that it fits
        "large-workspace.json": workspace(2, 1),
        "large-B.json": patch(1.0, channel=1),
    }
