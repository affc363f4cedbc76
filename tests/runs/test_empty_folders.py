"""Folders are outputs, empty ones too: MadGraph's process folder has many, and the next step goes into them."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import Recast

WORKFLOW = """
stages:
- name: make
  dependencies: [init]
  scheduler:
    scheduler_type: singlestep-stage
    parameters: {q: {step: init, output: q}}
    step:
      process:
        process_type: string-interpolated-cmd
        cmd: 'mkdir -p proc/Events/deep proc/Cards; echo {q} > proc/Cards/run.dat'
      environment: {environment_type: localproc-env}
      publisher: {publisher_type: interpolated-pub, publish: {d: '{workdir}/proc'}}
- name: use
  dependencies: [make]
  scheduler:
    scheduler_type: singlestep-stage
    parameters: {d: {stages: make, output: d, unwrap: true}, out: '{workdir}/out'}
    step:
      process:
        process_type: string-interpolated-cmd
        cmd: 'cd {d}/Events/deep && cat ../../Cards/run.dat > {out} && echo ANEW'
      environment: {environment_type: localproc-env}
      publisher: {publisher_type: frompar-pub, outputmap: {out: out}}
"""


def test_empty_folders_reach_the_next_step_also_from_the_cache(recast: Recast, home: Path, tmp_path: Path) -> None:
    arguments = ["--toplevel", tmp_path, "-p", "q=1", "--allow-host-process"]
    for text in ("once", "twice"):  # the second step is another, the first comes from the cache
        (tmp_path / "workflow.yml").write_text(WORKFLOW.replace("ANEW", text))
        ran = recast("run", "workflow.yml", *arguments)
        assert ran.code == 0, ran.err
        shown = recast("show", "last", "-o", "json").json
        work = home / "runs" / shown["run"] / "work"
        assert (work / "use/out").read_text() == "1\n"
        assert (work / "make/proc/Events/deep").is_dir()
        assert [step["cached"] for step in shown["steps"] if step["name"] == "make"] == [text == "twice"]
    assert recast("diff", "last", "last").code == 0
