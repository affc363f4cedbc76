"""Engines and drawings for the tests of pictures."""

from __future__ import annotations

from typing import Any

from recast.engine import Engine, Policy, RunPlan
from recast.engine.events import RunCreated
from recast.graph import Drawing, Node, known_drawing
from recast.spec.model import Selector, Workflow
from tests.workflow.specs import GLOBBED, from_init, packtivity, stage, writes_file, zipped

HOSTILE = "</text><script>alert(1)</script>\"'`\\;{}[]|%%\n-->end #quot; <!-- ]]> \u202e\x00\ud800"


def engine_of(workflow: Workflow, **inputs: Any) -> Engine:
    """A run that was created, and in which no job has run yet."""
    engine = Engine(RunPlan("r", workflow, inputs, inputs), Policy(allow_host_process=True))
    engine.handle(RunCreated(0.0, "r"))
    return engine


def box(drawing: Drawing, *key: str) -> Node:
    """The box with this key."""
    return next(node for node in drawing.root.nodes() if node.key == key)


def nested() -> Workflow:
    """A scatter of sub-workflows of two stages, and a reduce over their results."""
    inner = Workflow(
        (
            stage("fit", ["init"], {"value": from_init("value")}, packtivity("fit {value}")),
            stage("plot", ["fit"], {"fit": Selector("fit", "out", single=True)}, packtivity("plot {fit}")),
        )
    )
    return Workflow(
        (
            stage("map", ["init"], {"value": from_init("values")}, inner, zipped("value")),
            stage("reduce", ["map"], {"all": Selector("map[*].plot", "out")}, packtivity("reduce {all}")),
        )
    )


def waiting() -> Workflow:
    """A stage whose result is known only after it has run, and two that wait for it, one with a sub-workflow."""
    inner = Workflow((stage("use", ["init"], {"file": from_init("file")}, packtivity("use {file}")),))
    return Workflow(
        (
            stage("make", ["init"], {}, packtivity("make", GLOBBED)),
            stage("each", ["make"], {"file": Selector("make", "files", single=True)}, inner, zipped("file")),
            stage("last", ["each"], {"all": Selector("each[*].use", "out")}, packtivity("last {all}")),
        )
    )


def diamonds(count: int) -> Workflow:
    """Diamonds in a row: 2^count paths, 3 * count stages."""
    stages, before = [], "init"
    for number in range(count):
        left, right, join = f"left{number}", f"right{number}", f"join{number}"
        value = {"x": Selector(before, "out", single=True)}
        both = {"x": Selector(left, "out", single=True), "y": Selector(right, "out", single=True)}
        stages += [stage(left, [before], value, packtivity()), stage(right, [before], value, packtivity())]
        stages.append(stage(join, [left, right], both, packtivity()))
        before = join
    return Workflow(tuple(stages))


def hostile() -> Drawing:
    """A run whose names try to break out of every form."""
    body = writes_file()
    names = [HOSTILE, HOSTILE + "2"]
    workflow = Workflow(
        (
            stage(names[0], ["init"], {"out": from_init("values")}, body, zipped("out")),
            stage(names[1], ["init"], {"out": "{workdir}/x"}, body),
        )
    )
    return known_drawing(engine_of(workflow, values=[1, 2]), HOSTILE, HOSTILE)
