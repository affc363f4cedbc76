"""The graph as far as it is known: the steps of a run, existing or not, grouped into boxes.

One pass over the steps and one over the waiting stages, so the time is linear in the number of steps and edges.
"""

from __future__ import annotations

from collections.abc import Collection

from recast.engine import Engine, StepRun
from recast.errors import NotFound
from recast.graph.model import ROOT, Drawing, Key
from recast.graph.sketch import Place, Sketch
from recast.graph.written import add_written, detail_of, link_written
from recast.spec.model import Stage
from recast.workflow import Scope, Step

__all__ = ["known_drawing"]

EVERY_STAGE = "*"
MOST_OF_NAMES = 30


def known_drawing(
    engine: Engine, title: str, subtitle: str = "", *, expand: Collection[str] = (), states: bool = False
) -> Drawing:
    """Draw the state of an engine: one box per stage, with the number of its steps; open stages as written.

    `expand` names stages (`map`, or `map/fit` below another) whose steps or scopes get a box each; `*` means all. With
    `states` the boxes count the states of their steps.
    """
    gathering = _Gathering(engine, expand)
    for run in engine.runs.values():
        gathering.add(run, states)
    gathering.add_open_stages()
    gathering.check_expanded()
    return gathering.sketch.freeze(title, subtitle)


class _Gathering:
    """The sketch, and what is remembered so that each step is one look-up: its scope's group, its box."""

    def __init__(self, engine: Engine, expand: Collection[str]) -> None:
        self.engine = engine
        self.sketch = Sketch()
        self._expanded = {tuple(name.strip("/").split("/")) for name in expand}
        self._groups: dict[Scope, Key] = {}
        self._boxes: dict[Step, Place] = {}
        self._single: dict[tuple[Key, str], bool] = {}
        self._stages: dict[tuple[Key, str], Stage] = {}
        self._seen: set[tuple[Key, int]] = set()

    def check_expanded(self) -> None:
        """Raise NotFound for a name that no stage has."""
        for name in sorted(self._expanded - {(EVERY_STAGE,)}):
            if not any(_tail(key, len(name)) == name for key in self._stages):
                raise NotFound(
                    f"There is no stage {'/'.join(name)!r} to expand",
                    why=f"Stages: {', '.join(dict.fromkeys(stage for _, stage in self._stages))}.",
                    next_step="name a stage, or one below another as in map/fit",
                )

    def add(self, run: StepRun, states: bool) -> None:
        """Count a step in its box, and its edges under their arrows."""
        step = run.step
        name = step.stage.name if step.stage else "init"
        scope = self._group(step.scope)
        place = self.sketch.node(scope, name, self._name(scope, name, step.index))
        if not place.count:
            place.kind = "step" if step.stage else "init"
            place.detail = detail_of(step.packtivity) if step.stage else _names(step.parameters)
        place.count += 1
        if states:
            place.states["cached" if run.cached_from is not None else str(run.state)] += 1
        self._boxes[step] = place
        for other in step.depends_on:
            self.sketch.edges[self._boxes[other].key, place.key] += 1

    def add_open_stages(self) -> None:
        """Draw the stages that wait, then those that made no step."""
        before = {key for key in self._stages if self.sketch.slot(*key)}
        for rule in self.engine.expansion.rules:
            scope, name = self._group(rule.scope), rule.stage.name
            self._open(scope, name)
            for place in self.sketch.slot(scope, name):
                place.open += 1
                if rule.blocker is not None:
                    place.waits_for[_path(self._group(rule.blocker.scope), rule.blocker.name)] = None
        missing = [key for key in self._stages if key not in before]
        for key in missing:
            self._open(*key)
        self._note(missing)
        for key in missing:
            link_written(self.sketch, key[0], self._stages[key])

    def _note(self, missing: Collection[tuple[Key, str]]) -> None:
        """Say of stages that made no steps, and wait for nothing, why that is so."""
        expansion = self.engine.expansion
        skipped = {(self._group(record.scope), record.name): why for record, why in expansion.skipped.items()}
        otherwise = "cannot expand" if expansion.problems else "no steps"
        for key in missing:
            for place in self.sketch.slot(*key):
                if not place.waits_for:
                    place.note = f"skipped: {skipped[key]}" if key in skipped else otherwise

    def _open(self, scope: Key, name: str) -> None:
        """Draw a stage as it is written, unless it is there; how many scopes wait is counted by the caller."""
        if not self.sketch.slot(scope, name):
            add_written(self.sketch, scope, self._stages[scope, name])
            for place in self.sketch.slot(scope, name):
                place.open = 0

    def _group(self, scope: Scope) -> Key:
        """Return the key of the group that a scope is drawn in, with a slot for each of its stages."""
        key = self._groups.get(scope)
        if key is None:
            key = self._groups[scope] = self._counted(scope)
            if (key, id(scope.workflow)) not in self._seen:
                self._seen.add((key, id(scope.workflow)))
                self.sketch.slot(key, "init")
                for stage in scope.workflow.stages:
                    self._stages.setdefault((key, stage.name), stage)
                    self.sketch.slot(key, stage.name)
        return key

    def _counted(self, scope: Scope) -> Key:
        if scope.parent is None:
            return ROOT
        outer, stage = self._group(scope.parent.scope), scope.parent.name
        index = int(scope.pointer.rpartition("/")[2])
        place = self.sketch.group(outer, stage, self._name(outer, stage, index))
        place.count += 1
        return place.key

    def _name(self, scope: Key, stage: str, index: int) -> str:
        """Return the name of a box: the stage's, or that of the instance where a multiple stage is expanded."""
        single = self._single.get((scope, stage))
        if single is None:
            single = self._single[scope, stage] = self._wanted(scope, stage)
        return f"{stage}[{index}]" if single else stage

    def _wanted(self, scope: Key, name: str) -> bool:
        stage = self._stages.get((scope, name))
        if stage is None or (stage.scatter is None and stage.jq is None):
            return False
        return any(wanted in ((EVERY_STAGE,), _tail((scope, name), len(wanted))) for wanted in self._expanded)


def _names(parameters: object) -> str:
    """Return the first names of the inputs, as many as fit on a line, and how many more there are."""
    names = list(parameters) if isinstance(parameters, dict) else []
    shown = [name for at, name in enumerate(names) if not at or len(", ".join(names[: at + 1])) <= MOST_OF_NAMES]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _tail(key: tuple[Key, str], length: int) -> Key:
    """Return the last names of a stage's path, without the numbers of instances."""
    scope, name = key
    return (*(part.partition("[")[0].rstrip("/") for part in scope), name)[-length:]


def _path(scope: Key, name: str) -> str:
    return "/" + "".join(scope) + name
