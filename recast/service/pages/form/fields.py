"""What a version takes, as fields: each input with its kind, unit, bounds and choices. Schemas are strangers'. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from recast.desk.cells import cell_of
from recast.inputs.schema import followed
from recast.inputs.wording import bounds_words, kind_words, unit_of
from recast.json_types import JsonDict, JsonObject
from recast.service.pages.shape import compact, cut, mapping, text

__all__ = ["Example", "InputField", "examples_of", "fields_of"]

_MOST_FIELDS, _MOST_CHOICES, _MOST_EXAMPLES = 60, 40, 12
_LONGEST_NAME, _LONGEST_VALUE = 100, 200
_BROKEN = (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class InputField:
    """An input: `takes` says in words what it may be; `choices` are the cells to choose from, if they are few."""

    name: str
    takes: str = ""
    unit: str = ""
    is_file: bool = False
    needed: bool = False
    default: str = ""
    example: str = ""
    choices: tuple[str, ...] = ()
    about: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """An example of a version: inputs to begin with."""

    name: str
    about: str
    inputs: JsonDict


def fields_of(schema: JsonObject) -> tuple[InputField, ...]:
    """Return the inputs of a schema, those that are needed first; none of one that is no schema."""
    try:
        root = mapping(followed(schema, schema))
        needed = {name for name in root.get("required", ()) if isinstance(name, str)}
        parts = islice(mapping(root.get("properties")).items(), _MOST_FIELDS)
    except _BROKEN:
        return ()
    found = [_field(name, part, schema, name in needed) for name, part in parts if len(name) <= _LONGEST_NAME]
    return tuple(sorted(found, key=lambda it: not it.needed))


def _field(name: str, part: object, root: JsonObject, needed: bool) -> InputField:
    try:
        schema = followed(part, root) or {}
        bounds = bounds_words(schema)
        return InputField(
            name,
            cut(f"{kind_words(schema)}{f', {bounds}' if bounds else ''}", _LONGEST_VALUE),
            cut(unit_of(schema), 40),
            schema.get("format") == "file",
            needed,
            _cell(schema["default"]) if "default" in schema else "",
            next((_cell(it) for it in schema.get("examples", ())[:1]), ""),
            tuple(_choices(schema)),
            cut(" ".join(text(schema.get("description") or schema.get("title"), 600).split()), 400),
        )
    except _BROKEN:
        return InputField(name, "what it takes cannot be read", needed=needed)


def _choices(schema: JsonObject) -> Iterator[str]:
    many = [True, False] if schema.get("type") == "boolean" else schema.get("enum")
    if isinstance(many, list) and 0 < len(many) <= _MOST_CHOICES:
        yield from (cell_of(it) for it in many if len(cell_of(it)) <= _LONGEST_VALUE)


def _cell(value: object) -> str:
    return compact(cell_of(value), _LONGEST_VALUE)


def examples_of(version: JsonObject) -> tuple[Example, ...]:
    """Return the examples of a version that have inputs."""
    found = list(mapping(version.get("examples")).items())[:_MOST_EXAMPLES]
    read = [(cut(name, 100), mapping(it)) for name, it in found]
    return tuple(Example(name, text(it.get("description"), 300), mapping(it.get("inputs"))) for name, it in read)
