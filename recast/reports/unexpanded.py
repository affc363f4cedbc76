"""The steps that unexpanded stages will make, as far as they are known. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from recast.engine import Engine
from recast.json_types import JsonDict, JsonValue
from recast.spec.model import BatchSize, Packtivity, Selector, Stage, Workflow
from recast.spec.paths import PathError, parse_path
from recast.workflow import MISSING, Scope, Step

__all__ = ["open_stages"]


def open_stages(engine: Engine) -> list[JsonDict]:
    """Return the stages that have not expanded: `stage`, `waits_for` (as pointers), and what each `makes`, as text."""
    return [
        {
            "stage": f"{rule.scope.pointer}/{rule.stage.name}",
            "waits_for": f"{rule.blocker.scope.pointer}/{rule.blocker.name}" if rule.blocker else "",
            "makes": _makes(rule.scope, rule.stage),
        }
        for rule in engine.expansion.rules
    ]


def _makes(scope: Scope, stage: Stage) -> str:
    if isinstance(stage.body, Packtivity):
        one, many = "step", "steps"
    elif isinstance(stage.body, Workflow):
        one, many = "sub-workflow", "sub-workflows"
    else:
        return "what its conditions select"
    if stage.jq is not None:
        return f"as many {many} as its jq program says"
    if stage.scatter is None:
        return f"1 {one}"
    lengths = [_length(scope, stage.parameters.get(name)) for name in stage.scatter.parameters]
    known = [_grouped(length, stage.scatter.grouping) for length in lengths if length is not None]
    if stage.scatter.method == "zip" and known:
        count = known[0]
    elif len(known) == len(lengths):
        count = _product(known)
    else:
        return f"one {one} for each of {', '.join(stage.scatter.parameters)}"
    return f"{count:,} {one if count == 1 else many}"


def _length(scope: Scope, value: JsonValue) -> int | None:
    """Return the length of a scattered list if it is known: written in the spec, or already published."""
    if isinstance(value, list):
        return len(value)
    if not isinstance(value, Selector) or value.flatten:
        return None
    items = _matched(scope, value.path)
    if items is None:
        return None
    if not (value.single or (value.unwrap and len(items) == 1)):
        return len(items)
    result = items[0].published if len(items) == 1 and isinstance(items[0], Step) else MISSING
    found = result.get(value.output) if isinstance(result, dict) else result
    return len(found) if isinstance(found, list) else None


def _matched(scope: Scope, path: str) -> Sequence[JsonValue] | None:
    """Return what a path matches, None if that may still grow."""
    try:
        segments = parse_path(path) or ()
    except PathError:
        return None
    if len(segments) != 1 or not all(record.expanded for record in scope.named(segments[0])):
        return None
    return list(scope.select(segments))


def _grouped(length: int, grouping: BatchSize | None) -> int:
    if grouping is None:
        return length
    return -(-length // grouping.size) if grouping.kind == "batch" else min(grouping.size, length)


def _product(counts: Sequence[int]) -> int:
    total = 1
    for count in counts:
        total *= count
    return total
