"""Step tests on real containers: what passes, what fails and why, and what is not run again."""

from __future__ import annotations

from pathlib import Path

import pytest

from recast.errors import InfrastructureError, PermissionDenied
from recast.paths import places
from recast.rundir import list_runs
from tests.ci.steptests.conftest import Run
from tests.conftest import Recast

COUNT = """
- name: counts-lines
  stage: count
  parameters: {label: "two words"}
  files: {events: {name: events.txt, text: "a\\nb\\nc\\n"}}
  expect:
    files:
      counts.json:
        values:
          /events: 3
          /label: two words
          /rate: {number: 0.2501, relative: 0.001}
        lines: 1
      other.json: {exists: false}
    published: {/counts: counts.json}
    log: {contains: counted for two words, lacks: [error], matches: 'two\\s+words'}
"""


def test_a_test_passes_and_is_then_cached(run_tests: Run, tmp_path: Path) -> None:
    first, second = run_tests(COUNT), run_tests(COUNT)
    assert [(it.outcome, it.message) for it in first] == [("passed", "")]
    assert first[0].seconds > 0 and "counted for two words" in (tmp_path / "recast-ci" / first[0].log).read_text()
    assert [it.outcome for it in second] == ["cached"]
    assert not list(list_runs(places().runs)), "the run of tests that passed does not stay"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/events: 3", "/events: 4"),
        ('text: "a', 'text: "z\\na'),
        ("0.2501, relative: 0.001", "0.26, relative: 0.001"),
        ("published: {/counts: counts.json}", "published: {/counts: other.json}"),
        ("contains: counted for two words", "contains: counted for three words"),
        ("'two\\s+words'", "'three\\s+words'"),
        ("lines: 1", "lines: 2"),
        ("other.json: {exists: false}", "other.json: {exists: true}"),
        ("other.json: {exists: false}", "other.json: {}"),
        ("lacks: [error]", "lacks: [counted]"),
    ],
)
def test_whatever_is_expected_can_fail(run_tests: Run, old: str, new: str) -> None:
    assert old in COUNT
    run_tests(COUNT)
    (outcome,) = run_tests(COUNT.replace(old, new))
    assert outcome.outcome == "failed" and outcome.message


def test_a_changed_script_is_tested_again(run_tests: Run, repository: Path) -> None:
    assert run_tests(COUNT)[0].outcome == "passed"
    steps = repository / "spec/steps.yml"
    steps.write_text(steps.read_text().replace('"rate": 0.25', '"rate": 0.35'))
    (outcome,) = run_tests(COUNT)
    assert outcome.outcome == "failed"
    assert outcome.message == "counts.json /rate is 0.35, expected 0.2501 within 0.00025"
    assert run_tests(COUNT)[0].outcome == "failed", "a failure is never taken from the record"


def test_a_stage_that_takes_from_another_one(run_tests: Run) -> None:
    (outcome,) = run_tests("""
        - name: report
          stage: report
          files: {counts: {name: counts.json, json: {events: 7}}}
          expect:
            files: {report.txt: {contains: ['"events": 7', hello]}}
        """)
    assert (outcome.outcome, outcome.message) == ("passed", "")


def test_failures_that_are_meant(run_tests: Run) -> None:
    text = """
        - name: empty
          stage: count
          parameters: {label: x}
          files: {events: {name: events.txt, text: ""}}
          expect: {EXPECT}
        """
    good = ("exit_code: 65", "fails_with: no events", "exit_code: 65, fails_with: no events in the file")
    bad = ("exit_code: 66", "fails_with: no such words", "exit_code: 0")
    assert [run_tests(text.replace("EXPECT", it))[0].outcome for it in good] == ["passed"] * 3
    messages = [run_tests(text.replace("EXPECT", it))[0].message for it in bad]
    assert messages[0].startswith("it exited with 65, expected 66")
    assert messages[1] == 'its log does not have "no such words"'
    assert messages[2].startswith("it exited with 65, expected 0")


def test_one_that_hangs_and_one_that_shows_its_environment(
    run_tests: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CANARY_TOKEN", "canary-4711")
    hangs, shows = run_tests("""
        - name: hangs
          step: steps.yml#/sleep
          parameters: {seconds: 600}
          walltime_s: 2
          expect: {exit_code: 0}
        - name: shows
          step: steps.yml#/sleep
          parameters: {seconds: 0}
          expect: {log: {contains: FROM_IMAGE, lacks: canary}}
        """)
    assert (hangs.outcome, hangs.message) == ("failed", "it did not end within its 2 s of wall time")
    assert (shows.outcome, shows.message) == ("passed", "")
    assert "canary" not in "".join(path.read_text() for path in (tmp_path / "recast-ci").rglob("*.log"))


def test_a_missing_output_fails_whatever_the_exit_code(run_tests: Run, repository: Path) -> None:
    steps = repository / "spec/steps.yml"
    steps.write_text(steps.read_text().replace("> {report}; echo", "> /dev/null; echo").replace(">> {report}", ""))
    (outcome,) = run_tests("""
        - name: report
          stage: report
          files: {counts: {name: counts.json, json: {}}}
          expect: {exit_code: 0}
        """)
    assert outcome.outcome == "failed" and "report.txt" in outcome.message


def test_links_that_lead_out_are_not_followed(run_tests: Run, repository: Path) -> None:
    steps = repository / "spec/steps.yml"
    steps.write_text(steps.read_text().replace("echo {greeting} >> {report}", "ln -s /etc/passwd out.txt"))
    (outcome,) = run_tests("""
        - name: report
          stage: report
          files: {counts: {name: counts.json, json: {}}}
          expect: {files: {out.txt: {contains: root}}}
        """)
    assert outcome.message == "out.txt is missing"


def test_a_pattern_without_end_is_bounded(run_tests: Run) -> None:
    (outcome,) = run_tests(f"""
        - name: report
          stage: report
          files: {{counts: {{name: counts.json, text: "{"a" * 60}"}}}}
          expect: {{files: {{report.txt: {{matches: '^(a+)+$'}}}}}}
        """)
    assert outcome.outcome == "failed" and "more than 5 s of CPU time" in outcome.message


def test_a_strangers_tests_ask_no_registry_of_the_local_network(repository: Path) -> None:
    """The image is named by the spec of a request; its registry is on loopback, which only the user may name."""
    from recast.ci import steptests
    from recast.ci.steptests import How
    from tests.ci.steptests.conftest import write_tests

    steps = repository / "spec/steps.yml"
    name = f"127.0.0.1:1/team/x@sha256:{'0' * 64}"
    steps.write_text(steps.read_text().replace("image: recast/busybox", f"image: '{name}'"))
    tests = steptests.load([write_tests(repository, COUNT)], top=repository)
    for untrusted, kind in ((True, PermissionDenied), (False, InfrastructureError)):
        with pytest.raises(kind):
            steptests.run(tests, places(), say=print, how=How(untrusted=untrusted))
        assert not list(list_runs(places().runs)), "a run of tests that could not begin does not stay"


def test_the_run_of_tests_that_failed_can_be_looked_at(run_tests: Run, recast: Recast) -> None:
    assert run_tests(COUNT.replace("/events: 3", "/events: 4"))[0].outcome == "failed"
    (kept,) = list_runs(places().runs)
    shown = recast("show", kept.id)
    assert shown.code == 0 and "tests    steps/counts-lines" in shown.out, shown.err
    assert recast("show", kept.id, "-o", "json").json["steps"][1]["state"] == "succeeded"
    assert recast("logs", kept.id, "t0_counts_lines").out.startswith("counted for two words")
    left = recast("shell", kept.id, "t0_counts_lines", "--command", "cat /recast/run/init/0/tests/0/events/*")
    assert (left.code, left.out) == (0, "a\nb\nc\n"), left.err
    assert (kept.work / "t0_counts_lines/counts.json").is_file(), "what the step left"


def test_the_command(repository: Path, recast: Recast) -> None:
    from tests.ci.steptests.conftest import write_tests

    write_tests(repository, COUNT)
    (repository / "recast-ci.yml").write_text("entry: entry.yml\ntests: [tests/*.yml]\n")
    said = recast("ci", "test", repository, "-o", "json")
    assert said.code == 0, said.err
    (row,) = said.json["tests"]
    assert (row["outcome"], row["stage"], row["file"]) == ("passed", "count", "tests/steps.yml")
    assert "counted" in (repository / "recast-ci" / row["log"]).read_text()
    assert "1 of them before" in recast("ci", "test", repository).err
    assert recast("ci", "test", repository, "--list").out.count("counts-lines") == 1
    write_tests(repository, COUNT.replace("/events: 3", "/events: 4"))
    failed = recast("ci", "test", repository, "counts-lines")
    assert failed.code == 1 and "counts.json /events is 3, expected 4" in failed.err
    write_tests(repository, COUNT.replace("stage: count", "stage: cuont"))
    assert recast("ci", "test", repository).code == 3
