"""The whole corpus in one command: the verdicts of yadage-schemas, and for each bad file where and why."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from recast.cli.app import run

CORPUS = Path(__file__).parents[1] / "data" / "corpus"
KNOWN = json.loads((CORPUS / "VALIDATION.json").read_text())
CANNOT_RUN = {
    "ptemplem+MINERvA-workflow/workflow/test.yml": "spec.placeholder",
    "yadage+yadage/examples/testflows/mcprodflowsub/rootflow.yml": "spec.unknown-stage",
    "yadage+yadage/tests/testspecs/casesflow/multi/workflow.yml": "spec.body",
    "yadage+yadage/tests/testspecs/dynamic_glob/with_subworkflow.yml": "spec.workdir",
}
"""What the schema lets pass and yadage cannot run."""


@pytest.fixture
def answer(monkeypatch, capsys):
    def ask(*arguments):
        monkeypatch.chdir(CORPUS)
        assert run(["spec", *arguments]) == 3
        return capsys.readouterr().out

    return ask


@pytest.mark.parametrize("command", ["validate", "lint"])
def test_the_verdicts_are_those_of_yadage_schemas(answer, command):
    said = json.loads(answer(command, ".", "-o", "json"))
    assert {file["path"]: file["schema"] for file in said["files"]} == {path: item[0] for path, item in KNOWN.items()}
    counts, known = said["summary"], Counter(item[0] for item in KNOWN.values())
    assert counts["workflows"] == len(KNOWN) == 60
    assert (counts["valid"], counts["invalid"], counts["unresolvable"]) == tuple(
        known[verdict] for verdict in ("VALID", "INVALID", "ERROR")
    )
    stopped = {file["path"]: file["errors"][0]["code"] for file in said["files"] if file["valid"] > file["runnable"]}
    assert stopped == CANNOT_RUN
    assert counts["not_runnable"] == len(CANNOT_RUN)


def test_each_file_has_one_line_that_says_where_and_why(answer):
    *lines, summary = answer("validate", ".").splitlines()
    assert summary == "60 workflows: 54 valid, 5 invalid, 1 cannot be read; 4 of the valid ones cannot run"
    assert [line.split(":")[0] for line in lines] == sorted(KNOWN, key=Path)
    by_path = {line.split(":")[0]: line for line in lines}
    for path, (verdict, *_) in KNOWN.items():
        good = verdict == "VALID" and path not in CANNOT_RUN
        assert by_path[path].startswith(f"{path}: ok") == good
    where, why = (
        "closure.yml:11 /stages/0/scheduler/step",
        "$ref 'workflow/steps.yml#/split_anatuples' points to nothing",
    )
    assert f"{where}: cannot be read: {why}" in by_path["ptemplem+MINERvA-workflow/workflow/closure.yml"]
    assert by_path["ptemplem+MINERvA-workflow/workflow/test.yml"].startswith(
        "ptemplem+MINERvA-workflow/workflow/test.yml: valid, but cannot run: "
        "ptemplem+MINERvA-workflow/workflow/steps.yml:116 /test/process/script: "
    )


def test_every_finding_has_place_rule_reason_and_remedy(answer):
    said = json.loads(answer("lint", ".", "-o", "json"))
    for file in said["files"]:
        for finding in file["errors"] + file["warnings"] + file["notes"]:
            assert all(finding[key] for key in ("code", "what", "file", "line", "why", "next", "where")), finding
            assert (CORPUS / finding["where"].rpartition(":")[0]).is_file()


def test_the_corpus_holds_no_secrets(answer):
    assert "spec.secret" not in json.loads(answer("lint", ".", "-o", "json"))["summary"]["codes"]
