"""Workflows made at random: all of the language, and some nonsense."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from recast.spec.model import (
    BatchSize,
    Case,
    ConstantPublisher,
    Dependencies,
    FromGlobPublisher,
    FromJqPublisher,
    FromParametersPublisher,
    FromYamlPublisher,
    HostEnvironment,
    InterpolatedPublisher,
    JqScheduler,
    NoopEnvironment,
    Packtivity,
    Process,
    Scatter,
    Selector,
    Stage,
    ValueReference,
    Workflow,
)

__all__ = ["INPUTS", "workflows"]


def mostly(sense: st.SearchStrategy[Any], nonsense: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw sense, and nonsense once in thirty times."""
    return st.integers(0, 29).flatmap(lambda dice: nonsense if dice == 17 else sense)


KEYS = ("x", "y")
"""The parameters of every stage, and the outputs of most steps."""

INPUTS: dict[str, Any] = {"x": [1, 2], "y": "text"}

VALUES = st.one_of(
    st.integers(0, 3),
    mostly(st.sampled_from(["text", "*.txt", "a.txt"]), st.sampled_from(["{workdir}/a.txt", "{workdir}"])),
    st.lists(st.integers(0, 3), min_size=1, max_size=3),
)
LISTS = mostly(st.lists(st.integers(0, 3), min_size=2, max_size=2), st.sampled_from([[], [1], "text"]))
PUBLISHERS = mostly(
    st.sampled_from(
        [
            FromParametersPublisher({"x": "x", "y": "y"}),
            ConstantPublisher({"x": [7, 8], "y": 0}),
            InterpolatedPublisher({"x": "{x}", "y": ["{workdir}/a.txt"]}),
            InterpolatedPublisher({"x": "{workdir}/*.txt", "y": 1}, glob=True),
            FromGlobPublisher("x", "*.txt"),
            FromJqPublisher("{x: .x, y: [.y]}"),
            FromJqPublisher(".", glob=True, relative_paths=True),
        ]
    ),
    st.sampled_from([FromParametersPublisher({"x": "nothing"}), FromYamlPublisher("result.yml")]),
)
CONDITIONS = mostly(st.sampled_from([".x == 1", "true", "false", ".y"]), st.just("nonsense("))
ONE_A_VALUE = '.r[0][0] | if type == "array" then map({x: ., y: 0}) else [{x: ., y: 1}] end'
PROGRAMS = mostly(st.sampled_from([ONE_A_VALUE, "[{x: 1, y: 2}]"]), st.sampled_from(["[]", "{}", "error"]))
FLAGS = st.booleans()


def packtivities() -> st.SearchStrategy[Packtivity]:
    environments = st.sampled_from([HostEnvironment(), HostEnvironment(), NoopEnvironment(), None])
    good = st.sampled_from([Process("command", "echo {x} {y}"), None])
    processes = mostly(good, st.just(Process("command", "echo {z}")))
    return st.builds(Packtivity, processes, environments, PUBLISHERS)


def references(names: list[str]) -> st.SearchStrategy[Any]:
    deep = [f"{name}[*].s0" for name in names]
    paths = mostly(st.sampled_from(["init", *names]), st.sampled_from([*deep, "unknown"]))
    outputs = mostly(st.sampled_from(KEYS), st.sampled_from([None, "x[0]", "z"]))
    selectors = st.builds(Selector, paths, outputs, st.just(False), FLAGS, FLAGS)
    return mostly(selectors, st.builds(ValueReference, st.sampled_from(["v", "w"])))


@st.composite
def stages(draw: Any, names: list[str], depth: int) -> Stage:
    """A stage after those named, with a body of at most this many levels of sub-workflows."""
    reference = references(names)
    kind = draw(st.sampled_from(["single", "single", "scatter", "jq"]))
    parameters = {key: draw(LISTS if kind == "scatter" else st.one_of(VALUES, reference)) for key in KEYS}
    simple = packtivities()
    body = draw(st.one_of(simple, workflows(depth - 1)) if depth else simple)
    if draw(st.integers(0, 5)) == 0:
        body = tuple(Case(draw(CONDITIONS), draw(simple)) for _ in range(draw(st.integers(1, 2))))
    after = draw(st.lists(st.sampled_from(["init", *names]), max_size=2, unique=True))
    dependencies = Dependencies(expressions=tuple(after))
    if draw(st.integers(0, 5)) == 0:
        dependencies = Dependencies("expressions_fulfilled", (draw(reference),))
    return Stage(
        name=f"s{len(names)}",
        dependencies=dependencies,
        parameters={} if kind == "jq" else parameters,
        body=body,
        scatter=draw(scatters()) if kind == "scatter" else None,
        jq=JqScheduler({"r": {"$wflowref": [".init[]", ".x"]}}, draw(PROGRAMS)) if kind == "jq" else None,
        discover=draw(FLAGS),
        relative=draw(FLAGS),
        register_values={"v": draw(reference)} if draw(st.integers(0, 3)) == 0 else {},
    )


def scatters() -> st.SearchStrategy[Scatter]:
    grouping = st.one_of(st.none(), st.builds(BatchSize, st.sampled_from(["batch", "partition"]), st.integers(1, 3)))
    names = mostly(st.sampled_from([("x",), ("x", "y")]), st.just(("z",)))
    return st.builds(Scatter, mostly(st.sampled_from(["zip", "cartesian"]), st.just("zipp")), names, grouping)


@st.composite
def workflows(draw: Any, depth: int = 2) -> Workflow:
    """A workflow of up to four stages, some of them sub-workflows."""
    made: list[Stage] = []
    for _ in range(draw(st.integers(0, 4))):
        made.append(draw(stages([stage.name for stage in made], depth)))
    return Workflow(tuple(made))
