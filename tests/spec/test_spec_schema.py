"""Errors of the schema: one line each, with the key, what was found, and what is allowed."""

from __future__ import annotations

import pytest
from spec_parts import FIRST, single, stages

from recast.spec.findings import findings_of
from recast.spec.model import ContainerEnvironment, NoopEnvironment, Process, Selector, ValueReference

PUBLISH = "publisher: {publisher_type: constant-pub, publish: {}}"


def step(process="null", environment="null", publisher=PUBLISH):
    return f"step: {{process: {process}, environment: {environment}, {publisher}}}"


@pytest.mark.parametrize(
    ("text", "code", "where", "says"),
    [
        ("{}", "spec.missing-key", "workflow.yml:1 ", "stages"),
        ("[]", "spec.type", "workflow.yml:1 ", "found list"),
        ("stages: []\ncontext: {}", "spec.unknown-key", "workflow.yml:2 /context", "context"),
        ("stages: {}", "spec.type", "workflow.yml:1 /stages", "allowed is list"),
        ("stages:\n- name: 5\n  scheduler: {}", "spec.type", "workflow.yml:2 /stages/0/name", "number (5)"),
        ("stages: [{name: a}]", "spec.missing-key", "workflow.yml:1 /stages/0", "scheduler"),
        (stages("name: a\nscheduler: {scheduler_type: singelstep-stage}"), "spec.unknown-kind",
         "workflow.yml:3 /stages/0/scheduler/scheduler_type", "singelstep-stage"),
        (stages("name: a\nscheduler: {parameters: {}}"), "spec.missing-key",
         "workflow.yml:3 /stages/0/scheduler", "scheduler_type"),
        (stages("name: a\ndependencies: init\nscheduler: {}"), "spec.type",
         "workflow.yml:3 /stages/0/dependencies", "found text"),
        (stages("name: a\ndependencies: {}\nscheduler: {}"), "spec.missing-key",
         "workflow.yml:3 /stages/0/dependencies", "dependency_type"),
        (stages(single("{a: true}")), "spec.parameter-type",
         "workflow.yml:6 /stages/0/scheduler/parameters/a", "boolean (True)"),
        (stages(single("{a: }")), "spec.parameter-type",
         "workflow.yml:6 /stages/0/scheduler/parameters/a", "null"),
        (stages(single("{a: 2020-01-31}")), "spec.parameter-type",
         "workflow.yml:6 /stages/0/scheduler/parameters/a", "date"),
        (stages(single("{1: a}")), "spec.type", "workflow.yml:6 /stages/0/scheduler/parameters/1", "1"),
        (stages(single(body="")), "spec.body", "workflow.yml:4 /stages/0/scheduler", "found none"),
        (stages(single(body="step: {$ref: steps.yml#/echo}\n  workflow: {stages: []}")), "spec.body",
         "workflow.yml:4 /stages/0/scheduler", "step and workflow"),
        (stages(single(body="cases: [{if: .a}]")), "spec.body",
         "workflow.yml:7 /stages/0/scheduler/cases/0", "case"),
        (stages(single(body=step("{process_type: shell, cmd: x}"))), "spec.unknown-kind",
         "workflow.yml:7 /stages/0/scheduler/step/process/process_type", "shell"),
        (stages(single(body=step("{script: x}"))), "spec.missing-key",
         "workflow.yml:7 /stages/0/scheduler/step/process", "process_type"),
        (stages(single(body=step("{process_type: string-interpolated-cmd, cmd: [a]}"))), "spec.type",
         "workflow.yml:7 /stages/0/scheduler/step/process/cmd", "found list"),
        (stages(single(body=step(environment="{environment_type: localproc-env, image: x}"))), "spec.unknown-key",
         "workflow.yml:7 /stages/0/scheduler/step/environment/image", "localproc-env"),
        (stages(single(body=step(environment="{environment_type: docker-encapsulated}"))), "spec.missing-key",
         "workflow.yml:7 /stages/0/scheduler/step/environment", "image"),
        (stages(single(body=step(environment="{environment_type: docker-encapsulated, image: a, recast: {gpu: 1}}"))),
         "spec.unknown-key", "workflow.yml:7 /stages/0/scheduler/step/environment/recast/gpu", "gpu"),
        (stages(single(body=step(publisher="publisher: {publish: {}}"))), "spec.missing-key",
         "workflow.yml:7 /stages/0/scheduler/step/publisher", "publisher_type"),
        (stages(single(body=step(publisher="publisher: {publisher_type: interpolated-pub, publish: null}"))),
         "spec.type", "workflow.yml:7 /stages/0/scheduler/step/publisher/publish", "found null"),
        (stages(single(body=step(publisher="publisher: {publisher_type: constant-pub, publish: {a: 2020-01-31}}"))),
         "spec.not-json", "workflow.yml:7 /stages/0/scheduler/step/publisher/publish/a", "date"),
    ],
)  # fmt: skip
def test_each_fault_is_one_line_at_its_place(specs, text, code, where, says):
    error = specs.error(text)
    assert (error.code, error.where) == (code, where)
    assert says in error.what
    assert "\n" not in error.what


def test_a_boolean_parameter_is_told_what_to_write(specs):
    assert "'true'" in specs.error(stages(single("{a: yes}"))).next_step


def test_all_faults_are_reported_the_first_in_full(specs):
    error = specs.error("a: 1\nstages:\n- {name: 5, scheduler: 6, nmae: x}\n")
    assert [finding.code for finding in findings_of(error)] == [
        "spec.unknown-key", "spec.type", "spec.type", "spec.unknown-key",
    ]  # fmt: skip
    assert error.why.splitlines()[0] == "3 more:"
    assert "workflow.yml:3 /stages/0/nmae: A stage has no key 'nmae' [spec.unknown-key]" in error.why
    assert "'stages'" not in error.what


def test_a_fault_in_a_referred_file_is_reported_there_and_once(specs):
    specs.write("steps.yml", "echo:\n  process: null\n  environment: null\n  publisher:\n    publisher_type: pub\n")
    error = specs.error(stages(FIRST, single()))
    assert error.where == "steps.yml:5 /echo/publisher/publisher_type"
    assert not error.why


def test_the_types_that_yadage_assumes(specs):
    loaded = specs.load(stages(single(body=step("{cmd: x}", "{}"))))
    body = loaded.workflow.stages[0].body
    assert body.process == Process("command", "x")
    assert body.environment == NoopEnvironment()


def test_our_options_stand_in_the_environment_or_in_its_resources(specs):
    environment = (
        "{environment_type: docker-encapsulated, image: a, imagetag: b, env: {N: 4}, "
        "resources: [CVMFS, {recast: {memory_mb: 500, cpus: 2}}], recast: {cpus: 3, network: true}}"
    )
    found = specs.load(stages(single(body=step("{cmd: x}", environment)))).workflow.stages[0].body.environment
    assert isinstance(found, ContainerEnvironment)
    assert found.options == {"memory_mb": 500, "cpus": 3, "network": True}
    assert (found.reference, found.env) == ("a:b", {"N": "4"})


def test_references_in_both_spellings_of_parameters(specs):
    loaded = specs.load(
        stages(
            single("{text: {stages: init, output: a, unwrap: true}, out: {x: {step: init}}}"),
            single(
                "[{key: text, value: {expression_type: stage-output-selector, step: init}}, {key: out, value: b}]",
                name="third",
            ),
        )
    )
    first, second = loaded.workflow.stages
    assert first.parameters == {"text": Selector("init", "a", unwrap=True), "out": {"x": {"step": "init"}}}
    assert second.parameters == {"text": Selector("init", None, single=True), "out": "b"}


def test_registered_values_and_long_dependencies(specs):
    text = stages(
        single("{text: a, out: b}").replace(
            "parameters:", "register_values: {r: {expression_type: stage-output-selector, step: second}}\n  parameters:"
        ),
        single("{text: {expression_type: fromvalue, key: r}, out: c}", name="third").replace(
            "[init]",
            "{dependency_type: expressions_fulfilled, expressions: [{expression_type: fromvalue, key: r}]}",
        ),
    )
    second, third = specs.load(text).workflow.stages
    assert second.register_values == {"r": Selector("second", None, single=True)}
    assert third.parameters["text"] == ValueReference("r")
    assert third.dependencies.kind == "expressions_fulfilled"
    assert third.dependencies.expressions == (ValueReference("r"),)
