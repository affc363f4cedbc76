"""Recognise schemas that are fast to evaluate, even if untrusted.

A schema may hang its evaluation or exhaust memory: regular expressions with catastrophic backtracking (`^(a+)+$`),
cyclic references, nested choices. A plain schema has none of these; all others are evaluated in a separate process.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from recast.json_types import JsonObject, JsonValue

__all__ = ["is_plain", "is_plain_pattern"]

_DEEPEST = 16
_LONGEST_PATTERN = 200
_LONGEST_TEXT = 500
_MOST_TEXT = 50_000
_WORDS = frozenset({
    "$comment", "$defs", "$schema", "additionalProperties", "const", "default", "deprecated", "description", "enum",
    "examples", "exclusiveMaximum", "exclusiveMinimum", "format", "items", "maxItems", "maxLength", "maxProperties",
    "maximum", "minItems", "minLength", "minProperties", "minimum", "multipleOf", "pattern", "properties", "readOnly",
    "required", "title", "type", "uniqueItems", "writeOnly", "x-recast", "$ref", "allOf", "anyOf", "oneOf",
})  # fmt: skip
_ONE = re.compile(r"\\[dswDSWbBAZnt.\-+*?()\[\]{}^$/|_]|\[\^?[^\[\]\\]+\]|[^\\\[\](){}*+?|]")
_OPEN = re.compile(r"\((?:\?[:=!])?")
_TIMES = re.compile(r"\{(\d{1,4})(?:(,)(\d{0,4}))?\}|[*+?]")
_MOST_WAYS = 2000
_MOST_WAYS_UNBOUNDED = 4
_LOCAL = re.compile(r"#/\$defs/[^/~%]+")


def is_plain(schema: JsonValue, inputs: JsonValue = None) -> bool:
    """Return whether evaluating a schema for inputs takes negligible time; never True for long strings."""
    texts = [len(text) for text in _texts(inputs)]
    short = max(texts, default=0) <= _LONGEST_TEXT and sum(texts) <= _MOST_TEXT
    return short and isinstance(schema, Mapping) and _plain(schema, 0, inside_defs=False)


def is_plain_pattern(pattern: str) -> bool:
    """Return whether a regular expression has few ways to match a short text, so that it cannot backtrack for long.

    The ways of a sequence are multiplied, those of alternatives added. At most one repetition may be unbounded, and no
    group is repeated.
    """
    if len(pattern) > _LONGEST_PATTERN:
        return False
    try:
        ways, endless, position = _ways(pattern, 0, 0)
    except ValueError:
        return False
    return position == len(pattern) and endless <= 1 and ways <= (_MOST_WAYS_UNBOUNDED if endless else _MOST_WAYS)


def _ways(pattern: str, position: int, depth: int) -> tuple[int, int, int]:
    """Return the ways of alternatives from a position on, repetitions without an end, and where they end."""
    total, endless, row = 0, 0, 1
    while position < len(pattern) and pattern[position] != ")":
        if pattern[position] == "|":
            total, row, position = total + row, 1, position + 1
            continue
        ways, more, position = _piece(pattern, position, depth)
        row, endless = row * ways, endless + more
    return total + row, endless, position


def _piece(pattern: str, position: int, depth: int) -> tuple[int, int, int]:
    """Return ways, repetitions without an end, and the end of one character or group with what repeats it."""
    ways, endless, group = 1, 0, _OPEN.match(pattern, position)
    if group is not None and depth < _DEEPEST:
        ways, endless, position = _ways(pattern, group.end(), depth + 1)
        if pattern[position : position + 1] != ")":
            raise ValueError("a group without an end")
        position += 1
    elif (one := _ONE.match(pattern, position)) is not None:
        position = one.end()
    else:
        raise ValueError("something else")
    times = _TIMES.match(pattern, position)
    if times is None:
        return ways, endless, position
    if times[0] == "?":
        return ways + 1, endless, times.end()
    if group is not None:
        raise ValueError("a group that is repeated")
    if times[0] in "*+" or (times[2] and not times[3]):
        return ways, endless + 1, times.end()
    return ways * max(1, int(times[3] or times[1]) - int(times[1]) + 1), endless, times.end()


def _plain(schema: JsonObject, depth: int, *, inside_defs: bool) -> bool:
    if depth > _DEEPEST or not schema.keys() <= _WORDS:
        return False
    pattern, reference = schema.get("pattern", ""), schema.get("$ref")
    if not isinstance(pattern, str) or not is_plain_pattern(pattern):
        return False
    if reference is not None and (inside_defs or not isinstance(reference, str) or not _LOCAL.fullmatch(reference)):
        return False  # what references lead to holds none: no circles, no chains
    if "$defs" in schema and (depth or not isinstance(schema["$defs"], Mapping)):
        return False
    definitions = schema.get("$defs", {}).values()
    if not all(isinstance(it, Mapping) and _plain(it, depth + 1, inside_defs=True) for it in definitions):
        return False
    properties = schema.get("properties", {})
    inner = [*(properties.values() if isinstance(properties, Mapping) else [None])]
    inner += [schema[key] for key in ("items", "additionalProperties") if key in schema]
    for choices in (schema[key] for key in ("allOf", "anyOf", "oneOf") if key in schema):
        inner += choices if isinstance(choices, list) else [None]
    return all(
        isinstance(it, bool) or (isinstance(it, Mapping) and _plain(it, depth + 1, inside_defs=inside_defs))
        for it in inner
    )


def _texts(value: JsonValue) -> Iterator[str]:
    todo = [value]
    while todo:
        here = todo.pop()
        if isinstance(here, str):
            yield here
        elif isinstance(here, Mapping):
            todo += [*here.keys(), *here.values()]
        elif isinstance(here, (list, tuple)):
            todo += here
