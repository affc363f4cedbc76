"""Expansion: what steps a workflow makes, with which edges, parameters, results and files."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.errors import SpecError
from recast.jobs import Artifact, OutputPattern
from recast.spec.model import (
    BatchSize,
    FromYamlPublisher,
    Scatter,
    Selector,
    Workflow,
)
from recast.workflow import MISSING, Expansion, Step
from recast.workflow.publish import expected_outputs
from tests.workflow.specs import (
    GLOBBED,
    from_init,
    interpolated,
    map_reduce,
    packtivity,
    stage,
    writes_file,
    zipped,
)


def expanded(workflow: Workflow, **inputs: Any) -> Expansion:
    expansion = Expansion(workflow)
    expansion.start(inputs, {})
    return expansion


def by_id(expansion: Expansion) -> dict[str, Step]:
    return {step.id: step for step in expansion.steps}


def ids(steps: Any) -> list[str]:
    return [step.id for step in steps]


def left(*names: str) -> dict[str, Artifact]:
    return {name: Artifact(name, "sha256:" + "0" * 64, 1) for name in names}


def one(name: str, parameters: dict[str, Any], body: Any, scatter: Scatter | None = None) -> Workflow:
    return Workflow((stage(name, ["init"], parameters, body, scatter),))


def test_results_that_are_known_before_the_run_expand_what_follows() -> None:
    expansion = expanded(map_reduce(), values=[1, 2])
    assert ids(expansion.steps) == ["/init/0", "/map/0", "/map/1", "/reduce/0"]
    assert ids(expansion.steps[-1].depends_on) == ["/map/0", "/map/1"]
    assert expansion.steps[-1].parameters == {"values": ["done", "done"]}
    assert not expansion.rules


def test_results_that_need_files_make_the_rest_wait() -> None:
    workflow = Workflow(
        (
            stage("split", ["init"], {"n": from_init("n")}, packtivity("split", GLOBBED)),
            stage(
                "map",
                ["split"],
                {"file": Selector("split", "files", unwrap=True)},
                packtivity("cat {file}"),
                zipped("file"),
            ),
        )
    )
    expansion = expanded(workflow, n=2)
    assert ids(expansion.steps) == ["/init/0", "/split/0"]
    split = expansion.steps[1]
    assert split.published is MISSING
    made = expansion.finish(split, left("b.txt", "a.txt", "other.csv"))
    assert [step.parameters for step in made] == [
        {"file": "/recast/run/split/a.txt"},
        {"file": "/recast/run/split/b.txt"},
    ]


def test_sub_workflows_are_scopes_with_their_own_init() -> None:
    inner = Workflow((stage("work", ["init"], {"v": from_init("v")}, writes_file()),))
    workflow = one("map", {"v": from_init("values")}, inner, zipped("v"))
    with pytest.raises(SpecError, match="the parameter 'out'"):
        raise expanded(workflow, values=[7]).problems[0]
    inner = Workflow((stage("work", ["init"], {"v": from_init("v"), "out": "{workdir}/x"}, writes_file()),))
    steps = by_id(expanded(one("map", {"v": from_init("values")}, inner, zipped("v")), values=[7, 8]))
    assert list(steps) == ["/init/0", "/map/0/init/0", "/map/1/init/0", "/map/0/work/0", "/map/1/work/0"]
    work = steps["/map/1/work/0"]
    assert work.directory == "/recast/run/map_1/work"
    assert work.scope.pointer == "/map/1"
    assert work.parameters == {"v": 8, "out": "{workdir}/x"}
    assert work.published == {"out": "/recast/run/map_1/work/x"}


def test_workdir_cannot_be_handed_to_a_sub_workflow() -> None:
    workflow = one("sub", {"out": "{workdir}/x"}, Workflow(()))
    assert "no work directory" in expanded(workflow).problems[0].what


@given(st.lists(st.integers(), max_size=30), st.integers(1, 12), st.sampled_from(["batch", "partition"]))
def test_grouping_keeps_every_value_in_order(values: list[int], size: int, kind: Any) -> None:
    scatter = Scatter("zip", ("v",), BatchSize(kind, size))
    expansion = expanded(one("map", {"v": from_init("values")}, packtivity(), scatter), values=values)
    groups = [step.parameters["v"] for step in expansion.steps[1:]]
    assert [value for group in groups for value in group] == values
    assert all(len(group) <= size for group in groups) if kind == "batch" else len(groups) == min(size, len(values))


@given(st.lists(st.integers(), max_size=5), st.lists(st.integers(), max_size=5))
def test_zip_wants_equal_lengths_and_cartesian_does_not(a: list[int], b: list[int]) -> None:
    parameters = {"a": from_init("a"), "b": from_init("b")}
    zipped_up = expanded(one("map", parameters, packtivity(), Scatter("zip", ("a", "b"))), a=a, b=b)
    assert bool(zipped_up.problems) == (len(a) != len(b))
    product = expanded(one("map", parameters, packtivity(), Scatter("cartesian", ("a", "b"))), a=a, b=b)
    assert [tuple(step.parameters.values()) for step in product.steps[1:]] == [(x, y) for x in a for y in b]


@pytest.mark.parametrize(
    ("scatter", "values", "code"),
    [
        (Scatter("zipp", ("v",)), [1], "spec.scatter-method"),
        (Scatter("zip", ("v",)), "text", "spec.scatter-list"),
        (Scatter("zip", ("w",)), [1], "spec.scatter-list"),
    ],
)
def test_scatters_that_yadage_lets_pass_are_problems(scatter: Scatter, values: Any, code: str) -> None:
    problem = expanded(one("map", {"v": from_init("values")}, packtivity(), scatter), values=values).problems[0]
    assert problem.code == code


def test_values_without_a_leaf_make_no_edge() -> None:
    """yadage's references come from jq's paths(scalars), which knows neither null, false, nor empty lists."""
    workflow = one("a", {name: from_init(name) for name in ("empty", "no", "none")}, packtivity())
    assert expanded(workflow, empty=[], no=False, none=None).steps[1].depends_on == ()
    assert ids(expanded(workflow, empty=[0], no=False, none=None).steps[1].depends_on) == ["/init/0"]


def test_unwrap_and_flatten() -> None:
    def selected(**shape: bool) -> Any:
        body = packtivity(publisher=interpolated({"out": ["a", "b"]}))
        stages = (
            stage("map", ["init"], {"v": from_init("values")}, body, zipped("v")),
            stage("end", ["map"], {"x": Selector("map", "out", **shape)}, packtivity()),
        )
        return [expanded(Workflow(stages), values=values).steps[-1].parameters["x"] for values in ([1], [1, 2])]

    assert selected() == [[["a", "b"]], [["a", "b"], ["a", "b"]]]
    assert selected(unwrap=True) == [["a", "b"], [["a", "b"], ["a", "b"]]]
    assert selected(flatten=True) == [["a", "b"], ["a", "b", "a", "b"]]


def test_output_may_be_a_json_path_with_one_match() -> None:
    body = packtivity(publisher=interpolated({"deep": {"list": ["x", "y"]}}))

    def picked(output: str) -> Expansion:
        follow = stage("b", ["a"], {"v": Selector("a", output, single=True)}, packtivity())
        return expanded(Workflow((stage("a", ["init"], {"i": 1}, body), follow)))

    assert picked("deep.list[1]").steps[-1].parameters == {"v": "y"}
    assert "ambiguous" in picked("deep.list[*]").problems[0].what
    assert "does not exist" in picked("shallow").problems[0].what


def test_declared_files_are_what_must_be_left() -> None:
    parameters = {"out": "{workdir}/sub/out.txt", "both": "{workdir}/a.txt,{workdir}/b.txt", "text": "plain"}
    publisher = interpolated({"file": "{out}", "both": "{both}", "text": "{text}", "all": "{workdir}"})
    step = expanded(one("a", parameters, packtivity("true", publisher))).steps[1]
    assert set(expected_outputs(step)) == {
        OutputPattern("sub/out.txt"),
        OutputPattern("a.txt"),
        OutputPattern("b.txt"),
        OutputPattern(".", required=False),
    }


def test_a_yaml_result_must_name_files_that_exist() -> None:
    workflow = one("a", {"v": 1}, packtivity("true", FromYamlPublisher("result.yml")))
    step = expanded(workflow).steps[1]
    document = {"files": ["/recast/run/a/x.txt"], "number": 3}
    with pytest.raises(SpecError, match=r"'x\.txt', but wrote no such file"):
        expanded(workflow).finish(expanded(workflow).steps[1], left("result.yml"), document)
    assert step.published is MISSING


def test_a_result_that_differs_from_what_was_published_before_is_an_error() -> None:
    expansion = expanded(one("a", {"v": 1}, packtivity()))
    step = expansion.steps[1]
    step.published = {"out": "else"}
    with pytest.raises(SpecError, match="one thing before it ran and another after"):
        expansion.finish(step, {})


def test_a_scatter_that_is_too_wide_is_refused() -> None:
    expansion = Expansion(map_reduce(), most_steps=10)
    expansion.start({"values": list(range(100))}, {})
    assert expansion.problems[0].code == "spec.too-many-steps"
