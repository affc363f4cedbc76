"""`{x}` without quotes is a map in YAML: where that is never meant, no run begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from recast.errors import SpecError
from recast.spec import load_workflow

WORKFLOW = """
stages:
- name: a
  dependencies: [init]
  scheduler:
    scheduler_type: singlestep-stage
    parameters: {PARAMETERS}
    step:
      process: {process_type: string-interpolated-cmd, cmd: 'touch {out}'}
      environment: {environment_type: localproc-env}
      publisher: PUBLISHER
"""
OUT = "out: '{workdir}/o'"
PUBLISH = "{publisher_type: frompar-pub, outputmap: {o: out}}"


def load(folder: Path, parameters: str, publisher: str) -> None:
    text = WORKFLOW.replace("PARAMETERS", parameters).replace("PUBLISHER", publisher)
    (folder / "workflow.yml").write_text(text)
    load_workflow("workflow.yml", folder)


@pytest.mark.parametrize(
    ("parameters", "publisher"),
    [
        (OUT, "{publisher_type: interpolated-pub, publish: {micro: {outdir}}}"),
        (OUT, "{publisher_type: interpolated-pub, publish: {micro: [{deep: {out}}]}}"),
        (OUT, "{publisher_type: frompar-pub, outputmap: {micro: {out}}}"),
        ("out: {workdir}", PUBLISH),
        (f"{OUT}, again: {{out}}", PUBLISH),
        (f"{OUT}, list: [{{readdir0}}]", PUBLISH),
    ],
)
def test_a_run_is_stopped(parameters: str, publisher: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        load(tmp_path, parameters, publisher)
    assert "unquoted" in str(caught.value) + caught.value.why or caught.value.code == "spec.braces-as-map"


@pytest.mark.parametrize("parameters", [f"{OUT}, cuts: {{loose: }}", f"{OUT}, cuts: {{loose: null, tight: 1}}"])
def test_a_map_that_may_be_meant_runs(parameters: str, tmp_path: Path) -> None:
    load(tmp_path, parameters, PUBLISH)
