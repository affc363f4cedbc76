"""Stages that may be left out: `cases`, `expressions_fulfilled`, and what depends on them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from recast.errors import SpecError
from recast.jq import jq
from recast.spec.model import Case, Dependencies, Selector, Stage, Workflow
from recast.workflow import Expansion
from tests.workflow.specs import from_init, packtivity, stage, zipped

SMALL, LARGE = packtivity("echo small"), packtivity("echo large")
CASES = (Case(".n == 0", SMALL), Case("0 < .n and .n < 4", LARGE))


def expanded(workflow: Workflow, **inputs: Any) -> Expansion:
    expansion = Expansion(workflow, jq=jq)
    expansion.start(inputs, {})
    return expansion


def ids(expansion: Expansion) -> list[str]:
    return [step.id for step in expansion.steps]


def after(name: str, upstream: str) -> Stage:
    return stage(name, [upstream], {"x": Selector(upstream, "out")}, packtivity("echo {x}"))


def when(condition: Any) -> Stage:
    dependencies = Dependencies("expressions_fulfilled", (condition,))
    return Stage("maybe", dependencies, {"n": 1}, SMALL)


def test_the_first_case_that_is_true_is_run() -> None:
    workflow = Workflow((stage("choose", ["init"], {"n": from_init("n")}, CASES),))
    assert expanded(workflow, n=0).steps[1].packtivity is SMALL
    assert expanded(workflow, n=3).steps[1].packtivity is LARGE
    assert ids(expanded(workflow, n=9)) == ["/init/0"]


def test_a_case_may_start_a_sub_workflow() -> None:
    inner = Workflow((stage("work", ["init"], {"n": from_init("n")}, SMALL),))
    workflow = Workflow((stage("choose", ["init"], {"n": from_init("n")}, (*CASES, Case("true", inner))),))
    assert ids(expanded(workflow, n=9)) == ["/init/0", "/choose/0/init/0", "/choose/0/work/0"]


def test_of_a_scatter_only_the_instances_with_a_true_case_are_there() -> None:
    """As in yadage, the name counts the parameter sets and the index the steps."""
    workflow = Workflow((stage("choose", ["init"], {"n": from_init("ns")}, CASES, zipped("n")),))
    steps = expanded(workflow, ns=[1, 9, 0]).steps[1:]
    assert [(step.id, step.name) for step in steps] == [("/choose/0", "choose_0"), ("/choose/1", "choose_2")]


def test_what_depends_on_a_stage_without_a_true_case_is_skipped_as_well() -> None:
    stages = (
        stage("choose", ["init"], {"n": from_init("n")}, CASES),
        after("then", "choose"),
        after("last", "then"),
        after("apart", "init"),
    )
    expansion = expanded(Workflow((*stages[:3], replace(stages[3], parameters={}))), n=9)
    assert ids(expansion) == ["/init/0", "/apart/0"]
    assert [record.name for record in expansion.skipped] == ["choose", "then", "last"]
    assert set(expansion.skipped.values()) == {"no case of stage 'choose' is true"}
    assert not expansion.rules
    assert not expansion.problems


@pytest.mark.parametrize(("value", "runs"), [(1, True), ("yes", True), (0, False), ("", False), ([], False)])
def test_a_stage_with_conditions_runs_when_all_are_truthy(value: Any, runs: bool) -> None:
    expansion = expanded(Workflow((when(from_init("switch")),)), switch=value)
    assert ("/maybe/0" in ids(expansion)) is runs
    assert bool(expansion.skipped) is not runs


def test_a_skipped_stage_in_a_sub_workflow_skips_what_waits_for_the_whole() -> None:
    inner = Workflow((when(from_init("switch")), stage("work", ["init"], {"n": 1}, SMALL)))
    outer = Workflow(
        (
            stage("sub", ["init"], {"switch": from_init("switch")}, inner),
            stage("whole", ["sub"], {"x": Selector("sub[*].work", "out")}, SMALL),
            stage("part", ["sub[*].work"], {"x": Selector("sub[*].work", "out")}, SMALL),
        )
    )
    assert "/whole/0" in ids(expanded(outer, switch=1))
    expansion = expanded(outer, switch=0)
    assert "/part/0" in ids(expansion)
    assert [record.name for record in expansion.skipped] == ["maybe", "whole"]


def test_a_dependency_on_a_scatter_over_nothing_is_an_error() -> None:
    workflow = Workflow(
        (stage("map", ["init"], {"n": from_init("ns")}, SMALL, zipped("n")), after("reduce", "map")),
    )
    problem = expanded(workflow, ns=[]).problems[0]
    assert problem.code == "spec.no-steps"
    assert "empty list" in problem.why


@pytest.mark.parametrize("program", ["{", ".n |", "error", "empty"])
def test_a_condition_that_fails_says_which_and_where(program: str) -> None:
    workflow = Workflow((stage("choose", ["init"], {"n": 1}, (Case(program, SMALL),)),))
    problem = expanded(workflow).problems[0]
    assert isinstance(problem, SpecError)
    assert problem.code == "spec.jq"
    assert problem.where == "choose"
