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
    """Yield observed and expected numbers: `BASE/cls_obs`, `BASE/cls_exp/median`; and the region that was
    chosen, and whether the point is excluded.
    """
    published = row.get("published") or {}
    for stem, (kind, unit) in _NUMBERS.items():
        suffix = "_fb" if unit else ""
        observed, expected = f"{stem}_obs{suffix}", f"{stem}_exp{suffix}"
        if observed in row:
            error = _half(row.get("cls_obs_mc")) if stem == "cls" else None
            at = f"{base}/{observed}"
            theirs = _published(at, published.get(observed), published)
            yield Quantity(
                at, kind, number(row[observed]), error, unit=unit, published=theirs, source=(-1, f"/{observed}")
            )
        for index, (edge, value) in enumerate(zip(_EDGES, row.get(expected) or (), strict=False)):
            at = f"{base}/{expected}/{edge}"
            theirs = _published(at, _at(published.get(expected), index), published)
            source = (-1, f"/{expected}/{index}")
            yield Quantity(at, kind, number(value), unit=unit, published=theirs, source=source)
    if (region := row.get("point", {}).get("region")) is not None:
        yield Quantity(f"{base}/region", "word", None, text=clean(region), source=(-1, "/point/region"))
    words = "no verdict" if row.get("excluded") is None else "excluded" if row["excluded"] else "not excluded"
    yield Quantity(f"{base}/excluded", "exclusion", None, text=words, source=(-1, "/excluded"))


def with_signal_error(quantity: Quantity, relative: float) -> Quantity:
    """Return a limit or CLs with the error that a relative error of the signal gives it, if it has none of its own.

    An upper limit goes as 1 / signal. ln CLs is between linear and quadratic in the signal, so that the error of CLs is
    at most 2 CLs |ln CLs| times the signal's.
    """
    value = quantity.value
    if quantity.error is not None or value is None or not math.isfinite(value):
        return quantity
    if quantity.kind == "limit":
        error = abs(value) * relative
    elif quantity.kind == "cls" and 0.0 < value < 1.0:
        error = _STEEPEST * value * -math.log(value) * relative
    else:
        return quantity
    return replace(quantity, error=error, error_from=f"from the signal's Monte Carlo error of {100.0 * relative:.2g} %")


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
