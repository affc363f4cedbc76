"""The graph as it is written: stages, and arrows along references and dependencies. Nothing is expanded."""

from __future__ import annotations

from recast.graph.model import ROOT, Drawing, Key
from recast.graph.sketch import Place, Sketch
from recast.spec.model import (
    Case,
    ContainerEnvironment,
    HostEnvironment,
    Packtivity,
    Selector,
    Stage,
    Workflow,
)
from recast.spec.paths import PathError, Segment, parse_path

__all__ = ["add_written", "detail_of", "link_written", "written_drawing"]


def written_drawing(workflow: Workflow, title: str) -> Drawing:
    """Draw a workflow as it is written; every box is open."""
    sketch = Sketch()
    sketch.slot(ROOT, "init")
    init = sketch.node(ROOT, "init", "init")
    init.kind, init.open = "init", 1
    init.waits_for["the inputs"] = None
    for stage in workflow.stages:
        add_written(sketch, ROOT, stage)
    for stage in workflow.stages:
        link_written(sketch, ROOT, stage)
    return sketch.freeze(title, "as written: without inputs, nothing is expanded")


def add_written(sketch: Sketch, scope: Key, stage: Stage) -> None:
    """Draw the boxes of a stage that has not expanded, those of its sub-workflows inside."""
    todo = [(scope, stage)]
    while todo:
        where, item = todo.pop()
        for body in _bodies(item):
            place = _written_box(sketch, where, item, body)
            place.each = ", ".join(item.scatter.parameters) if item.scatter else ""
            place.open = place.open or int(not place.count)
            if isinstance(body, Workflow):
                todo.extend((place.key, inner) for inner in body.stages)


def link_written(sketch: Sketch, scope: Key, stage: Stage) -> None:
    """Draw the arrows of a stage that has not expanded: from what it names, to its box or to init of its scope."""
    todo = [(scope, stage)]
    while todo:
        where, item = todo.pop()
        for target in list(sketch.slot(where, item.name)):
            end = target.key if target.slots is None else (*target.key, "init")
            for source in _sources(sketch, where, item):
                sketch.written[source, end] = None
        for body in _bodies(item):
            if isinstance(body, Workflow):
                inside = (*where, item.name + "/")
                todo.extend((inside, inner) for inner in body.stages)


def detail_of(body: object) -> str:
    """Say in a few words what a packtivity runs."""
    if not isinstance(body, Packtivity):
        return ""
    if isinstance(body.environment, ContainerEnvironment):
        return body.environment.reference
    if isinstance(body.environment, HostEnvironment) and body.process is not None:
        return "a process on the host"
    return "only publishes"


def _bodies(stage: Stage) -> list[object]:
    if isinstance(stage.body, tuple):
        return [case.body for case in stage.body if isinstance(case, Case)]
    return [stage.body]


def _written_box(sketch: Sketch, scope: Key, stage: Stage, body: object) -> Place:
    if not isinstance(body, Workflow):
        place = sketch.node(scope, stage.name, stage.name)
        place.detail = place.detail or detail_of(body)
        return place
    group = sketch.group(scope, stage.name, stage.name)
    init = sketch.node(group.key, "init", "init")
    init.kind, init.open = "init", int(not init.count)
    for inner in body.stages:
        sketch.slot(group.key, inner.name)
    return group


def _sources(sketch: Sketch, scope: Key, stage: Stage) -> list[Key]:
    """Return the boxes that a stage refers to or depends on; a group only if nothing inside it is meant already."""
    values = [*stage.parameters.values(), *stage.dependencies.expressions]
    paths = [value.path for value in values if isinstance(value, Selector)]
    paths += [path for path in stage.dependencies.expressions if isinstance(path, str)]
    keys = dict.fromkeys(place.key for path in paths for place in _named(sketch, scope, path))
    return [key for key in keys if not any(other[: len(key)] == key for other in keys if other != key)]


def _named(sketch: Sketch, scope: Key, path: str) -> list[Place]:
    try:
        segments: tuple[Segment, ...] | None = parse_path(path)
    except PathError:
        return []
    return _matched(sketch, scope, segments or ())


def _matched(sketch: Sketch, scope: Key, segments: tuple[Segment, ...]) -> list[Place]:
    """Return the boxes that a path means, in the deepest groups it names."""
    here = [sketch.places[scope]]
    for segment in segments:
        slots = [place.slots for place in here if place.slots is not None]
        here = [
            place
            for named in slots
            for name in (tuple(named) if "*" in segment.names else segment.names)
            for place in named.get(name, ())
        ]
    return here
