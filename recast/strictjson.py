"""Untrusted JSON, parsed so that its values are safe to traverse, show and write afterwards.

Python's own parser accepts what JSON does not have (NaN, 1e999 as infinity), integers that no float is as large as,
lone surrogates (`\\ud800`) that cannot be encoded, and nesting so deep that traversing the value raises a
RecursionError.
"""

from __future__ import annotations

import json
import re
from typing import NoReturn

from recast.json_types import JsonValue, is_finite, is_not_finite

__all__ = ["MOST_DEPTH", "parse_json"]

MOST_DEPTH = 100
"""The deepest nesting allowed: a CycloneDX SBOM or a pyhf workspace reaches 12."""

_SMALL = 300
"""An integer of fewer characters is finite."""
_LONGEST_INTEGER = 400
"""Longer than any finite one; reading takes a time that grows with the square of the length."""
_LONGEST_SHOWN = 40

_HALF = re.compile(r"\\u[dD][89a-fA-F]")


def parse_json(content: bytes | str) -> JsonValue:
    """Return the value of a JSON document in UTF-8; raise ValueError, with an explanation, for anything else.

    All numbers are finite (`is_finite`), all strings can be encoded as UTF-8, and nesting is at most `MOST_DEPTH` deep.
    """
    text = content if isinstance(content, str) else content.decode("utf-8-sig")
    text.encode()
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_float, parse_int=_integer)
    except RecursionError:
        raise ValueError(f"it is nested more than {MOST_DEPTH} deep") from None
    if text.count("[") + text.count("{") > MOST_DEPTH:
        _check_depth(value)
    if _HALF.search(text):  # surrogate pairs are single characters by now
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _check_depth(value: JsonValue) -> None:
    level = [value]
    for _ in range(MOST_DEPTH):
        level = [
            child
            for item in level
            if isinstance(item, (dict, list))
            for child in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return
    raise ValueError(f"it is nested more than {MOST_DEPTH} deep")


def _float(text: str) -> float:
    number = float(text)
    return number if is_finite(number) else _refuse(text)


def _integer(text: str) -> int:
    if len(text) < _SMALL:  # nearly all of them
        return int(text)
    number = int(text) if len(text) <= _LONGEST_INTEGER else None
    if number is None or is_not_finite(number):
        _refuse(text)
    return number


def _refuse(text: str) -> NoReturn:
    shown = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}... ({len(text)} characters)"
    raise ValueError(f"{shown} is not a number that can be calculated with")
