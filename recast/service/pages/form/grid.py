"""The values of an axis, by a list or by from, to and how many of them. Pure."""

from __future__ import annotations

import re
from decimal import Context, Decimal, InvalidOperation

from recast.desk.cells import cell_of, is_alike, value_of
from recast.desk.points import MOST_POINTS
from recast.json_types import JsonValue, is_finite
from recast.service.pages.form.held import Axis

__all__ = ["BadAxis", "axis_of", "values_of"]

_BETWEEN = re.compile(r"[\s,;]+")
_EXACTLY = Context(prec=40)
_SHOWN = Context(prec=12)
_LARGEST_EXPONENT = 320


class BadAxis(ValueError):
    """An axis whose values cannot be made out; `part` is the field that is wrong."""

    def __init__(self, part: str, words: str) -> None:
        super().__init__(words)
        self.part = part


def values_of(axis: Axis) -> list[JsonValue]:
    """Return the values of an axis; raise BadAxis."""
    stepped = {part: text for part in ("start", "stop", "number") if (text := getattr(axis, part).strip())}
    if axis.values.strip():
        if stepped:
            raise BadAxis("values", "say its values as a list, or by from, to and how many; not both")
        return _listed(axis.values)
    for part, words in (("start", "from"), ("stop", "to"), ("number", "how many values")):
        if part not in stepped:
            raise BadAxis(part, f"`{words}` is missing; or give a list of values")
    return _stepped(_decimal("start", axis.start), _decimal("stop", axis.stop), _number(axis.number))


def axis_of(name: str, values: list[JsonValue]) -> Axis:
    """Return an axis that has these values in a list; `values_of` reads it."""
    plain = ", ".join(map(cell_of, values))
    same = values and "[" not in plain and is_alike(_listed(plain), values)
    return Axis(name, values=plain if same else cell_of(values))


def _listed(text: str) -> list[JsonValue]:
    if text.lstrip().startswith("["):
        found = value_of(text)
        if not isinstance(found, list):
            raise BadAxis("values", "a list in brackets is JSON, such as [100, 200]")
        return found
    values = [value_of(cell) for cell in _BETWEEN.split(text.strip(" \t\n,;"))]
    if len(values) > MOST_POINTS:
        raise BadAxis("values", f"these are {len(values)} values, more than {MOST_POINTS}")
    return values


def _stepped(start: Decimal, stop: Decimal, number: int) -> list[JsonValue]:
    if number == 1 and start != stop:
        raise BadAxis("number", "one value is both the first and the last: from and to differ")
    return [_plain(_between(start, stop, place, number)) for place in range(number)]


def _between(start: Decimal, stop: Decimal, place: int, number: int) -> Decimal:
    """Return a value by its place; both ends are exactly what was said."""
    if place in (0, number - 1):
        return stop if place else start
    step = _EXACTLY.divide(_EXACTLY.multiply(stop - start, Decimal(place)), Decimal(number - 1))
    return _SHOWN.plus(_EXACTLY.add(start, step))


def _plain(value: Decimal) -> int | float:
    whole = float(value).is_integer() and abs(value) < Decimal(10) ** 15
    return int(value) if whole else float(value)


def _decimal(part: str, text: str) -> Decimal:
    try:
        found = Decimal(text.strip().upper().replace("D", "E"))
    except InvalidOperation:
        raise BadAxis(part, f"{text.strip()!r:.40} is not a number") from None
    if not found.is_finite() or abs(found.adjusted()) > _LARGEST_EXPONENT or not is_finite(float(found)):
        raise BadAxis(part, "it is not a finite number")
    return found


def _number(text: str) -> int:
    number = value_of(text)
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number <= MOST_POINTS:
        raise BadAxis("number", f"it is a whole number from 1 to {MOST_POINTS}")
    return number
