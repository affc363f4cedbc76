"""`recast run reana.yaml`: the workflow that it names runs with its parameters and files; other types are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from recast.errors import SpecError
from recast.prepare.source import find_source
from tests.conftest import CORPUS, Recast

WORKFLOW = """
stages:
- name: a
  dependencies: [init]
  scheduler:
    scheduler_type: singlestep-stage
    parameters: {q: {step: init, output: q}, data: {step: init, output: data}}
    step: {$ref: 'REF'}
"""
STEP = """
process: {process_type: string-interpolated-cmd, cmd: 'echo {q} > o.txt; cat {data} >> o.txt'}
environment: {environment_type: localproc-env}
publisher: {publisher_type: interpolated-pub, publish: {o: '{workdir}/o.txt'}}
"""
REANA = """
version: 0.6.0
inputs:
  files: [data/x.txt]
  parameters: {q: 7, data: data/x.txt}
  OPTIONS
workflow: {type: TYPE, file: FILE}
"""


def project(folder: Path, ref: str, options: str = "", kind: str = "yadage", file: str = "flow/wf.yml") -> Path:
    (folder / "flow").mkdir(exist_ok=True)
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data" / "x.txt").write_text("data\n")
    (folder / "flow" / "wf.yml").write_text(WORKFLOW.replace("REF", ref))
    (folder / "flow" / "step.yml").write_text(STEP)
    text = REANA.replace("TYPE", kind).replace("FILE", file).replace("OPTIONS", options)
    (folder / "reana.yaml").write_text(text)
    return folder / "reana.yaml"


@pytest.mark.parametrize(
    ("ref", "options", "file"),
    [
        ("flow/step.yml", "", "flow/wf.yml"),
        ("step.yml", "", "flow/wf.yml"),
        ("step.yml", "options: {toplevel: flow}", "flow/wf.yml"),
        ("step.yml", "options: {toplevel: flow, initdir: .}", "wf.yml"),
    ],
)
def test_its_workflow_toplevel_and_parameters_are_understood(tmp_path: Path, ref: str, options: str, file: str) -> None:
    found = find_source(str(project(tmp_path, ref, options, file=file)))
    assert found.offer.values == {"q": 7, "data": "data/x.txt"}
    assert Path(found.offer.initdir or "") == tmp_path
    assert [stage.name for stage in found.workflow.stages] == ["a"]


def test_it_runs(tmp_path: Path, recast: Recast) -> None:
    path = project(tmp_path, "step.yml")
    ran = recast("run", path, "--allow-host-process", "-q", "-p", "q=8")
    assert ran.code == 0, ran.err
    value = recast("results", ran.out.strip(), "-o", "json").json["results"][0]
    assert Path(value["path"]).read_text() == "8\ndata\n"


@pytest.mark.parametrize("kind", ["serial", "cwl", "snakemake", "[1]"])
def test_other_types_are_refused_with_words(tmp_path: Path, kind: str, recast: Recast) -> None:
    ran = recast("run", project(tmp_path, "step.yml", kind=kind), "--allow-host-process")
    assert (ran.code, ran.out) == (3, "")
    assert "Only yadage's language is run here" in ran.err


@pytest.mark.parametrize(
    ("options", "file"),
    [
        ("", "../wf.yml"),
        ("", "/etc/passwd"),
        ("", "[1]"),
        ("options: {toplevel: ..}", "wf.yml"),
        ("options: 3", "wf.yml"),
        ("options: {initdir: /etc}", "flow/wf.yml"),
    ],
)
def test_it_names_nothing_outside_of_its_folder(tmp_path: Path, options: str, file: str) -> None:
    with pytest.raises(SpecError):
        find_source(str(project(tmp_path, "step.yml", options, file=file)))


def test_a_plan_of_it_is_a_plan_of_its_workflow(tmp_path: Path, recast: Recast) -> None:
    said = recast("plan", project(tmp_path, "step.yml"), "--allow-host-process", "-o", "json")
    assert [step["id"] for step in said.json["steps"]][-1] == "/a/0"


def test_those_of_the_corpus_are_understood_or_refused() -> None:
    paths = [path for path in CORPUS.glob("*/reana*.y*ml") if "type: yadage" in path.read_text()]
    for path in paths:
        assert find_source(str(path)).workflow.stages
    assert len(paths) > 5


@pytest.mark.parametrize("command", ["lint", "validate"])
def test_who_judges_one_is_told_what_it_is(tmp_path: Path, recast: Recast, command: str) -> None:
    judged = recast("spec", command, project(tmp_path, "step.yml"))
    assert judged.code == 3
    assert "is a specification of REANA" in judged.out
    assert "stages:" not in judged.out
