"""`recast spec` as a user types it."""

from __future__ import annotations

import json

import pytest
from spec_parts import FIRST, single, stages

from recast.cli.app import run


@pytest.fixture
def folder(specs, monkeypatch):
    specs.write("good.yml", stages(FIRST))
    specs.write("bad.yml", stages(FIRST).replace("[init]", "[inti]"))
    specs.write("inputs.yml", "text: a")
    monkeypatch.chdir(specs.folder)
    return specs


def test_validate_prints_a_line_for_each_file(folder, capsys):
    assert run(["spec", "validate", "good.yml"]) == 0
    assert capsys.readouterr().out == "good.yml: ok\n"
    assert run(["spec", "validate", "good.yml", "bad.yml"]) == 3
    good, bad, summary = capsys.readouterr().out.splitlines()
    assert good == "good.yml: ok"
    start = "bad.yml:3 /stages/0/dependencies/0: valid, but cannot run: The dependency 'inti' leads nowhere"
    assert bad.startswith(start)
    assert bad.endswith("Did you mean 'init'?")
    assert summary == "2 workflows: 2 valid, 0 invalid, 0 cannot be read; 1 of the valid ones cannot run"


def test_validate_takes_a_folder_and_finds_the_toplevel(folder, capsys):
    folder.write("deep/flow.yml", stages(FIRST))
    folder.write("broken.yml", "stages: [")
    assert run(["spec", "validate", "."]) == 3
    *lines, summary = capsys.readouterr().out.splitlines()
    assert summary.startswith("4 workflows: 3 valid, 0 invalid, 1 cannot be read; 1 ")
    assert [line.split(":")[0] for line in lines] == ["bad.yml", "broken.yml", "deep/flow.yml", "good.yml"]
    assert lines[2:] == ["deep/flow.yml: ok", "good.yml: ok"]


def test_validate_as_json_and_csv(folder, capsys):
    assert run(["spec", "validate", "bad.yml", "-o", "json"]) == 3
    (report,) = json.loads(capsys.readouterr().out)["files"]
    (error,) = report["errors"]
    assert (report["valid"], report["runnable"], report["schema"]) == (True, False, "VALID")
    assert (error["code"], error["line"]) == ("spec.unknown-dependency", 3)
    assert run(["spec", "validate", "bad.yml", "-o", "csv"]) == 3
    assert capsys.readouterr().out.splitlines()[1].startswith("bad.yml,error,spec.unknown-dependency,")


def test_warnings_are_counted_and_shown_on_demand(folder, capsys):
    folder.write("warn.yml", stages(single("{text: a, out: b, spare: c}")))
    assert run(["spec", "validate", "warn.yml"]) == 0
    assert capsys.readouterr().out == "warn.yml: ok (1 warning; -w shows them)\n"
    assert run(["spec", "validate", "-w", "warn.yml"]) == 0
    warning, verdict = capsys.readouterr().out.splitlines()
    assert warning.startswith("warn.yml:6 /stages/0/scheduler/parameters/spare: warning: ")
    assert verdict == "warn.yml: ok"


def test_a_missing_file_is_not_found(folder, capsys):
    assert run(["spec", "validate", "nope.yml"]) == 6
    assert "nope.yml" in capsys.readouterr().err


def test_digest_of_a_workflow_and_of_a_folder(folder, capsys):
    assert run(["spec", "digest", "good.yml", ".", "-o", "json"]) == 0
    workflow, whole = json.loads(capsys.readouterr().out)
    assert workflow["files"] == ["good.yml", "steps.yml"]
    assert whole["files"] == ["bad.yml", "good.yml", "inputs.yml", "steps.yml"]
    assert workflow["digest"] != whole["digest"]
    assert run(["spec", "digest", "good.yml"]) == 0
    assert capsys.readouterr().out == f"{workflow['digest']}  good.yml\n"
