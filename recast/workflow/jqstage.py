"""A jq-stage: jq programs select steps of the scope and compute parameter sets from their results.

The programs see references in place of results (`{"$wflowpointer": {"step": ID, "result": POINTER}}`), so that the
edges of the DAG are known; the values are inserted before the last program, `postscript`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from recast.errors import SpecError
from recast.json_types import JsonDict, JsonValue
from recast.spec.model import JqScheduler, Selector, Stage
from recast.workflow.graph import MISSING, Scope, StageRecord, Step
from recast.workflow.paths import parse_path
from recast.workflow.programs import Jq, first
from recast.workflow.select import Traced

__all__ = ["parameter_sets", "unfinished"]

_REFERENCE, _POINTER, _NODE = "$wflowref", "$wflowpointer", "_nodeid"


def unfinished(scope: Scope, stage: Stage, jq: Jq) -> StageRecord | None:
    """Return the record of a step that the bindings select and that has no result yet, None if all have one."""
    index, steps = _index(scope, stage)
    chosen = [_nodes(found, index, jq, stage) for found in _references(_plan(stage).bindings)]
    waiting = (steps[name] for name in _names(chosen) if name in steps)
    return next((step.record for step in waiting if step.published is MISSING), None)


def parameter_sets(scope: Scope, stage: Stage, jq: Jq) -> list[JsonValue]:
    """Return the parameter sets, their references as traced values; raise SpecError if the programs produce none."""
    index, steps = _index(scope, stage)
    where = stage.where

    def results(reference: JsonDict) -> JsonValue:
        program = _texts(reference, where)[1]
        return _replaced(
            _nodes(reference, index, jq, stage), _NODE, lambda node: jq(program, _pointers(steps[node[_NODE]]))
        )

    bound = _replaced(_plan(stage).bindings, _REFERENCE, results)
    sets = first(jq, _plan(stage).stepscript, bound, where)
    if not isinstance(sets, list):
        raise SpecError(
            f"The stepscript of {stage.name!r} does not return a list of parameter sets",
            code="spec.jq-stage",
            where=where,
            why=f"It gives {sets!r:.200}",
            next_step="end it with a list, for example [.] for a single step",
        )
    return [_replaced(item, _POINTER, lambda pointer: _followed(pointer, steps, where)) for item in sets]


def _index(scope: Scope, stage: Stage) -> tuple[JsonDict, dict[str, Step]]:
    """Return the stages that the stage may see as yadage's index of steps, and these steps by id."""
    steps: dict[str, Step] = {}

    def entry(item: Step | Scope) -> JsonDict:
        if isinstance(item, Step):
            steps[item.id] = item
            return {_NODE: item.id}
        below = {name: [entry(each) for each in record.items] for name, record in item.records.items() if record.items}
        return {"_offset": item.pointer, **below}

    seen = {name: scope.records[name] for name in _upstream(scope, stage)}
    return {name: [entry(each) for each in record.items] for name, record in seen.items() if record.items}, steps


def _upstream(scope: Scope, stage: Stage) -> list[str]:
    """Return init and all stages that the stage waits for, directly or through others, in the order of the file.

    Other stages may or may not have run, so a program's view of them would differ between runs.
    """
    stages = {other.name: other for other in scope.workflow.stages}
    needed, todo = {"init"}, [stage]
    while todo:
        names = {name for head in _heads(todo.pop()) for name in head} & stages.keys() - needed
        needed |= names
        todo += [stages[name] for name in names]
    return [name for name in scope.records if name in needed]


def _heads(stage: Stage) -> Iterator[tuple[str, ...]]:
    paths = [value for value in stage.dependencies.expressions if isinstance(value, str)]
    references = [*stage.dependencies.expressions, *stage.parameters.values()]
    paths += [value.path for value in references if isinstance(value, Selector)]
    return (parse_path(path)[0].names for path in paths)


def _references(bindings: JsonValue) -> list[JsonValue]:
    found: list[JsonValue] = []
    _replaced(bindings, _REFERENCE, found.append)
    return found


def _nodes(reference: JsonDict, index: JsonDict, jq: Jq, stage: Stage) -> list[JsonValue]:
    return jq(_texts(reference, stage.where)[0], index)


def _names(chosen: JsonValue) -> list[str]:
    found: list[JsonValue] = []
    _replaced(chosen, _NODE, lambda node: found.append(node[_NODE]))
    return [name for name in found if isinstance(name, str)]


def _texts(reference: JsonDict, where: str) -> tuple[str, str]:
    programs = reference[_REFERENCE]
    if isinstance(programs, list) and len(programs) == 2 and all(isinstance(text, str) for text in programs):
        return programs[0], programs[1]
    raise SpecError(
        f"{_REFERENCE} is {programs!r:.80}, and must be two jq programs",
        code="spec.jq-stage",
        where=where,
        next_step="write ['.STAGE[]', '.OUTPUT']: which steps, and what of their results",
    )


def _pointers(step: Step) -> JsonValue:
    """Return the result of a step with references in place of leaves; null and false are not leaves, as in yadage."""

    def pointer(value: JsonValue, path: str) -> JsonValue:
        if isinstance(value, dict):
            return {key: pointer(item, f"{path}/{_escaped(key)}") for key, item in value.items()}
        if isinstance(value, list):
            return [pointer(item, f"{path}/{i}") for i, item in enumerate(value)]
        return value if value is None or value is False else {_POINTER: {"step": step.id, "result": path}}

    return pointer(step.published, "")


def _followed(reference: JsonDict, steps: dict[str, Step], where: str) -> Traced:
    try:
        step, path = steps[reference[_POINTER]["step"]], reference[_POINTER]["result"]
        value = step.published
        for part in path.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            value = value[int(key)] if isinstance(value, list) else value[key]
    except (LookupError, TypeError, ValueError, AttributeError):
        raise SpecError(
            f"{_POINTER} points to nothing: {reference[_POINTER]!r:.200}",
            code="spec.jq-stage",
            where=where,
            next_step="use references from the bindings unchanged",
        ) from None
    return Traced(value, step)


def _replaced(value: Any, key: str, change: Callable[[Any], Any]) -> Any:
    """Return a value with every map that has a key replaced."""
    if isinstance(value, dict):
        return change(value) if key in value else {name: _replaced(item, key, change) for name, item in value.items()}
    return [_replaced(item, key, change) for item in value] if isinstance(value, list) else value


def _plan(stage: Stage) -> JqScheduler:
    assert stage.jq is not None, f"{stage.name} is not a jq-stage"
    return stage.jq


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
