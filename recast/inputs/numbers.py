"""Numbers in usual and Fortran notation, which YAML 1.1 reads as strings or as other numbers.

`1e-3` and `1.3D-2` are strings in YAML 1.1; `0400` is 256 and `1:30` is 90, which is never intended in an input.
"""

from __future__ import annotations

import math
import re

import yaml

from recast.errors import InputError
from recast.inputs.schema import schema_at
from recast.json_types import JsonDict, JsonObject, JsonValue

__all__ = ["as_numbers", "number_in", "refuse_odd_bases"]

_NUMBER = re.compile(r"([+-]?(?:[0-9]{1,300}\.?[0-9]{0,300}|\.[0-9]{1,300}))(?:[EeDd]([+-]?[0-9]{1,4}))?", re.ASCII)
_OCTAL = re.compile(r"[+-]?0[0-7_]*[0-7]")
_SIXTIES = re.compile(r"[+-]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_DEEPEST = 8


def as_numbers(inputs: JsonObject, schema: JsonObject) -> JsonDict:
    """Return inputs with numbers where the schema takes numbers and no texts, and a text is one."""
    return {key: _as_number(value, schema, (key,)) for key, value in inputs.items()}


def number_in(text: str) -> float | None:
    """Return the number that a text is, None if it is none."""
    found = _NUMBER.fullmatch(text)
    number = math.inf if found is None else float(found[1] if found[2] is None else f"{found[1]}e{found[2]}")
    return number if math.isfinite(number) else None


def _as_number(value: JsonValue, schema: JsonObject, place: tuple[str | int, ...]) -> JsonValue:
    if isinstance(value, list) and len(place) < _DEEPEST:
        return [_as_number(item, schema, (*place, index)) for index, item in enumerate(value)]
    if isinstance(value, dict) and len(place) < _DEEPEST:
        return {key: _as_number(item, schema, (*place, key)) for key, item in value.items()}
    number = number_in(value) if isinstance(value, str) else None
    if number is None:
        return value
    types = schema_at(schema, place).get("type")
    kinds = set(types if isinstance(types, list) else [types])
    if not kinds & {"number", "integer"} or "string" in kinds:
        return value
    return int(number) if number.is_integer() and abs(number) < 1e15 and "number" not in kinds else number


def refuse_odd_bases(text: bytes | str, where: str) -> None:
    """Raise InputError for a number that YAML 1.1 reads to the base of 8 or 60; the text is YAML that was read before.

    `0400` is refused because it would mean 256.
    """
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if not isinstance(event, yaml.ScalarEvent) or not event.implicit[0] or len(event.value) > 100:
            continue
        base = 8 if _OCTAL.fullmatch(event.value) else 60 if _SIXTIES.fullmatch(event.value) else 0
        if base:
            raise InputError(
                f"YAML reads {event.value} to the base of {base}, as {_read(event.value, base)}",
                where=where if event.start_mark is None else f"{where}, line {event.start_mark.line + 1}",
                why="It is hardly what is meant, so it is refused.",
                next_step=f"write the number without the 0 in front, or a text in quotes: '{event.value}'"
                if base == 8
                else f"write one number, or a text in quotes: '{event.value}'",
            )


def _read(text: str, base: int) -> JsonValue:
    return int(text.replace("_", ""), 8) if base == 8 else yaml.safe_load(text)
