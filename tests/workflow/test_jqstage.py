"""jq-stages: programs choose steps and make parameter sets; the edges follow from the references."""

from __future__ import annotations

from typing import Any

import pytest

from recast.jq import jq
from recast.spec.model import Dependencies, FromGlobPublisher, JqScheduler, Stage, Workflow
from recast.workflow import Expansion
from recast.workflow.interpolate import RequestText, as_request
from tests.workflow.specs import from_init, interpolated, packtivity, stage, zipped

SHOW = packtivity("echo {n} {out}", interpolated({"n": "{n}"}))


def jq_stage(bindings: Any, stepscript: str, postscript: str = ".", after: str = "init", body: Any = SHOW) -> Stage:
    return Stage("made", Dependencies(expressions=(after,)), {}, body, jq=JqScheduler(bindings, stepscript, postscript))


def expanded(*stages: Stage, **inputs: Any) -> Expansion:
    expansion = Expansion(Workflow(stages), jq=jq)
    expansion.start(inputs, {})
    return expansion


def test_one_step_for_each_parameter_set_with_its_edges() -> None:
    made = jq_stage({"n": {"$wflowref": [".init[]", ".numbers"]}}, '.n[0][0] | map({n: ., out: "{workdir}/x"})')
    steps = expanded(made, numbers=[5, 7]).steps
    assert [(step.id, step.name) for step in steps[1:]] == [("/made/0", "made_0"), ("/made/1", "made_1")]
    assert steps[1].parameters == {"n": 5, "out": "{workdir}/x"}
    assert steps[1].depends_on == (steps[0],)


def test_each_set_refers_only_to_the_steps_that_it_uses() -> None:
    source = stage("map", ["init"], {"n": from_init("ns"), "out": 1}, SHOW, zipped("n"))
    made = jq_stage({"r": {"$wflowref": [".map[]", ".n"]}}, "[.r[][0]] | map({n: ., out: 0})", after="map")
    steps = expanded(source, made, ns=["a", "b"]).steps
    assert [[origin.id for origin in step.depends_on] for step in steps[3:]] == [["/map/0"], ["/map/1"]]
    assert [step.parameters["n"] for step in steps[3:]] == ["a", "b"]


def test_it_waits_for_steps_whose_result_needs_files() -> None:
    source = stage("split", ["init"], {}, packtivity("split", FromGlobPublisher("files", "*.txt")))
    made = jq_stage({"f": {"$wflowref": [".split[]", ".files"]}}, "[{n: .f[0][0]}]", after="init", body=SHOW)
    made = Stage("made", Dependencies(expressions=("split",)), {}, SHOW, jq=made.jq)
    assert len(expanded(source, made).steps) == 2


def test_the_postscript_sees_values() -> None:
    made = jq_stage({"n": {"$wflowref": [".init[]", ".x"]}}, "[{n: .n[0][0]}]", "{n: (.n * 2), out: .n}")
    assert expanded(made, x=21).steps[1].parameters == {"n": 42, "out": 21}


def test_texts_of_a_request_stay_marked_through_the_programs() -> None:
    made = jq_stage({"n": {"$wflowref": [".init[]", ".x"]}}, "[{n: .n[0][0]}]", '{n: (.n + "!"), out: 1}')
    expansion = Expansion(Workflow((made,)), jq=jq)
    expansion.start(as_request({"x": "$(reboot)"}), {})
    assert isinstance(expansion.steps[1].parameters["n"], RequestText)


@pytest.mark.parametrize(
    ("bindings", "stepscript", "code"),
    [
        ({}, "{n: 1}", "spec.jq-stage"),
        ({}, "[", "spec.jq"),
        ({"n": {"$wflowref": "x"}}, "[.]", "spec.jq-stage"),
        ({}, '[{n: {"$wflowpointer": {"step": "/other/0", "result": ""}}}]', "spec.jq-stage"),
        ({"n": {"$wflowref": [".init[]", ".x"]}}, '[.n[0][0] | .["$wflowpointer"].result = "/none"]', "spec.jq-stage"),
    ],
)
def test_programs_that_make_no_sense_are_problems(bindings: Any, stepscript: str, code: str) -> None:
    assert expanded(jq_stage(bindings, stepscript), x=1).problems[0].code == code


def test_a_parameter_set_may_be_a_list_or_a_single_value() -> None:
    body = packtivity("echo {0} {1}", interpolated({"sum": "{0}+{1}"}))
    assert expanded(jq_stage({}, "[[1, 2]]", body=body)).steps[1].published == {"sum": "1+2"}
    body = packtivity("echo {value}", interpolated({"it": "{value}"}))
    assert expanded(jq_stage({}, "[7]", body=body)).steps[1].published == {"it": "7"}
