"""`recast spec lint` as a user types it: exit codes, forms, comments that allow, SARIF."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote

import jsonschema
import pytest
from spec_parts import FIRST, single, stages

from recast.cli.app import run
from recast.spec.rulebook import RULES

ERROR = stages(single("{text: a, out: b}", name="a").replace("[init]", "['init[1]']"))
"""An error that only the linter gives."""

SARIF = {
    # The parts of the schema of SARIF 2.1.0 (OASIS) that a log of ours uses, from the standard's sections 3.13 to 3.58.
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool"],
                "additionalProperties": False,
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "invocations": {"type": "array", "items": {"required": ["executionSuccessful"]}},
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name"],
                                "properties": {"rules": {"type": "array", "items": {"$ref": "#/$defs/rule"}}},
                            }
                        },
                    },
                    "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
                },
            },
        },
    },
    "$defs": {
        "text": {
            "type": "object",
            "required": ["text"],
            "additionalProperties": False,
            "properties": {"text": {"type": "string", "minLength": 1}, "markdown": {"type": "string", "minLength": 1}},
        },
        "level": {"enum": ["none", "note", "warning", "error"]},
        "rule": {
            "type": "object",
            "required": ["id"],
            "additionalProperties": False,
            "properties": {
                "id": {"type": "string"},
                "name": {"type": "string", "pattern": "^[A-Z][A-Za-z]+$"},
                "shortDescription": {"$ref": "#/$defs/text"},
                "fullDescription": {"$ref": "#/$defs/text"},
                "help": {"$ref": "#/$defs/text"},
                "defaultConfiguration": {"properties": {"level": {"$ref": "#/$defs/level"}}},
            },
        },
        "result": {
            "type": "object",
            "required": ["message"],
            "additionalProperties": False,
            "properties": {
                "ruleId": {"type": "string"},
                "ruleIndex": {"type": "integer", "minimum": 0},
                "level": {"$ref": "#/$defs/level"},
                "message": {"$ref": "#/$defs/text"},
                "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
                "suppressions": {
                    "type": "array",
                    "items": {
                        "required": ["kind"],
                        "properties": {"kind": {"enum": ["inSource", "external"]}, "justification": {"type": "string"}},
                    },
                },
                "locations": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/location"}},
            },
        },
        "location": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "physicalLocation": {
                    "type": "object",
                    "required": ["artifactLocation"],
                    "properties": {
                        "artifactLocation": {"required": ["uri"], "properties": {"uri": {"type": "string"}}},
                        "region": {"properties": {"startLine": {"type": "integer", "minimum": 1}}},
                    },
                },
                "logicalLocations": {"type": "array", "items": {"required": ["fullyQualifiedName"]}},
            },
        },
    },
}


@pytest.fixture
def lint(specs, monkeypatch, capsys):
    """Lint files of the folder; return exit code, stdout, stderr."""

    def call(*arguments, **files):
        for name, text in files.items():
            specs.write(f"{name}.yml", text)
        monkeypatch.chdir(specs.folder)
        code = run(["spec", "lint", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_notes_and_warnings_do_not_fail_but_with_strict(lint):
    code, out, err = lint("note.yml", note=stages(FIRST))
    assert code == 0
    assert out.splitlines()[0].startswith("steps.yml:5 /echo/environment: note [spec.host-process] ")
    assert "0 errors, 0 warnings, 1 note, 0 silenced" in err
    assert lint("--strict", "note.yml")[0] == 0
    warning = stages(single("{text: a, out: b, spare: c}"))
    assert lint("warn.yml", warn=warning)[0] == 0
    assert lint("--strict", "warn.yml")[0] == 3


def test_an_error_of_the_linter_fails_though_the_workflow_is_valid_and_runnable(lint):
    code, out, _ = lint("bad.yml", "-o", "json", bad=ERROR)
    (report,) = json.loads(out)["files"]
    assert code == 3
    assert (report["valid"], report["runnable"]) == (True, True)
    assert [finding["code"] for finding in report["errors"]] == ["spec.never-runs"]
    assert json.loads(out)["summary"]["codes"] == {"spec.host-process": 1, "spec.never-runs": 1}


def test_a_finding_in_a_shared_file_is_counted_and_printed_once(lint):
    _, out, err = lint("a.yml", "b.yml", a=stages(FIRST), b=stages(FIRST))
    assert out.count("spec.host-process") == 1
    assert "2 workflows: 2 valid" in err
    assert "1 note" in err


def test_one_rule_can_be_looked_at_alone(lint):
    bad = ERROR.replace("out: b", "out: b, spare: c")
    assert lint("--rule", "unused-parameter", "bad.yml", bad=bad)[0] == 0
    code, out, _ = lint("--rule", "spec.never-runs", "--rule", "workdir", "bad.yml", "-o", "csv")
    assert code == 3
    assert [line.split(",")[2] for line in out.splitlines()[1:]] == ["spec.never-runs"]


@pytest.mark.parametrize("option", ["--rule", "--explain"])
def test_an_unknown_rule_is_not_found(lint, option):
    code, _, err = lint(option, "no-sete", "bad.yml", bad=ERROR)
    assert code == 6
    assert "no-set-e" in err


def test_a_rule_is_explained_by_its_page(lint):
    code, out, _ = lint("--explain", "no-set-e")
    assert code == 0
    assert out.startswith("# spec.no-set-e\n")
    assert "## Bad" in out


def test_the_rules_are_listed(lint):
    code, out, _ = lint("--rules", "-o", "json")
    assert code == 0
    assert [rule["code"] for rule in json.loads(out)] == list(RULES)


def test_nothing_to_lint_is_a_usage_error(lint):
    assert lint()[0] == 2


@pytest.mark.parametrize("command", ["validate", "lint"])
def test_a_file_whose_name_moves_the_cursor(specs, monkeypatch, capsys, command):
    specs.write("a\x1b[2Jb.yml", ERROR.replace("'init[1]'", "inti"))
    monkeypatch.chdir(specs.folder)
    for form in ("table", "json", "csv"):
        assert run(["spec", command, ".", "-o", form]) == 3
        said = capsys.readouterr()
        assert "\x1b" not in said.out + said.err
        assert "u001b" in said.out


def test_an_image_in_the_lock_of_the_toplevel_does_not_float(lint, specs):
    body = "step: {process: null, publisher: {publisher_type: constant-pub, publish: {}}, "
    text = stages(single("{}", body + "environment: {environment_type: docker-encapsulated, image: a}}"))
    pin = {"digest": "sha256:" + "0" * 64, "platform": "linux/amd64", "size": 1, "resolved": "2026-01-01T00:00:00Z"}
    lock = {"version": 1, "images": {"a:latest": {**pin, "source": "build"}}}
    assert lint("--strict", "a.yml", a=text)[0] == 3
    specs.write("images.lock.json", json.dumps(lock))
    assert lint("--strict", "a.yml")[0] == 0
    specs.write("images.lock.json", "{")
    assert lint("--strict", "a.yml")[0] == 3


# Allowing


def test_a_comment_above_or_beside_silences_with_its_reason(lint):
    text = stages(single("{text: a, out: b, spare: c}"))
    for allowed in (
        text.replace("    parameters", "    # recast: allow unused-parameter kept for later\n    parameters"),
        text.replace("spare: c}", "spare: c}  # recast: allow spec.unused-parameter kept for later"),
    ):
        code, out, err = lint("--strict", "a.yml", a=allowed)
        assert (code, "unused-parameter" in out) == (0, False)
        assert "1 silenced" in err
        _, out, _ = lint("a.yml", "-o", "json")
        (silenced,) = json.loads(out)["files"][0]["silenced"]
        assert (silenced["code"], silenced["reason"]) == ("spec.unused-parameter", "kept for later")


def test_comments_for_several_rules_can_be_stacked(lint):
    comments = "    # recast: allow never-runs first reason\n    # recast: allow unused-parameter second reason\n"
    text = stages(single("{text: a, out: b, spare: c}")).replace("    parameters", f"{comments}    parameters")
    _, out, err = lint("a.yml", a=text)
    assert "1 silenced" in err
    assert "[spec.allow] Nothing here is found by spec.never-runs" in out


@pytest.mark.parametrize(
    ("comment", "what"),
    [
        ("# recast: allow unused-parameter", "gives no reason"),
        ("# recast: allow unusd-parameter because", "There is no rule 'unusd-parameter'"),
        ("# recast: allow host-path because", "Nothing here is found by spec.host-path"),
        ("# recast: allow", "There is no rule ''"),
    ],
)
def test_a_comment_without_effect_is_a_finding(lint, comment, what):
    text = stages(single("{text: a, out: b, spare: c}")).replace("    parameters", f"    {comment}\n    parameters")
    code, out, _ = lint("--strict", "a.yml", a=text)
    assert code == 3
    assert what in out
    assert "[spec.unused-parameter]" in out


def test_what_stops_a_run_cannot_be_allowed(lint):
    text = stages(FIRST).replace("[init]", "[inti]  # recast: allow unknown-dependency I know better")
    code, out, err = lint("a.yml", a=text)
    assert code == 3
    assert "[spec.unknown-dependency]" in out
    assert "stops a run, so it cannot be allowed" in out
    assert "0 silenced" in err


def test_an_error_of_the_linter_alone_can_be_allowed(lint):
    text = ERROR.replace("['init[1]']", "['init[1]']  # recast: allow never-runs a stage for later")
    assert lint("a.yml", a=text)[0] == 0


# SARIF


@pytest.fixture
def log(lint):
    def make(*paths, **files):
        _, out, _ = lint(*paths, "-o", "sarif", **files)
        return json.loads(out)

    return make


def test_sarif_has_the_form_of_the_standard(log):
    allowed = "    # recast: allow unused-parameter kept\n    parameters"
    made = log(
        ".",
        bad=ERROR,
        allowed=stages(single("{text: a, out: b, spare: c}")).replace("    parameters", allowed),
        broken="stages: [",
        invalid="stages: [{name: 5}]",
    )
    jsonschema.Draft202012Validator(SARIF).validate(made)
    (log_run,) = made["runs"]
    rules = [rule["id"] for rule in log_run["tool"]["driver"]["rules"]]
    assert rules == sorted(set(rules))
    for result in log_run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
    levels = {result["ruleId"]: result["level"] for result in log_run["results"]}
    assert levels["spec.never-runs"] == "error"
    assert levels["spec.host-process"] == "note"
    silenced = [result for result in log_run["results"] if "suppressions" in result]
    assert [result["suppressions"] for result in silenced] == [[{"kind": "inSource", "justification": "kept"}]]


def test_sarif_names_files_by_relative_uris(log, specs):
    (specs.folder / "a b").mkdir()
    made = log("a b/w%1.yml", "--toplevel", ".", **{"a b/w%1": ERROR})
    results = made["runs"][0]["results"]
    uris = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results}
    assert uris == {"a%20b/w%251.yml", "steps.yml"}
    assert all((specs.folder / unquote(uri)).is_file() for uri in uris)
    fingerprints = [result["partialFingerprints"]["codeAndKey/v1"] for result in results]
    assert all(re.fullmatch("[0-9a-f]{64}", text) for text in fingerprints)
    assert len(set(fingerprints)) == len(fingerprints)


def test_sarif_of_a_clean_workflow_has_a_run_without_results(log):
    made = log("a.yml", a="stages: []")
    assert made["runs"][0]["results"] == []
    assert Path("a.yml").is_file()
