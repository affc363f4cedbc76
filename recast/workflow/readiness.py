"""When a stage can expand: everything that it depends on and refers to must exist.

References are awaited, too, not only dependencies: in yadage this depends on timing.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, TypeAlias

from recast.errors import RecastError, SpecError
from recast.json_types import JsonValue
from recast.spec.model import Selector, Stage, ValueReference
from recast.workflow.graph import Scope, StageRecord
from recast.workflow.jqstage import unfinished
from recast.workflow.paths import Segment, parse_path
from recast.workflow.programs import Jq
from recast.workflow.select import plain, resolve, scope_of

__all__ = ["Skipped", "waits"]

_Waits: TypeAlias = Generator[StageRecord, None, tuple[int, str]]
"""Yields the records to wait for; returns how many instances matched, and why there are none if a stage is off."""


class Skipped(Exception):
    """A condition of the spec was false, so the stage will never run."""


def waits(scope: Scope, stage: Stage, jq: Jq) -> Iterator[StageRecord]:
    """Yield, one after the other, the records that must change before the stage can expand.

    Raises Skipped if a condition turns the stage off, SpecError if it waits for something that cannot exist.
    """
    conditional = stage.dependencies.kind == "expressions_fulfilled"
    for path in () if conditional else dict.fromkeys(stage.dependencies.expressions):
        count, skipped = yield from _path(scope, stage, path, parse_path(path))
        if not count:
            raise Skipped(skipped) if skipped else _no_steps(stage, path)
    conditions = stage.dependencies.expressions if conditional else ()
    yield from _references(scope, stage, [*conditions, *stage.parameters.values()])
    if not all(plain(resolve(scope, condition), {}) for condition in conditions):
        raise Skipped(f"a condition of stage {stage.name!r} is false")
    if stage.jq is not None:
        yield from _while(scope.records["init"], complete=True)
        while (record := unfinished(scope, stage, jq)) is not None:
            yield record


def _references(scope: Scope, stage: Stage, values: list[JsonValue]) -> Iterator[StageRecord]:
    """Wait for what selectors and registered values refer to."""
    for path in dict.fromkeys(value.path for value in values if isinstance(value, Selector)):
        yield from _path(scope, stage, path, parse_path(path))
    for value in values:
        if isinstance(value, ValueReference):
            yield from _registered(scope, stage, value, ())


def _path(scope: Scope, stage: Stage, path: str, tokens: tuple[Segment, ...]) -> _Waits:
    head, rest = tokens[0], tokens[1:]
    unknown = next((name for name in head.names if name != "*" and name not in scope.records), None)
    if unknown is not None:
        raise _unknown_stage(scope, stage, path, unknown)
    count, skipped = 0, ""
    for record in scope.named(head):
        yield from _while(record, complete=not rest)
        items = head.pick(record.items)
        if not items and record.items:
            raise _no_match(stage, path, f"{record.name!r} has {len(record.items)} instances, counted from 0")
        if record.skipped and record.items and not rest:
            raise Skipped(record.skipped)
        skipped = skipped or record.skipped
        count += 0 if rest else len(items)
        for item in items if rest else ():
            if not isinstance(item, Scope):
                raise _no_match(stage, path, f"{record.name!r} runs steps, not a sub-workflow")
            more, why = yield from _path(item, stage, path, rest)
            count, skipped = count + more, skipped or why
    return count, skipped


def _while(record: StageRecord, *, complete: bool) -> Iterator[StageRecord]:
    """Wait until a stage has expanded and, for `complete`, all its instances have results."""
    while not (record.complete if complete else record.expanded):
        yield record


def _registered(scope: Scope, stage: Stage, value: ValueReference, seen: tuple[Any, ...]) -> Iterator[StageRecord]:
    """Wait for the stage that registers a value, and for what that value refers to in turn."""
    if value.scope is not None:
        yield from _path(scope, stage, value.scope, parse_path(value.scope))
    target = scope_of(scope, value)
    if (target, value.key) in seen:
        raise _circle(stage, value)
    for other in target.workflow.stages:
        registered = other.register_values.get(value.key)
        if registered is None or (other is stage and target is scope):
            continue
        yield from _while(target.records[other.name], complete=False)
        if isinstance(registered, Selector):
            yield from _path(target, stage, registered.path, parse_path(registered.path))
        elif isinstance(registered, ValueReference):
            yield from _registered(target, stage, registered, (*seen, (target, value.key)))


def _no_steps(stage: Stage, path: str) -> RecastError:
    return SpecError(
        f"Stage {stage.name!r} depends on {path!r}, which has no steps",
        code="spec.no-steps",
        where=stage.where,
        why="It was scattered over an empty list; yadage would never run the stage, and report success.",
        next_step="give at least one value, or use 'cases' for what may be skipped",
    )


def _no_match(stage: Stage, path: str, why: str) -> RecastError:
    return SpecError(
        f"Stage {stage.name!r} refers to {path!r}, which matches nothing",
        code="spec.no-match",
        where=stage.where,
        why=f"{why}; yadage would never run the stage, and report success.",
        next_step="correct the path",
    )


def _unknown_stage(scope: Scope, stage: Stage, path: str, name: str) -> RecastError:
    return SpecError(
        f"Stage {stage.name!r} refers to {path!r}, but there is no stage {name!r}",
        code="spec.unknown-stage",
        where=stage.where,
        why=f"Stages of this scope: {', '.join(scope.records)}.",
        next_step="correct the name; yadage would never run the stage, and report success",
    )


def _circle(stage: Stage, value: ValueReference) -> RecastError:
    return SpecError(
        f"The registered value {value.key!r} refers to itself",
        code="spec.cycle",
        where=str(value.position or stage.position or stage.name),
        next_step="let it refer to the output of a stage",
    )
