"""All faults of inputs, each with its location, what was found, and what is allowed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from recast.counted import counted
from recast.errors import InputError
from recast.inputs.filevalue import BadFile, FilePlace, file_places, parse_file, with_values
from recast.inputs.schema import schema_at, with_defaults
from recast.inputs.wording import allowed_words, kind_words, shown
from recast.json_types import JsonObject, JsonValue
from recast.suggest import nearest

if TYPE_CHECKING:
    from jsonschema import ValidationError

__all__ = [
    "Fault",
    "fault_of_schema",
    "faults_of",
    "faults_of_many",
    "faults_of_places",
    "raise_faults",
    "schema_faults",
    "with_stand_ins",
]

MOST_SHOWN = 20
_POWER = re.compile(r"(?P<digits>[-+]?\d+\.?\d*)[eE](?P<power>[-+]?\d+)")


class Fault(NamedTuple):
    """One fault: the location as a JSON pointer, a clause about what is wrong, and what is allowed there."""

    pointer: str
    what: str
    allowed: str


def schema_faults(inputs: JsonObject, schema: JsonObject) -> Iterator[Fault]:
    """Yield the faults that a schema finds in inputs.

    An untrusted schema may hang: `recast.catalogue.judge_apart` isolates it.
    """
    yield from next(faults_of_many([inputs], schema))


def faults_of_many(many: Iterable[JsonObject], schema: JsonObject) -> Iterator[list[Fault]]:
    """Yield the faults that a schema finds in each of several inputs; the schema is prepared once."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match
    from referencing import Registry

    validator = Draft202012Validator(schema, registry=Registry())  # which fetches nothing that a `$ref` names
    for inputs in many:
        problems = (best_match(iter([problem])) or problem for problem in validator.iter_errors(inputs))
        yield [fault for problem in problems for fault in _told(problem, schema)]


def fault_of_schema(schema: JsonObject) -> str:
    """Return what is wrong with a JSON Schema (2020-12), or an empty string."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as problem:
        return f"{_pointer(problem.absolute_path) or '/'}: {problem.message}"
    return ""


Judge = Callable[[JsonObject, JsonObject], Iterable[Fault]]


def faults_of(inputs: JsonObject, schema: JsonObject, judge: Judge = schema_faults) -> list[Fault]:
    """Return all faults of inputs, ordered by location; only the form of files is checked.

    `judge` evaluates the schema.
    """
    places = file_places(schema, inputs)
    return _together(faults_of_places(places), judge(with_stand_ins(inputs, schema, places), schema))


def faults_of_places(places: Iterable[FilePlace]) -> list[Fault]:
    """Return the faults in the form of files."""
    return [fault for place in places if (fault := _of_file(place)) is not None]


def with_stand_ins(inputs: JsonObject, schema: JsonObject, places: Iterable[FilePlace]) -> JsonObject:
    """Return what the schema is applied to: inputs with defaults, and names in place of files."""
    return with_values(with_defaults(inputs, schema), {place.keys: _stand_in(place) for place in places})


def _together(of_files: list[Fault], of_schema: Iterable[Fault]) -> list[Fault]:
    where = {fault.pointer for fault in of_files}
    return sorted({*of_files, *(fault for fault in of_schema if fault.pointer not in where)})


def raise_faults(faults: Iterable[Fault], whose: str, next_step: str = "") -> None:
    """Raise InputError with all faults of inputs for a version; do nothing if there is none.

    `next_step` is a more specific hint than the default.
    """
    found = list(faults)
    if not found:
        return
    step = next_step or f"recast show inputs {whose}   (what it takes, with examples)"
    if len(found) == 1:
        fault = found[0]
        what = f"The inputs do not fit {whose}: {fault.what}"
        raise InputError(what, where=f"inputs {fault.pointer or '/'}", why=fault.allowed, next_step=step)
    lines = [f"{fault.pointer or '/'}: {fault.what}. {fault.allowed}".strip() for fault in found[:MOST_SHOWN]]
    more = [f"and {len(found) - MOST_SHOWN} more"] if len(found) > MOST_SHOWN else []
    raise InputError(
        f"The inputs do not fit {whose} in {counted(len(found), 'place')}",
        where="inputs " + ", ".join(fault.pointer or "/" for fault in found[:MOST_SHOWN]),
        why="\n".join([*lines, *more]),
        next_step=step,
    )


def _of_file(place: FilePlace) -> Fault | None:
    try:
        parse_file(place.value)
    except BadFile as problem:
        return Fault(place.pointer, problem.what, f"Takes: {problem.allowed}.")
    return None


def _stand_in(place: FilePlace) -> str:
    """Return what the schema is applied to in place of a file: its name."""
    try:
        return parse_file(place.value).name
    except BadFile:
        return "file"


def _told(problem: ValidationError, root: JsonObject) -> Iterator[Fault]:
    keys = list(problem.absolute_path)
    pointer, schema = _pointer(keys), schema_at(root, keys)
    if problem.validator == "required":
        needed: JsonValue = problem.validator_value
        there: JsonValue = problem.instance
        for key in (key for key in needed if key not in there):
            yield Fault(f"{pointer}/{key}", f"{key!r} is missing", allowed_words(schema_at(root, [*keys, key])))
    elif problem.validator == "additionalProperties" and isinstance(problem.instance, Mapping):
        yield from _unknown(problem, pointer, schema)
    elif problem.validator == "type":
        found = (
            f"{shown(problem.instance)} is {_article(_kind_of(problem.instance))}, not {_article(kind_words(schema))}"
        )
        yield Fault(pointer, found + _as_yaml_has_it(problem.instance, schema), allowed_words(schema))
    else:
        yield Fault(pointer, _found(problem), allowed_words(schema))


def _as_yaml_has_it(value: JsonValue, schema: JsonObject) -> str:
    """Return how to write a number that YAML takes for a string: `1e-6` is a string, `1.0e-6` is a number."""
    match = _POWER.fullmatch(value) if isinstance(value, str) else None
    if match is None or "number" not in kind_words(schema):
        return ""
    sign = match["power"] if match["power"][0] in "+-" else f"+{match['power']}"
    return f"; YAML wants it as {match['digits']}{'' if '.' in match['digits'] else '.0'}e{sign}"


def _unknown(problem: ValidationError, pointer: str, schema: JsonObject) -> Iterator[Fault]:
    known = list(schema.get("properties", {}))
    patterns = list(schema.get("patternProperties", {}))
    given: JsonValue = problem.instance
    for key in given:
        if key in known or any(re.search(pattern, key) for pattern in patterns):
            continue
        near = nearest(str(key), known)
        hint = f"Did you mean {near!r}? " if near else ""
        yield Fault(
            f"{pointer}/{key}", f"there is no input {key!r}", f"{hint}It takes: {', '.join(known) or 'nothing'}"
        )


def _found(problem: ValidationError) -> str:
    """Return what was found, phrased for the keyword that refuses it."""
    value = problem.validator_value
    items = counted(value, "item") if isinstance(value, int) else ""
    clauses = {
        "minimum": f"is less than {value}",
        "maximum": f"is more than {value}",
        "exclusiveMinimum": f"is not more than {value}",
        "exclusiveMaximum": f"is not less than {value}",
        "multipleOf": f"is no multiple of {value}",
        "enum": "is none of the choices",
        "const": "is not the only value that is allowed",
        "pattern": f"does not fit the pattern {value}",
        "minItems": f"has fewer than {items}",
        "maxItems": f"has more than {items}",
        "uniqueItems": "holds something twice",
        "minLength": "is too short",
        "maxLength": "is too long",
    }
    clause = clauses.get(str(problem.validator))
    return f"{shown(problem.instance)} {clause}" if clause else problem.message[:300]


def _kind_of(value: JsonValue) -> str:
    kinds: dict[type, str] = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}
    return kind_words({"type": kinds.get(type(value), "object" if isinstance(value, Mapping) else "null")})


def _article(words: str) -> str:
    return words if words in ("nothing", "anything", "yes or no") else f"a {words}"


def _pointer(keys: Iterable[str | int]) -> str:
    return "".join(f"/{key}" for key in keys)
