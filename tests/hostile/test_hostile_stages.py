"""Stages with names, paths, templates, selectors, programs and scatters that no one means well with."""

from __future__ import annotations

import json

import pytest

PUBLISH = {"publisher_type": "constant-pub", "publish": {}}


def step(cmd=None, publisher=None):
    return {
        "process": {"process_type": "string-interpolated-cmd", "cmd": cmd} if cmd else None,
        "environment": {"environment_type": "localproc-env"} if cmd else None,
        "publisher": publisher or PUBLISH,
    }


def stage(name="a", parameters=None, on=("init",), body=None, **scheduler):
    kind = "multistep-stage" if "scatter" in scheduler else "singlestep-stage"
    body = body or {"step": step()}
    return {
        "name": name,
        "dependencies": list(on) if isinstance(on, tuple) else on,
        "scheduler": {"scheduler_type": kind, "parameters": parameters or {}, **scheduler, **body},
    }


@pytest.fixture
def refused(attack, tmp_path):
    """Write a workflow of stages, and check that each command refuses it, or at least the run."""

    def check(*stages, code=None, by_run_only=False, arguments=()):
        (tmp_path / "workflow.yml").write_text(json.dumps({"stages": list(stages)}))
        said = attack(*arguments)
        assert said.run["code"] == 3, said.run
        assert "error [" in said.run["err"]
        if not by_run_only:
            assert (said.validate["code"], said.lint["code"]) == (3, 3)
            assert code is None or code in said.codes, said.codes
        elif code is not None:
            assert f"[{code}]" in said.run["err"], said.run["err"]
        return said

    return check


NAMES = {
    "a right-to-left override": "fit\u202egnp.exe",
    "no width": "fi\u200bt",
    "a joiner": "fi\u200dt",
    "a byte order mark": "\ufefffit",
    "a Cyrillic letter": "f\u0456t",
    "full width": "\uff46\uff49\uff54",
    "a combining accent": "fi\u0301t",
    "a NUL": "fit\0x",
    "a newline": "fit\nx",
    "a carriage return": "fit\rx",
    "a terminal's escape": "fit\x1b[2J",
    "a bell": "fit\x07",
    "C1": "fit\x9b2J",
    "a slash": "fit/x",
    "an absolute path": "/etc/passwd",
    "up": "..",
    "up and away": "../../etc",
    "here": ".",
    "nothing": "",
    "a long one": "x" * 300,
    "a very long one": "x" * 100_000,
    "a lone surrogate": "fit\ud800",
    "emoji": "fit\U0001f600",
    "tags": "fit\U000e0041",
    "init": "init",
    "a line separator": "fit\u2028x",
}


@pytest.mark.parametrize("name", NAMES)
def test_names_of_stages(refused, name):
    said = refused(stage(NAMES[name]))
    assert said.codes & {"spec.stage-name", "spec.reserved-name", "spec.yaml"}
    for answer in (said.validate, said.lint, said.run):
        assert not any(letter in answer["err"] + answer["out"] for letter in "\x1b\x07\x9b\r\0\u202e\u200b\u2028")


@pytest.mark.parametrize("name", ["x\u202ey", "x\u200by", "x\u2028y", "\ufeffx", "x\u00ady", "x\x9by"])
def test_names_of_parameters_that_cannot_be_seen(refused, name):
    said = refused(stage(parameters={name: 1}), code="spec.invisible-character")
    assert name not in said.lint["out"] + said.run["err"]


PATHS = ["{workdir}/../x", "{workdir}/../../../etc/passwd", "{workdir}/a/../../x", "{workdir}/.."]


@pytest.mark.parametrize("path", PATHS)
def test_parameters_that_climb_out(refused, path):
    body = {"step": step("true {x}", {"publisher_type": "frompar-pub", "outputmap": {"x": "x"}})}
    refused(stage(parameters={"x": path}, body=body), code="spec.path-escape")


@pytest.mark.parametrize(
    "publisher",
    [
        *({"publisher_type": "interpolated-pub", "publish": {"x": [path]}} for path in PATHS),
        {"publisher_type": "interpolated-pub", "publish": "../x", "relative_paths": True},
        {"publisher_type": "interpolated-pub", "publish": {"x": "../*"}, "relative_paths": True, "glob": True},
        {"publisher_type": "interpolated-pub", "publish": {"x": "{workdir}/../*"}, "glob": True},
        {"publisher_type": "fromglob-pub", "outputkey": "x", "globexpression": "../*"},
        {"publisher_type": "fromglob-pub", "outputkey": "x", "globexpression": "/etc/*"},
        {"publisher_type": "fromglob-pub", "outputkey": "x", "globexpression": "**/../../*"},
        {"publisher_type": "fromyaml-pub", "yamlfile": "../x.yml"},
        {"publisher_type": "fromyaml-pub", "yamlfile": "/etc/passwd"},
    ],
    ids=json.dumps,
)
def test_publishers_that_climb_out(refused, publisher):
    refused(stage(body={"step": step("true x", publisher)}), code="spec.path-escape")


TEMPLATES = [
    "{x.__class__}",
    "{x.__class__.__mro__[1].__subclasses__}",
    "{x.real}",
    "{x[0].y}",
    "{x:>999999999}",
    "{x:0999999999d}",
    "{x:.999999999f}",
    "{x!r:>999999999}",
    "{x:{y}}",
    "{x:{x:{x}}}",
    "{0}",
    "{}",
    "{x",
    "x}",
    "{x!}",
    "{x!z}",
    "{" * 9_999,
    "{x[" * 10_000,
    "{x" + "[0]" * 10_000 + "y}",
    "${HOME}",
    "{x!s.y}",
    "{ x }",
    "{x\n}",
]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda text: text[:30])
def test_templates_of_commands(refused, template):
    said = refused(stage(parameters={"x": 1, "y": "5"}, body={"step": step(f"echo {template}")}))
    assert said.codes & {"spec.template", "spec.stray-brace", "spec.placeholder"}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda text: text[:30])
def test_templates_of_publishers_and_values(refused, template):
    publisher = {"publisher_type": "interpolated-pub", "publish": {"z": template}}
    refused(stage(parameters={"x": 1, "y": "5"}, body={"step": step(None, publisher)}))
    if template not in ("{0}", "{}"):  # these stay as they are in a value
        refused(stage(parameters={"x": template}))


SELECTORS = [
    "(" * 100_000,
    "a" + ".a" * 100_000,
    "a" + "[*]" * 100_000,
    ".." * 50_000,
    "$" * 100_000,
    "a," * 50_000,
    "'" + "a" * 100_000,
    "a[?(@.x=~'(a+)+$')]",
    "a[" + "9" * 5000 + "]",
    "a[1:2:3]",
    "a\u202eb",
    "a\nb",
    "`this`",
    "a where b",
]


@pytest.mark.parametrize("path", SELECTORS, ids=lambda text: ascii(text[:20]))
def test_selectors_of_dependencies_and_references(refused, path):
    refused(stage(), stage("b", on=(path,)))
    refused(stage(), stage("b", {"x": {"stages": path, "output": "y"}}, on=("a",)))


OUTPUTS = ["$..*" * 2000, "(" * 50_000, "x" + ".x" * 50_000, "x[?(@.y=~'(a+)+$')]", "x" + "[*]" * 20_000]


@pytest.mark.parametrize("output", OUTPUTS, ids=lambda text: text[:12])
def test_outputs_that_are_bombs(refused, output):
    value = {"x": ["a" * 40 + "!"] * 10}
    body = {"step": step(None, {"publisher_type": "constant-pub", "publish": value})}
    reading = stage("b", {"x": {"step": "a", "output": output}}, on=("a",))
    refused(stage(body=body), reading, by_run_only=True)


THOUSAND = list(range(1000))
MANY = {"x": THOUSAND, "y": THOUSAND, "z": THOUSAND}
CARTESIAN = {"method": "cartesian", "parameters": ["x", "y", "z"]}


def test_a_scatter_of_a_billion_steps_is_refused(refused):
    refused(stage(parameters=MANY, scatter=CARTESIAN), by_run_only=True, code="spec.too-many-steps")


def test_a_scatter_of_sub_workflows_that_scatter(refused):
    deep = stage(parameters={"x": THOUSAND}, scatter={"method": "zip", "parameters": ["x"]})
    for _ in range(3):
        body = {"workflow": {"stages": [deep]}}
        deep = stage(parameters={"x": THOUSAND}, scatter={"method": "zip", "parameters": ["x"]}, body=body)
    arguments = ("--max-steps", "10000")
    refused(deep, by_run_only=True, code="spec.too-many-steps", arguments=arguments)


@pytest.mark.parametrize(("count", "bound", "fits"), [(9, 10, True), (10, 10, False), (1000, 100, False)])
def test_the_bound_on_steps_can_be_set(attempt, tmp_path, count, bound, fits):
    scattered = stage(parameters={"x": list(range(count))}, scatter={"method": "zip", "parameters": ["x"]})
    (tmp_path / "workflow.yml").write_text(json.dumps({"stages": [scattered]}))
    command = ["run", "workflow.yml", "--toplevel", ".", "-q", "--max-steps", str(bound)]
    (answer,) = attempt([command], tmp_path, tmp_path.parent / f"{tmp_path.name}-home")
    assert answer["code"] == (0 if fits else 3), answer
    assert fits or "spec.too-many-steps" in answer["err"]


def test_a_batch_size_that_overflows(refused):
    for size in (10**400, -1, 0.5, 1e308):
        scatter = {"method": "zip", "parameters": ["x"]}
        refused(stage(parameters={"x": THOUSAND}, scatter=scatter, batchsize=size))


PROGRAMS = ["def f: f; f", "[range(1000000000)]"]


@pytest.mark.parametrize("program", PROGRAMS)
def test_jq_programs_that_do_not_end(refused, program):
    cases = {"cases": [{"if": program, "step": step()}]}
    refused(stage(parameters={"x": 1}, body=cases), by_run_only=True)


@pytest.mark.parametrize(
    "program", ["input", "env", "$ENV", 'import "x" as x; x', 'include "x"; .', "input_filename", "debug", "halt", "("]
)
def test_jq_programs_that_reach_out(refused, program, monkeypatch):
    monkeypatch.setenv("RECAST_TEST_SECRET", "hunter2hunter2")
    publisher = {"publisher_type": "fromparjq-pub", "script": program}
    body = {"step": step(None, publisher)}
    reading = stage("b", {"x": {"step": "a", "output": "nothing"}}, on=("a",))
    said = refused(stage(parameters={"x": 1}, body=body), reading, by_run_only=True)
    assert "hunter2" not in said.run["err"]
