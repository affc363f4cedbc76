"""CLs and upper limits as quantities, with what the Monte Carlo error of the signal means for them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from recast.ci.compare.quantity import Published, Quantity
from recast.ci.compare.reading.labels import clean
from recast.ci.compare.reading.numbers import number
from recast.json_types import JsonObject, JsonValue

__all__ = ["limit", "with_signal_error"]

_EDGES = ("minus2sigma", "minus1sigma", "median", "plus1sigma", "plus2sigma")
_NUMBERS = {"cls": ("cls", ""), "mu_ul": ("limit", ""), "xsec_ul": ("limit", "fb")}
_STEEPEST = 2.0


def limit(row: JsonObject, base: str) -> Iterator[Quantity]:
    """Yield observed and expected numbers: `BASE/cls_obs`, `BASE/cls_exp/median`; and the region that was chosen, and
    whether the point is excluded.
    """
    for stem, (kind, unit) in _NUMBERS.items():
        suffix = "_fb" if unit else ""
        yield from _observed(row, base, f"{stem}_obs{suffix}", kind, unit)
        yield from _expected(row, base, f"{stem}_exp{suffix}", kind, unit)
    if (region := row.get("point", {}).get("region")) is not None:
        yield Quantity(f"{base}/region", "word", None, text=clean(region), source=(-1, "/point/region"))
    words = "no verdict" if row.get("excluded") is None else "excluded" if row["excluded"] else "not excluded"
    yield Quantity(f"{base}/excluded", "exclusion", None, text=words, source=(-1, "/excluded"))


def _observed(row: JsonObject, base: str, name: str, kind: str, unit: str) -> Iterator[Quantity]:
    if name not in row:
        return
    published = row.get("published") or {}
    at, value = f"{base}/{name}", number(row[name])
    error, origin = (_half(row.get("cls_obs_mc")), "") if kind == "cls" else (None, "")
    if error is None:
        error, origin = _of_toys(row, kind, value)
    theirs = _published(at, published.get(name), published)
    yield Quantity(at, kind, value, error, unit=unit, error_from=origin, published=theirs, source=(-1, f"/{name}"))


def _expected(row: JsonObject, base: str, name: str, kind: str, unit: str) -> Iterator[Quantity]:
    published = row.get("published") or {}
    for index, (edge, cell) in enumerate(zip(_EDGES, row.get(name) or (), strict=False)):
        at, value = f"{base}/{name}/{edge}", number(cell)
        error, origin = _of_toys(row, kind, value)
        theirs = _published(at, _at(published.get(name), index), published)
        source = (-1, f"/{name}/{index}")
        yield Quantity(at, kind, value, error, unit=unit, error_from=origin, published=theirs, source=source)


def _of_toys(row: JsonObject, kind: str, value: float | None) -> tuple[float | None, str]:
    """Return the binomial error of a CLs that is a share of pseudo-experiments, and what it is from."""
    toys = row.get("toys")
    if kind != "cls" or not toys or value is None or not 0.0 < value < 1.0:
        return None, ""
    return math.sqrt(value * (1.0 - value) / toys), f"from {toys:,} pseudo-experiments"


def with_signal_error(quantity: Quantity, relative: float) -> Quantity:
    """Return a limit or CLs with the error that a relative error of the signal gives it, if it states none itself.

    An upper limit goes as 1 / signal. ln CLs is between linear and quadratic in the signal, so that the error of CLs is
    at most 2 CLs |ln CLs| times the signal's.
    """
    value = quantity.value
    if (quantity.error is not None and not quantity.error_from) or value is None or not math.isfinite(value):
        return quantity
    if quantity.kind == "limit":
        error = abs(value) * relative
    elif quantity.kind == "cls" and 0.0 < value < 1.0:
        error = _STEEPEST * value * -math.log(value) * relative
    else:
        return quantity
    words = f"from the signal's Monte Carlo error of {100.0 * relative:.2g} %"
    origin = f"{quantity.error_from} and {words}" if quantity.error_from else words
    return replace(quantity, error=math.hypot(error, quantity.error or 0.0), error_from=origin)


def _half(edges: JsonValue) -> float | None:
    """Return the error from a value with the signal one error down and up."""
    values = [number(edge) for edge in edges or ()]
    known = [value for value in values if value is not None]
    return 0.5 * abs(known[1] - known[0]) or None if len(known) == 2 else None


def _at(values: JsonValue, index: int) -> JsonValue:
    """Return one of five published values; a single one is the median."""
    if isinstance(values, (list, tuple)):
        return values[index] if index < len(values) else None
    return values if _EDGES[index] == "median" else None


def _published(pointer: str, value: JsonValue, published: JsonObject) -> Published | None:
    known = number(value)
    return None if known is None else Published(pointer, known, source=str(published.get("source", "")))
