"""The real yadage is the oracle: same nodes, edges, parameters and published values, spec by spec."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import TESTSPECS, Recast

ORACLE = Path(__file__).with_name("yadage_oracle.py")


@dataclass(frozen=True)
class Case:
    """A spec of yadage's own tests, with inputs; `files` go into its init directory."""

    folder: str
    inputs: dict[str, Any]
    nodes: int
    workflow: str = "workflow.yml"
    files: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.folder}-{self.workflow}"


TEXTS = {"b.txt": "beta\n", "a.txt": "alpha\n", "c.txt": "gamma\n"}

CASES = [
    Case("mapreduce", {"input": [1, 2, 3]}, nodes=5),
    Case("nested", {"input": [1, 2, 3]}, nodes=6),
    Case("nestedmapreduce", {"input": [1, 2, 3]}, nodes=8),
    Case("local-helloworld", {"par": "value"}, nodes=2),
    Case("dynamic_glob", {"inputfiles": "*.txt"}, workflow="workflow_frominit.yml", files=TEXTS, nodes=5),
    Case("dynamic_glob", {"sourcefile": "ZIP"}, nodes=6),
    Case("mapreduce_batched", {"input": [1, 2, 3, 4, 5]}, nodes=5),
    Case("cartesian_mapreduce", {"factor_one": [1, 2, 3], "factor_two": [1, 2]}, nodes=8),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_same_as_yadage(case: Case, tmp_path: Path, recast: Recast, yadage_python: Path) -> None:
    inputs = with_archive(case.inputs, tmp_path)
    theirs = by_yadage(case, inputs, tmp_path, yadage_python)
    assert theirs["failure"] is None
    ours = by_recast(case, inputs, tmp_path, recast)
    assert ours["edges"] == theirs["edges"]
    assert ours["nodes"] == theirs["nodes"]
    assert len(ours["nodes"]) == case.nodes


def with_archive(inputs: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Put the address of a zip file with three texts where the inputs say ZIP; yadage's own lies on the web."""
    archive = folder / "three_files.zip"
    with zipfile.ZipFile(archive, "w") as writer:
        for name, text in TEXTS.items():
            writer.writestr(name, text)
    return {key: archive.as_uri() if value == "ZIP" else value for key, value in inputs.items()}


def by_yadage(case: Case, inputs: dict[str, Any], folder: Path, python: Path) -> dict[str, Any]:
    work = folder / "yadage"
    (work / "init").mkdir(parents=True)
    for name, text in case.files.items():
        (work / "init" / name).write_text(text)
    (folder / "inputs.json").write_text(json.dumps(inputs))
    (folder / "dataopts.json").write_text("{}")
    command = [python, "-W", "ignore", ORACLE, work, case.workflow, TESTSPECS / case.folder]
    done = subprocess.run(
        [*map(str, command), str(folder / "inputs.json"), str(folder / "dataopts.json")],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def by_recast(case: Case, inputs: dict[str, Any], folder: Path, recast: Recast) -> dict[str, Any]:
    assignments = [part for key, value in inputs.items() for part in ("-p", f"{key}={json.dumps(value)}")]
    if case.files:
        init = folder / "init"
        init.mkdir()
        for name, text in case.files.items():
            (init / name).write_text(text)
        assignments += ["--initdir", str(init)]
    ran = recast(
        "run", case.workflow, "--toplevel", TESTSPECS / case.folder, "--allow-host-process", "-q", *assignments
    )
    assert ran.code == 0, ran.err
    shown = recast("show", ran.out.strip(), "-o", "json").json
    nodes = {step["id"]: {key: step[key] for key in ("name", "parameters", "published")} for step in shown["steps"]}
    edges = sorted([upstream, step["id"]] for step in shown["steps"] for upstream in step["depends_on"])
    return {"nodes": nodes, "edges": edges}
