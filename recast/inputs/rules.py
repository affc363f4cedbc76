"""Conditions on several inputs, beyond their schema: the `checks:` of an entry, in a small declarative language.

They are not code, so they are evaluated here, instantly, before there is a run or a container. docs/reference/checks.md
describes them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from recast.inputs.faults import Fault
from recast.inputs.part import BadDeclaration, Part
from recast.inputs.schema import followed, schema_at, with_defaults
from recast.json_types import JsonObject, JsonValue

__all__ = ["BadDeclaration", "Rule", "read_rules", "rule_faults", "unknown_inputs"]

_SHOWN = 3
_MAPS = ("complete", "not_zero")
_NOTHING: tuple[Any, ...] = (None, "", [], {})
_KINDS: dict[str, tuple[str, ...]] = {
    "any_of": (),
    "at_most_one": (),
    "length": ("is",),
    "same_length": (),
    "given": (),
    "with": (),
    "known": ("in",),
    "complete": (),
    "not_zero": (),
}
_BESIDE = ("is", "in", "of", "needs", "only_with", "why")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its kind, its inputs, and its parameters.

    `count` is a length, `file` one of the bundle with a point in each line, `needs` inputs of which one must be given,
    `where` the values that others must have, `keys` what a map must hold (nothing: all that its schema describes).
    """

    kind: str
    inputs: tuple[str, ...]
    count: int = 0
    file: str = ""
    needs: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    where: Mapping[str, tuple[Any, ...]] | None = None
    why: str = ""


def read_rules(value: JsonValue) -> tuple[Rule, ...]:
    """Return the rules in `checks:`; raise BadDeclaration, which names the position."""
    return tuple(_rule(part) for part in Part(value).items())


def rule_faults(
    rules: Collection[Rule], inputs: JsonObject, schema: JsonObject, points: Mapping[str, Collection[str]]
) -> list[Fault]:
    """Return the violations in inputs; `points` are the known ones by file of the bundle."""
    values, defaults = with_defaults(inputs, schema), with_defaults({}, schema)
    given = {key for key, value in values.items() if value not in _NOTHING and value != defaults.get(key)}
    found = [
        _of_map(rule, values, schema) if rule.kind in _MAPS else _fault(rule, values, given, points.get(rule.file, ()))
        for rule in rules
    ]
    return [fault for fault in found if fault is not None]


def declared_inputs(rule: Rule) -> set[str]:
    """Return the inputs that a rule names."""
    return {*(name.split("/")[0] for name in rule.inputs), *rule.needs, *(rule.where or {})}


def unknown_inputs(rule: Rule, schema: JsonObject) -> list[str]:
    """Return the inputs that a rule names and a schema does not have."""
    known = (followed(schema, schema) or {}).get("properties", {})
    return sorted(declared_inputs(rule) - set(known))


def _rule(part: Part) -> Rule:
    part.keys((*_KINDS, *_BESIDE))
    kinds = [key for key in part.value if key in _KINDS]
    if len(kinds) != 1:
        raise part.bad(f"a check is one of {', '.join(_KINDS)}")
    kind = kinds[0]
    for key in _KINDS[kind]:
        if key not in part.value:
            raise part.bad(f"a check `{kind}` needs `{key}`")
    if kind in ("given", "with") and not {"needs", "only_with"} & part.value.keys():
        raise part.bad(f"a check `{kind}` needs `needs` or `only_with`")
    where = part["with"] if kind == "with" else part["only_with"] if "only_with" in part.value else None
    return Rule(
        kind=kind,
        inputs=() if kind == "with" else _names(part[kind]),
        count=part.maybe("is", lambda it: it.whole(0, 1_000_000), 0),
        file=part.maybe("in", Part.text, ""),
        needs=part.maybe("needs", _names, ()),
        keys=part.maybe("of", _names, ()),
        where=None if where is None else {key: tuple(it.value for it in item.items()) for key, item in where.entries()},
        why=part.maybe("why", Part.text, ""),
    )


def _names(part: Part) -> tuple[str, ...]:
    return (part.text(),) if isinstance(part.value, str) else tuple(item.text() for item in part.items())


def _fault(rule: Rule, values: JsonObject, given: set[str], points: Collection[str]) -> Fault | None:
    first = rule.inputs[0] if rule.inputs else ""
    there = [name for name in rule.inputs if name in given]
    if rule.kind == "any_of":
        what = f"none of {_listed(rule.inputs, 'and')} is given" if not there else ""
        return _said(rule, "", what, f"Give one: {_listed(rule.inputs, 'or')}.")
    if rule.kind == "at_most_one":
        what = f"{_listed(tuple(there), 'and')} are given, and only one of them can be meant" if len(there) > 1 else ""
        return _said(rule, f"/{there[-1]}" if there else "", what, f"Give one of {_listed(tuple(there), 'or')}.")
    if rule.kind == "same_length":
        return _same_length(rule, values, there)
    if rule.kind == "with":
        holds = all(values.get(key) in choices for key, choices in (rule.where or {}).items())
        what = f"{_listed(rule.needs, 'or')} is missing" if holds and not given & set(rule.needs) else ""
        return _said(rule, f"/{rule.needs[0]}" if rule.needs else "", what, f"Needed with {_where(rule)}.")
    if not there:
        return None
    if rule.kind == "length":
        count = len(values[first]) if isinstance(values[first], list) else rule.count
        what = f"it has {count} item{'s' * (count != 1)}" if count != rule.count else ""
        return _said(rule, f"/{first}", what, f"Takes {rule.count}.")
    if rule.kind == "known":
        return _unknown_points(rule, values[first], points)
    return _beside(rule, first, values, given)


def _beside(rule: Rule, first: str, values: JsonObject, given: set[str]) -> Fault | None:
    """Check what else is required if an input is given."""
    if rule.needs and not given & set(rule.needs):
        what = f"{_listed(rule.needs, 'or')} is missing"
        return _said(rule, f"/{rule.needs[0]}", what, f"Needed with {first}.")
    for key, choices in (rule.where or {}).items():
        if values.get(key) not in choices:
            what = f"{first} is given, and {key} is {values.get(key)!r:.60}"
            return _said(rule, f"/{first}", what, f"It goes with {_where(rule)} only.")
    return None


def _same_length(rule: Rule, values: JsonObject, there: list[str]) -> Fault | None:
    lengths = {name: len(values[name]) for name in there if isinstance(values[name], list)}
    if len(set(lengths.values())) < 2:
        return None
    words = " and ".join(f"{name} has {count}" for name, count in lengths.items())
    return _said(rule, f"/{rule.inputs[-1]}", words, "Takes one for each.")


def _of_map(rule: Rule, values: JsonObject, schema: JsonObject) -> Fault | None:
    """Check maps that are given, by path (`yields`, `yields/A`): that they are complete, and not zero everywhere."""
    for path in rule.inputs:
        keys = path.split("/")
        here: JsonValue = values
        for key in keys:
            here = here.get(key) if isinstance(here, Mapping) else None
        if not isinstance(here, Mapping) or not here:
            continue
        if rule.kind == "not_zero":
            if not any(map(_any_number, here.values())):
                return _said(rule, f"/{path}", "it is 0 everywhere", "There is nothing to limit.")
            continue
        wanted = rule.keys or tuple(schema_at(schema, keys).get("properties", {}))
        if missing := [key for key in wanted if key not in here]:
            more = f" ({len(missing)} are)" if len(missing) > 1 else ""
            return _said(rule, f"/{path}/{missing[0]}", f"{missing[0]!r} is missing{more}", f"Needed in {path}.")
    return None


def _any_number(value: JsonValue) -> bool:
    """Return whether a number, or one of a list or map of them, is not zero."""
    todo = [value]
    while todo:
        here = todo.pop()
        if isinstance(here, (list, Mapping)):
            todo += here.values() if isinstance(here, Mapping) else here
        elif here:
            return True
    return False


def _unknown_points(rule: Rule, value: JsonValue, points: Collection[str]) -> Fault | None:
    if not isinstance(value, list):
        return None
    known = set(points)
    unknown = [point for point in value if isinstance(point, str) and point not in known]
    if not unknown:
        return None
    from recast.inputs.near import nearest_points

    more = f" (and {len(unknown) - 1} more)" if len(unknown) > 1 else ""
    near = ", ".join(nearest_points(unknown[0], points)[:_SHOWN])
    what = f"the published grid has no point {unknown[0]!r:.80}{more}"
    return _said(rule, f"/{rule.inputs[0]}/{value.index(unknown[0])}", what, f"The nearest are: {near}.")


def _said(rule: Rule, pointer: str, what: str, allowed: str) -> Fault | None:
    return Fault(pointer, what, f"{allowed} {rule.why}".strip()) if what else None


def _where(rule: Rule) -> str:
    return " and ".join(f"{key}={_listed(choices, 'or')}" for key, choices in (rule.where or {}).items())


def _listed(names: tuple[Any, ...], word: str) -> str:
    texts = [str(name) for name in names]
    return f" {word} ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else "".join(texts)
