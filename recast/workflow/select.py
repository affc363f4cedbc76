"""Resolve references: a selector in a scope becomes a traced value."""

from __future__ import annotations

from dataclasses import dataclass

from recast.errors import SpecError
from recast.json_types import JsonValue
from recast.spec.model import Position, Selector, ValueReference
from recast.workflow.graph import Scope, Step
from recast.workflow.paths import parse_path

__all__ = ["Traced", "has_leaf", "plain", "resolve", "scope_of"]


@dataclass(frozen=True, slots=True)
class Traced:
    """A value taken from the result of one step."""

    value: JsonValue
    origin: Step


def has_leaf(value: JsonValue) -> bool:
    """Return whether a value contains a scalar other than null and false.

    References are created with jq's `paths(scalars)` in yadage, which skips null and false; so a value without any such
    leaf creates no edge.
    """
    if isinstance(value, dict):
        return any(has_leaf(item) for item in value.values())
    if isinstance(value, list):
        return any(has_leaf(item) for item in value)
    return value is not None and value is not False


def plain(value: JsonValue, origins: dict[Step, None]) -> JsonValue:
    """Return the value without traces; add the steps that it refers to, in order, to `origins`."""
    if isinstance(value, Traced):
        if value.origin not in origins and has_leaf(value.value):
            origins[value.origin] = None
        return value.value
    if isinstance(value, list):
        return [plain(item, origins) for item in value]
    if isinstance(value, dict):
        return {key: plain(item, origins) for key, item in value.items()}
    return value


def resolve(scope: Scope, value: JsonValue) -> JsonValue:
    """Resolve a parameter of a stage: selectors and registered values are followed, other values are kept."""
    if isinstance(value, Selector):
        return _select(scope, value)
    if isinstance(value, ValueReference):
        return _registered(scope_of(scope, value), value.key, value.position)
    return value


def _select(scope: Scope, selector: Selector) -> JsonValue:
    found = list(scope.select(parse_path(selector.path)))
    if selector.single:
        if len(found) != 1:
            raise SpecError(
                f"'step: {selector.path}' matches {len(found)} steps, and must match one",
                code="spec.reference-count",
                where=str(selector.position or ""),
                why="'step' is the value of exactly one step.",
                next_step="write 'stages:' instead of 'step:' to get a list over all of them",
            )
        return _output(found[0], selector)
    combined: list[JsonValue] = []
    for item in found:
        value = _output(item, selector)
        if selector.flatten and isinstance(value, Traced) and isinstance(value.value, list):
            combined.extend(Traced(element, value.origin) for element in value.value)
        elif selector.flatten and isinstance(value, list):
            combined.extend(value)
        else:
            combined.append(value)
    return combined[0] if selector.unwrap and len(combined) == 1 else combined


def _output(item: JsonValue, selector: Selector) -> JsonValue:
    if isinstance(item, Scope):
        return _registered(item, selector.output, selector.position)
    return Traced(_pick(item, selector), item)


def _pick(step: Step, selector: Selector) -> JsonValue:
    """Return the part of a step's result that `output` names: a key, else a JSONPath with exactly one match."""
    result, output = step.published, selector.output
    if not output or output == "$":
        return result
    if isinstance(result, dict) and output in result:
        return result[output]
    matches = _json_path(output, result)
    if len(matches) == 1:
        return matches[0]
    names = ", ".join(map(str, result)) if isinstance(result, dict) else type(result).__name__
    raise SpecError(
        f"Output {output!r} of step {step.id} {'is ambiguous' if matches else 'does not exist'}",
        code="spec.reference-output",
        where=str(selector.position or step.id),
        why=f"The step publishes: {names or 'nothing'}.",
        next_step="use one of these names as 'output'",
    )


def _json_path(expression: str, document: JsonValue) -> list[JsonValue]:
    from jsonpath_ng.exceptions import JSONPathError
    from jsonpath_ng.parser import parse

    try:
        return [match.value for match in parse(expression).find(document)]
    except JSONPathError:
        return []


def _registered(scope: Scope, key: str | None, position: Position | None) -> JsonValue:
    if key is None or key not in scope.values:
        raise SpecError(
            f"Scope {scope.pointer or '/'} registers no value {key!r}",
            code="spec.reference-value",
            where=str(position or ""),
            why=f"Registered there: {', '.join(scope.values) or 'nothing'}.",
            next_step=f"refer to a step inside (for example '{scope.pointer.split('/')[1:2]}[*].<stage>'), "
            "or register the value with 'register_values' in the sub-workflow",
        )
    return resolve(scope, scope.values[key])


def scope_of(scope: Scope, reference: ValueReference) -> Scope:
    """Return the scope in which a reference looks for its value; raise SpecError unless it is exactly one."""
    if reference.scope is None:
        return scope
    found = [item for item in scope.select(parse_path(reference.scope)) if isinstance(item, Scope)]
    if len(found) != 1:
        raise SpecError(
            f"'scope: {reference.scope}' matches {len(found)} scopes, and must match one",
            code="spec.reference-count",
            where=str(reference.position or ""),
        )
    return found[0]
