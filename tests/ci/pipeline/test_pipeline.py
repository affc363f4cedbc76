"""From a checkout to a verdict: real git, real containers, a real reference."""

from __future__ import annotations

import json

from recast.ci.steptests import TestOutcome
from recast.ci.words import EXIT_CODES
from tests.ci.pipeline.test_content import TESTS


def test_first_a_reference_then_nothing_to_do(ci, repository) -> None:
    commit = repository.commit("first")
    code, report = ci.run("--update-reference")
    assert (code, report["word"], report["mode"]) == (0, "passed", "none")
    assert report["commit"] == commit
    assert [run["jobs"] for run in report["runs"]] == [2]
    assert [phase["name"] for phase in report["phases"]] == [
        "lint", "images", "tests", "push", "pin", "run", "compare", "publish",
    ]  # fmt: skip
    lock = json.loads((repository.root / "reference.lock.json").read_bytes())
    assert lock["commit"] == commit
    assert list(lock["runs"]["demo"]["stages"]) == ["generate"]
    repository.commit("the reference")
    for _ in range(2):  # the second time the verdict is known without a look at the runs
        code, report = ci.run()
        assert (code, report["word"]) == (0, "nothing-to-do")
        assert sum(run["jobs"] for run in report["runs"]) == 0


def test_only_what_depends_on_a_change_runs_again(ci, repository) -> None:
    ci.run("--update-reference")
    repository.write(
        "spec/files/select.awk", "# a comment alone\n" + (repository.spec / "files/select.awk").read_text()
    )
    code, report = ci.run()
    assert (code, report["word"], report["mode"]) == (0, "passed", "paired")
    assert [(run["jobs"], run["stages"]) for run in report["runs"]] == [(1, ["select"])]
    assert not any(image["built"] for image in report["images"])


def test_a_moved_cut_is_told_from_a_small_one(ci, repository) -> None:
    ci.run("--update-reference")
    repository.cut_at(301)
    code, report = ci.run()
    assert report["word"] == "passed", report
    repository.cut_at(400)
    code, report = ci.run()
    assert (code, report["word"], report["mode"]) == (EXIT_CODES["moved"], "moved", "paired")
    assert [phase["word"] for phase in report["phases"] if phase["name"] == "compare"] == ["moved"]
    comparison = json.loads((repository.root / "recast-ci/comparison.json").read_bytes())
    assert {row["verdict"] for row in comparison["quantities"]} == {"same", "moved"}


def test_another_seed_is_compared_as_another_sample(ci, repository) -> None:
    ci.run("--update-reference")
    repository.write("recast-ci.yml", "entry: catalogue/small-1.yml\nvalidation: [{name: demo, inputs: {seed: 2}}]\n")
    _, report = ci.run()
    assert report["mode"] == "independent"


def test_a_text_about_the_analysis_runs_nothing(ci, repository) -> None:
    ci.run("--update-reference")
    ci.run()
    repository.write("README.md", "# Another text\n")
    code, report = ci.run()
    assert (code, report["word"], report["runs"], report["images"]) == (0, "nothing-to-do", [], [])


def test_an_announced_change_passes_and_the_next_reference_forgets_it(ci, repository) -> None:
    ci.run("--update-reference")
    repository.cut_at(400)
    assert ci.run()[1]["word"] == "moved"
    answer = ci("accept", "cutflow/SR/*", "--why", "a harder cut", "-C", repository.root, "-o", "json")
    if answer.code:  # a room that names quantities otherwise
        answer = ci("accept", "demo/*", "--why", "a harder cut", "-C", repository.root, "-o", "json")
    assert answer.code == 0, answer.err
    assert {row["why"] for row in answer.json["accepted"]} == {"a harder cut"}
    code, report = ci.run()
    assert (code, report["word"]) in ((0, "passed"), (0, "nothing-to-do"))
    assert ci.run("--update-reference")[0] == 0
    assert json.loads((repository.root / "reference.lock.json").read_bytes())["accepted"] == []


def test_accepting_what_did_not_move_is_an_error_with_the_names_that_did(ci, repository) -> None:
    ci.run("--update-reference")
    ci.run()
    answer = ci("accept", "demo/*", "--why", "x", "-C", repository.root)
    assert answer.code == 6
    assert "Nothing moved in the last comparison" in answer.err


def test_the_default_branch_alone_moves_the_reference(ci, repository, tmp_path) -> None:
    file = tmp_path / "reference.json"
    _, report = ci.run("--write-reference", file, "--event", "push")
    assert report["word"] == "passed"
    first = file.read_bytes()
    repository.cut_at(400)
    assert ci.run("--write-reference", file, "--event", "push")[1]["word"] == "moved"
    assert file.read_bytes() == first  # a commit that moved the physics moves no reference
    assert ci.run("--reference", file)[1]["word"] == "moved"  # a branch is compared with it, whatever it says itself
    assert not (repository.root / "reference.lock.json").exists()


def test_a_workflow_that_cannot_be_read_is_broken(ci, repository) -> None:
    repository.write("spec/workflow.yml", "stages: [\n")
    code, report = ci.run()
    assert (code, report["word"]) == (3, "broken")
    assert report["phases"][0]["word"] == "broken"
    assert {phase["word"] for phase in report["phases"][1:]} == {"skipped"}


def test_a_job_that_fails_is_the_commits_fault(ci, repository) -> None:
    repository.write("spec/files/select.awk", "BEGIN { exit 3 }\n")
    code, report = ci.run()
    assert (code, report["word"]) == (1, "failed")
    assert [phase["word"] for phase in report["phases"] if phase["name"] == "run"] == ["failed"]
    repository.cut_at(300)
    assert ci.run()[1]["word"] == "passed"


def test_trouble_of_the_machine_is_not_the_commits_fault(ci, repository, home) -> None:
    ci.run("--update-reference")
    for blob in (home / "artifacts" / "sha256").rglob("*"):  # the disk with the results is gone
        if blob.is_file():
            blob.unlink()
    code, report = ci.run("--executor", "local")
    assert (code, report["word"]) == (4, "blocked"), report


def test_a_missing_configuration_says_what_to_type(ci, repository) -> None:
    (repository.root / "recast-ci.yml").unlink()
    answer = ci("run", repository.root)
    assert answer.code == 3
    assert "recast ci init" in answer.err


def test_the_output_for_a_person_says_the_verdict_in_one_line(ci, repository) -> None:
    answer = ci("run", repository.root)
    assert answer.code == 0
    assert answer.out.splitlines()[-1].startswith("passed: ")
    assert "run        demo: 2 jobs ran" in answer.err


def test_an_announcement_holds_until_the_reference_of_a_server_has_moved(ci, repository, tmp_path) -> None:
    file = tmp_path / "reference.lock.json"
    ci.run("--write-reference", file)
    repository.cut_at(400)
    assert ci.run("--reference", file)[1]["word"] == "moved"
    answer = ci("accept", "demo/*", "--why", "a harder cut", "-C", repository.root)
    assert answer.code == 0, answer.err
    assert ci.run("--reference", file)[1]["word"] in ("passed", "nothing-to-do")
    announced = (repository.root / "reference.lock.json").read_bytes()
    (repository.root / "reference.lock.json").unlink()
    assert ci.run("--reference", file)[1]["word"] == "moved"  # without the announcement, it is as before
    (repository.root / "reference.lock.json").write_bytes(announced)
    assert ci.run("--write-reference", file)[1]["word"] in ("passed", "nothing-to-do")  # merged: the reference moves
    repository.cut_at(300)
    assert ci.run("--reference", file)[1]["word"] == "moved"
    repository.cut_at(486)  # about as many events again: what was announced is taken in, and excuses nothing more
    assert ci.run("--reference", file)[1]["word"] == "moved"


def test_the_log_of_a_test_is_where_the_report_says(ci, repository, monkeypatch) -> None:
    repository.write("data/events.txt", "1 400\n")
    repository.write("tests/steps/select.yml", TESTS)

    def failed(tests, places, *, out, **_):
        (out / "tests").mkdir(parents=True)
        (out / "tests/counts.log").write_text("what the step said\n")
        test = tests[0]
        return [TestOutcome(test.name, test.file, test.stage, "failed", 0.1, "no", "tests/counts.log")]

    monkeypatch.setattr("recast.ci.pipeline.pipeline.run_tests", failed)
    code, report = ci.run()
    assert (code, report["word"]) == (1, "failed")
    assert (repository.root / "recast-ci" / report["tests"][0]["log"]).read_text() == "what the step said\n"
