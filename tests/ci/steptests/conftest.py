"""A workflow of two stages in a busybox image, and tests of its steps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from recast.ci import steptests
from recast.ci.steptests import How, TestOutcome
from recast.images import ImageStore
from recast.paths import places
from tests.busybox import NAME, add_busybox, pin

WORKFLOW = """
stages:
- name: count
  dependencies: [init]
  scheduler:
    scheduler_type: singlestep-stage
    parameters:
      events: {step: init, output: events}
      label: {step: init, output: label}
      counts: '{workdir}/counts.json'
    step: {$ref: 'steps.yml#/count'}
- name: report
  dependencies: [count]
  scheduler:
    scheduler_type: multistep-stage
    parameters:
      counts: {stages: count, output: counts}
      greeting: hello
      report: '{workdir}/report.txt'
    scatter: {method: zip, parameters: [counts]}
    step: {$ref: 'steps.yml#/report'}
"""

STEPS = """
count:
  process:
    process_type: string-interpolated-cmd
    cmd: |
      n=$(wc -l < {events})
      [ "$n" -gt 0 ] || {{ echo "no events in the file" >&2; exit 65; }}
      echo "counted for {label}"
      printf '{{"events": %d, "label": "%s", "rate": 0.25}}\\n' "$n" "{label}" > {counts}
  environment: {environment_type: docker-encapsulated, image: IMAGE, imagetag: 'TAG'}
  publisher: {publisher_type: frompar-pub, outputmap: {counts: counts}}
report:
  process:
    process_type: string-interpolated-cmd
    cmd: 'cat {counts} > {report}; echo {greeting} >> {report}'
  environment: {environment_type: docker-encapsulated, image: IMAGE, imagetag: 'TAG'}
  publisher: {publisher_type: frompar-pub, outputmap: {report: report}}
sleep:
  process: {process_type: string-interpolated-cmd, cmd: 'sleep {seconds}; env'}
  environment: {environment_type: docker-encapsulated, image: IMAGE, imagetag: 'TAG'}
  publisher: {publisher_type: constant-pub, publish: {}}
"""

Run = Callable[..., list[TestOutcome]]


@pytest.fixture
def repository(tmp_path: Path, home: Path) -> Path:
    """A folder with `spec/workflow.yml`, whose image is in the store and pinned."""
    folder = tmp_path / "repository"
    (folder / "spec").mkdir(parents=True)
    name, tag = NAME.split(":")
    (folder / "spec/workflow.yml").write_text(WORKFLOW)
    (folder / "spec/steps.yml").write_text(STEPS.replace("IMAGE", name).replace("TAG", tag))
    pin(folder / "spec", add_busybox(ImageStore(places().image_store)))
    return folder


def write_tests(folder: Path, text: str, name: str = "steps.yml") -> Path:
    """Write a file of tests of the repository's workflow."""
    path = folder / "tests" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("workflow: ../spec/workflow.yml\ntests:\n" + dedent(text))
    return path


@pytest.fixture
def run_tests(repository: Path, tmp_path: Path) -> Run:
    """Write tests, load and run them; return their outcomes."""

    def run(text: str, *, fresh: bool = False) -> list[TestOutcome]:
        tests = steptests.load([write_tests(repository, text)], top=repository)
        return steptests.run(tests, places(), say=print, out=tmp_path / "recast-ci", how=How(fresh=fresh))

    return run
