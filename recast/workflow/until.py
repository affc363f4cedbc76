"""A workflow that ends with one of its stages: that stage, and everything that it needs. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from recast.errors import NotFound
from recast.spec.model import Selector, Stage, ValueReference, Workflow
from recast.suggest import did_you_mean
from recast.workflow.paths import parse_path

__all__ = ["ended"]


def ended(workflow: Workflow, name: str | None) -> Workflow:
    """Return the workflow without the stages that stage `name` does not need; unchanged for None.

    It needs what it depends on or refers to, and what these need. Raises NotFound if there is no such stage.
    """
    if name is None:
        return workflow
    stages = {stage.name: stage for stage in workflow.stages}
    if name not in stages:
        raise NotFound(
            f"The workflow has no stage {name!r}",
            where="--until",
            why="Stages inside sub-workflows are selected through the stage that contains them.",
            next_step=did_you_mean(name, stages, what="stages"),
        )
    needed, todo = {name}, [stages[name]]
    while todo:
        new = {other for other in _named(todo.pop(), workflow) if other in stages} - needed
        needed |= new
        todo += [stages[other] for other in new]
    return replace(workflow, stages=tuple(stage for stage in workflow.stages if stage.name in needed))


def _named(stage: Stage, workflow: Workflow) -> Iterator[str]:
    """Yield the names of the stages that a stage mentions; `*` is all of them."""
    references = (*stage.dependencies.expressions, *stage.parameters.values(), *stage.register_values.values())
    paths = [path for path in stage.dependencies.expressions if isinstance(path, str)]
    paths += [value.path for value in references if isinstance(value, Selector)]
    for value in references:
        if isinstance(value, ValueReference):
            paths += [value.scope] if value.scope is not None else []
            yield from (other.name for other in workflow.stages if value.key in other.register_values)
    for path in paths:
        for name in parse_path(path)[0].names:
            yield from (other.name for other in workflow.stages) if name == "*" else (name,)
