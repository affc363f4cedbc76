"""`$ref` that runs in circles, explodes, or reaches for what is not the spec's."""

from __future__ import annotations

import os

import pytest

STEP = "{process: null, environment: null, publisher: {publisher_type: constant-pub, publish: {}}}"


def using(reference: str) -> str:
    return (
        "stages:\n- name: a\n  dependencies: [init]\n  scheduler:\n    scheduler_type: singlestep-stage\n"
        f"    parameters: {{}}\n    step: {{$ref: {reference}}}\n"
    )


CIRCLES = {
    "itself": {"workflow.yml": "stages: {$ref: '#/stages'}"},
    "the root": {"workflow.yml": "{$ref: '#'}"},
    "its own file": {"workflow.yml": "stages: {$ref: workflow.yml}"},
    "what it stands in": {"workflow.yml": "stages: [{name: a, scheduler: {$ref: '#/stages/0'}}]"},
    "two files": {"workflow.yml": "stages: {$ref: a.yml}", "a.yml": "$ref: b.yml", "b.yml": "$ref: a.yml"},
    "two pointers": {"workflow.yml": "stages: {$ref: '#/a'}\na: {$ref: '#/b'}\nb: {$ref: '#/a'}"},
    "a pointer through itself": {"workflow.yml": "stages: {$ref: '#/stages/0/x'}"},
    "a pointer through another": {"workflow.yml": "stages: {$ref: '#/a/x'}\na: {$ref: '#/stages'}"},
    "a file of its own folder": {"workflow.yml": "stages: {$ref: d/a.yml}", "d/a.yml": "x: {$ref: '../workflow.yml'}"},
    "a case that differs": {"workflow.yml": "stages: {$ref: './././workflow.yml#/stages'}"},
}


@pytest.mark.parametrize("name", CIRCLES)
def test_circles_are_refused(attack, tmp_path, name):
    for file, text in CIRCLES[name].items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text)
    said = attack()
    assert said.codes == {"spec.ref-cycle"}
    assert {answer["code"] for answer in (said.validate, said.lint, said.run)} == {3}


@pytest.mark.parametrize(
    "reference",
    [
        "/etc/passwd",
        "'///etc/passwd'",
        "//example.org/steps.yml",
        "../outside.yml",
        "../../../../../../etc/passwd",
        "'d/../../outside.yml'",
        "'%2e%2e/outside.yml'",
        "'..%2Foutside.yml'",
        "'%2Fetc%2Fpasswd'",
        "'file:///etc/passwd'",
        "'FILE:///etc/passwd'",
        "'http://169.254.169.254/latest/meta-data'",
        "'https://localhost:1/x.yml'",
        "'ftp://localhost/x'",
        "'data:,stages'",
        "'\\\\\\\\host\\\\share'",
        "'~/.ssh/id_rsa'",
        '"link.yml"',
        "'folder/passwd'",
        '"a\\0b"',
        "'/dev/stdin'",
        "'/proc/self/environ'",
        "'%00'",
        "'" + "a/" * 5000 + "x.yml'",
        "'" + "x" * 5000 + ".yml'",
        "'folder'",
        "'.'",
        "'pipe.yml'",
        "'#/" + "a/" * 50_000 + "'",
        "'#/%zz'",
        "'?x=1#/a'",
    ],
)
def test_what_is_not_the_specs_is_not_read(attack, tmp_path, reference):
    (tmp_path / "workflow.yml").write_text(using(reference))
    (tmp_path.parent / "outside.yml").write_text(STEP)
    (tmp_path / "link.yml").symlink_to(tmp_path.parent / "outside.yml")
    (tmp_path / "folder").symlink_to("/etc")
    os.mkfifo(tmp_path / "pipe.yml")
    said = attack()
    assert said.codes <= {"spec.ref-escape", "spec.ref-missing", "spec.unreadable"}
    assert {answer["code"] for answer in (said.validate, said.lint, said.run)} == {3}
    assert "root:" not in said.validate["out"] + said.lint["out"] + said.run["err"]


def test_a_chain_of_a_thousand_references_is_refused(attack, tmp_path):
    chain = "".join(f"r{i}: {{$ref: '#/r{i + 1}'}}\n" for i in range(1000))
    (tmp_path / "workflow.yml").write_text("stages: {$ref: '#/r0'}\n" + chain + "r1000: []\n")
    assert attack().codes == {"spec.too-deep"}


def test_references_that_double_at_each_level_are_refused(attack, tmp_path):
    levels = "".join(f"r{i}: [{{$ref: '#/r{i + 1}'}}, {{$ref: '#/r{i + 1}'}}]\n" for i in range(60))
    (tmp_path / "workflow.yml").write_text("stages: {$ref: '#/r0'}\n" + levels + "r60: [1]\n")
    assert attack().codes == {"spec.too-large"}


def test_sub_workflows_that_double_at_each_level_are_refused(attack, tmp_path):
    for i in range(40):
        stages = "".join(
            f"- name: s{j}\n  scheduler: {{scheduler_type: singlestep-stage, parameters: {{}}, "
            f"workflow: {{$ref: 'w{i + 1}.yml'}}}}\n"
            for j in range(2)
        )
        (tmp_path / f"w{i}.yml").write_text("stages:\n" + stages)
    (tmp_path / "w40.yml").write_text("stages: []")
    (tmp_path / "workflow.yml").write_text("{$ref: w0.yml}")
    said = attack()
    assert said.codes <= {"spec.too-large", "spec.too-deep"}
    assert said.codes


def test_a_chain_of_files_is_refused(attack, tmp_path):
    for i in range(500):
        (tmp_path / f"f{i}.yml").write_text(f"$ref: f{i + 1}.yml")
    (tmp_path / "workflow.yml").write_text("stages: {$ref: f0.yml}")
    assert attack().codes == {"spec.too-deep"}


@pytest.mark.parametrize("value", ["5", "[]", "{}", "null", "true", "''", "'#'"])
def test_a_reference_that_is_none(attack, tmp_path, value):
    (tmp_path / "workflow.yml").write_text(using(value))
    said = attack()
    assert said.codes
    assert said.run["code"] == 3
