"""`recast results` of a workflow that declares none: what it published."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import Recast

WORKFLOW = """
stages:
- name: first
  dependencies: [init]
  scheduler:
    scheduler_type: singlestep-stage
    parameters: {q: {step: init, output: q}}
    step: &step
      process: {process_type: string-interpolated-cmd, cmd: 'echo {q} > a.txt; echo {q} > b.txt; exit {q}'}
      environment: {environment_type: localproc-env}
      publisher: {publisher_type: interpolated-pub, glob: true, publish: {files: '{workdir}/*.txt', q: '{q}'}}
- name: last
  dependencies: [first]
  scheduler:
    scheduler_type: singlestep-stage
    parameters: {q: {step: first, output: q}}
    step: *step
"""


def test_every_line_to_type_is_true(tmp_path: Path, recast: Recast) -> None:
    (tmp_path / "wf.yml").write_text(WORKFLOW)
    ran = recast("run", tmp_path / "wf.yml", "-p", "q=0", "--allow-host-process")
    run = ran.out.strip()
    assert f"results: recast results {run}" in ran.err
    document = recast("results", run, "-o", "json").json
    rows = {row["name"]: row for row in document["results"]}
    assert list(rows) == ["last.files[0]", "last.files[1]", "last.q"]
    assert rows["last.q"]["value"] == "0"
    assert [Path(rows[f"last.files[{index}]"]["path"]).read_text() for index in (0, 1)] == ["0\n", "0\n"]
    assert "/a.txt" in recast("results", run).out
    assert recast("results", run, "--export", "csv", tmp_path / "tables").code == 0
    assert recast("results", run, "--export", "hepdata", tmp_path / "submission").code == 2


def test_a_run_that_failed_has_none(tmp_path: Path, recast: Recast) -> None:
    (tmp_path / "wf.yml").write_text(WORKFLOW)
    run = recast("run", tmp_path / "wf.yml", "-p", "q=3", "--allow-host-process", "-q").out.strip()
    assert recast("results", run).code == 6
