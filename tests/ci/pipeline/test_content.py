"""The key over what counts: what a step test takes from elsewhere in the repository counts too."""

from __future__ import annotations

from recast.ci.pipeline.content import content_key, files_of_tests
from recast.ci.pipeline.subject import subject_of
from recast.ci.steptests import load
from tests.ci.pipeline.repository import Repository

TESTS = """
tests:
- name: counts
  stage: select
  files: {events: ../../data/events.txt}
  expect: {files: {cutflow.json: {values: {/region: SR}}}}
"""


def _key(repository: Repository) -> str:
    subject = subject_of(repository.root)
    tests = load(files_of_tests(subject), top=subject.root, entry=subject.entry.path)
    return content_key(subject, None, (), tests)


def test_a_file_that_a_test_takes_from_elsewhere_counts(repository: Repository) -> None:
    # Such a file was no part of the key, so that a test which fails now was reported as passed before.
    repository.write("data/events.txt", "1 400\n")
    repository.write("tests/steps/select.yml", TESTS)
    before = _key(repository)
    assert _key(repository) == before
    repository.write("data/events.txt", "1 200\n")
    assert _key(repository) != before


def test_another_spec_that_a_test_is_about_counts(repository: Repository) -> None:
    repository.write("data/events.txt", "1 400\n")
    written = (repository.spec / "workflow.yml").read_text()
    repository.write("other/workflow.yml", written)
    text = TESTS.replace("files: {events", "files: {script: ../../spec/files/select.awk, events")
    repository.write("tests/steps/select.yml", f"workflow: ../../other/workflow.yml\n{text}")
    before = _key(repository)
    repository.write("other/workflow.yml", written.replace("awk -v out", "awk  -v out"))
    assert _key(repository) != before
