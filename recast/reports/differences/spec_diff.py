"""Compare two workflows, stage by stage and key by key. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from recast.counted import counted
from recast.json_types import JsonValue
from recast.spec.model import Case, Packtivity, Stage, Workflow

__all__ = ["SpecChange", "spec_changes"]


@dataclasses.dataclass(frozen=True, slots=True)
class SpecChange:
    """A value that differs: the stage's path, the key below it, and both values (None: missing)."""

    stage: str
    key: str
    before: JsonValue
    after: JsonValue


def spec_changes(before: Workflow, after: Workflow) -> list[SpecChange]:
    """Return what differs; a new or missing stage has the key `stage`."""
    old, new = dict(_stages(before)), dict(_stages(after))
    found: list[SpecChange] = []
    for path in [*old, *(path for path in new if path not in old)]:
        if path not in new or path not in old:
            found.append(SpecChange(path, "stage", *(("there", None) if path in old else (None, "there"))))
        else:
            found.extend(SpecChange(path, key, *pair) for key, *pair in _differences(old[path], new[path], ""))
    return found


def _stages(workflow: Workflow) -> Iterator[tuple[str, Stage]]:
    """Yield all stages by path, including those of sub-workflows."""
    todo: list[tuple[str, Workflow]] = [("", workflow)]
    while todo:
        above, here = todo.pop(0)
        for stage in here.stages:
            path = f"{above}/{stage.name}"
            yield path, stage
            todo.extend((path, body) for body in _bodies(stage) if isinstance(body, Workflow))


def _bodies(stage: Stage) -> list[JsonValue]:
    if isinstance(stage.body, tuple):
        return [case.body for case in stage.body if isinstance(case, Case)]
    return [stage.body]


def _differences(before: JsonValue, after: JsonValue, key: str) -> Iterator[tuple[str, Any, JsonValue]]:
    """Yield (key, before, after) for what differs; nested workflows are compared by their own stages."""
    if isinstance(before, Workflow) and isinstance(after, Workflow):
        return
    if dataclasses.is_dataclass(before) and type(before) is type(after):
        for field in dataclasses.fields(before):
            if field.compare:
                name = "" if field.name == "body" else field.name
                pair = getattr(before, field.name), getattr(after, field.name)
                yield from _differences(*pair, f"{key}/{name}".rstrip("/"))
    elif isinstance(before, dict) and isinstance(after, dict):
        for name in [*before, *(name for name in after if name not in before)]:
            yield from _differences(before.get(name), after.get(name), f"{key}/{name}")
    elif before != after:
        yield key.strip("/") or "body", _plain(before), _plain(after)


def _plain(value: JsonValue) -> JsonValue:
    """Return a value as plain JSON."""
    if isinstance(value, Workflow):
        return f"a sub-workflow of {counted(len(value.stages), 'stage')}"
    if isinstance(value, Packtivity):
        return "a step"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {
            field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value) if field.compare
        }
        return {"is": type(value).__name__, **fields}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return {key: _plain(item) for key, item in value.items()} if isinstance(value, dict) else value
