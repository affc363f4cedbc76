"""The context of a rule: a scope, a stage in it, and the positions of values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from recast.json_types import JsonValue
from recast.spec.findings import Finding
from recast.spec.model import Case, Packtivity, Position, Selector, Stage, Workflow
from recast.spec.references import Node

__all__ = ["INIT", "Link", "Scope", "StageView", "packtivities", "sub_workflows"]

INIT = "init"
"""The stage that every scope starts with; its result is the parameters passed to the scope."""


@dataclass(frozen=True)
class Scope:
    """One workflow as called from one place; `inputs` are the outputs of its `init`, None if not known (the root)."""

    workflow: Workflow
    nodes: Mapping[Position, Node] = field(repr=False)
    inputs: frozenset[str] | None = None

    @cached_property
    def stages(self) -> dict[str, Stage]:
        """Return the stages by name; the first of one name."""
        return {stage.name: stage for stage in reversed(self.workflow.stages)}

    def view(self, name: str) -> StageView:
        """Return the stage of a name."""
        return self._views_by_name[name]

    @cached_property
    def _views_by_name(self) -> dict[str, StageView]:
        return {view.stage.name: view for view in reversed(self.views)}

    @cached_property
    def views(self) -> tuple[StageView, ...]:
        """Return all stages, in the order of the file."""
        return tuple(StageView(self, stage) for stage in self.workflow.stages)

    @cached_property
    def registered(self) -> frozenset[str]:
        """Return the names of the values that stages register."""
        return frozenset(key for stage in self.workflow.stages for key in stage.register_values)

    @cached_property
    def paths_to_inner_inits(self) -> frozenset[str]:
        """Return the paths that may lead to the `init` of a sub-workflow; found once, not once a stage."""
        return frozenset(link.path for view in self.views for link in view.links if INIT in link.path) - {INIT}

    def inside(self, stage: Stage, workflow: Workflow) -> Scope:
        """Return the scope of a sub-workflow as a stage of this one calls it."""
        inputs = None if stage.jq is not None else frozenset(stage.parameters)
        return Scope(workflow, self.nodes, inputs)


@dataclass(frozen=True)
class Link:
    """One reference of a stage to others: a dependency, a parameter or a registered value."""

    kind: Literal["dependency", "parameter", "value"]
    path: str
    position: Position
    selector: Selector | None = None


@dataclass(frozen=True)
class StageView:
    """One stage in its scope."""

    scope: Scope
    stage: Stage

    def at(self, *path: JsonValue) -> Position:
        """Return where the value at a path below the stage is written, or the last on the way that exists."""
        assert self.stage.position is not None
        return self.scope.nodes[self.stage.position].deepest(*path).position

    def at_parameter(self, name: str) -> Position:
        """Return where a parameter is written, in either spelling."""
        assert self.stage.position is not None
        parameters = self.scope.nodes[self.stage.position].deepest("scheduler", "parameters")
        if isinstance(parameters.value, dict):
            return parameters.deepest(name).position
        items = parameters.elements() if isinstance(parameters.value, list) else iter(())
        return next((item.position for item in items if item.value.get("key") == name), parameters.position)

    def in_packtivity(self, packtivity: Packtivity, *path: JsonValue) -> Position:
        """Return where a part of a packtivity is written."""
        assert packtivity.position is not None
        return self.scope.nodes[packtivity.position].deepest(*path).position

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """Return all places where the stage names others."""
        return tuple(self._links())

    def _links(self) -> Iterator[Link]:
        for index, expression in enumerate(self.stage.dependencies.expressions):
            position = self.at("dependencies", index)
            if isinstance(self.scope.nodes[self.stage.position].value.get("dependencies"), dict):  # type: ignore[index]
                position = self.at("dependencies", "expressions", index)
            if isinstance(expression, str):
                yield Link("dependency", expression, position)
            elif isinstance(expression, Selector):
                yield Link("dependency", expression.path, position, expression)
        for name, value in self.stage.parameters.items():
            if isinstance(value, Selector):
                yield Link("parameter", value.path, value.position or self.at_parameter(name), value)
        for name, value in self.stage.register_values.items():
            if isinstance(value, Selector):
                yield Link("value", value.path, self.at("scheduler", "register_values", name), value)

    def found(
        self,
        code: str,
        what: str,
        position: Position | None = None,
        *,
        why: str = "",
        next_step: str = "",
        severity: Literal["error", "warning", "note"] = "error",
        excerpt: str = "",
    ) -> Finding:
        """Return a finding, at the stage itself if no position is given; `excerpt` finds the very line in a script."""
        return Finding(f"spec.{code}", what, position or self.at("name"), why, next_step, severity, excerpt)


def packtivities(stage: Stage) -> tuple[Packtivity, ...]:
    """Return what the steps of a stage may run: one packtivity, or one for each case."""
    return tuple(body for body in _bodies(stage) if isinstance(body, Packtivity))


def sub_workflows(stage: Stage) -> tuple[Workflow, ...]:
    """Return the sub-workflows that a stage may start."""
    return tuple(body for body in _bodies(stage) if isinstance(body, Workflow))


def _bodies(stage: Stage) -> Iterator[Packtivity | Workflow]:
    if isinstance(stage.body, tuple):
        yield from (case.body for case in stage.body if isinstance(case, Case))
    elif stage.body is not None:
        yield stage.body
