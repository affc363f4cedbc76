"""What one result says about another of the same run: numbers of events, the size of the sample, errors."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import replace

from recast.ci.compare.quantity import Quantity
from recast.ci.compare.reading.limits import with_signal_error
from recast.ci.compare.reading.numbers import number
from recast.json_types import JsonObject

__all__ = ["with_counts", "with_sample", "with_signal_errors"]

_EQUAL = 1e-6
_LARGEST = 1e15
"""Most events of a sample: an error that asks for more is none."""
_OF_SIGNAL = ("cls_", "mu_ul", "xsec_ul")
"""How columns of a table begin that depend on the signal."""


def with_counts(found: Sequence[Quantity]) -> list[Quantity]:
    """Return quantities of which yields and efficiencies know the number of events behind them.

    It is that of the last step of their region's cutflow, if the relative errors say that it is the same sum.
    """
    last: dict[str, Quantity] = {}
    for one in found:
        if one.kind == "sum" and one.raw is not None:
            last[_region(one)] = one
    return [_with_count(one, last.get(_region(one))) for one in found]


def with_sample(found: Sequence[Quantity]) -> list[Quantity]:
    """Return quantities that know how many events were generated, where that follows from an efficiency.

    The square of an efficiency's error is `e (1 - e) / N`. Without efficiencies the first count of a cutflow stands for
    the sample, and is called so.
    """
    sizes = [
        size
        for one in found
        if one.kind == "efficiency" and one.value and one.error and 0.0 < one.value < 1.0
        if 1.0 <= (size := one.value * (1.0 - one.value) / one.error / one.error) <= _LARGEST
    ]
    first = next((one.raw for one in found if one.raw), None)
    if sizes:
        size, words = round(statistics.median(sizes)), "generated events"
    elif first is not None:
        size, words = first, "events before the first cut"
    else:
        return list(found)
    return [one if one.kind in ("given", "word") else replace(one, generated=size, sample=words) for one in found]


def with_signal_errors(found: Sequence[Quantity], results: Sequence[JsonObject]) -> list[Quantity]:
    """Return quantities of which limits have the error that the signal's Monte Carlo error gives them.

    The signal is that of the limit's point (`signal_events`, `signal_error`), or that of its region in the yields.
    """
    shares = {
        index: share
        for index, row in enumerate(results)
        if row["type"] == "limit" and (share := _of_point(row) or _of_region(row, results)) is not None
    }
    return [_with_share(one, shares.get(one.source[0]), results) for one in found]


def _with_share(one: Quantity, share: float | None, results: Sequence[JsonObject]) -> Quantity:
    if share is None and one.pointer.rpartition("/")[2].startswith(_OF_SIGNAL):
        share = _of_region({"point": {"region": one.pointer.split("/")[-2]}}, results)  # a table's row
    return one if share is None else with_signal_error(one, share)


def _region(one: Quantity) -> str:
    """Return the region of an event count by its pointer; the run is the same for all."""
    parts = one.pointer.split("/")
    return parts[-1] if one.kind == "efficiency" else parts[-2] if len(parts) > 1 else ""


def _with_count(one: Quantity, step: Quantity | None) -> Quantity:
    if step is None or one.raw is not None or one.kind not in ("sum", "efficiency") or not (one.value and step.value):
        return one
    if not (one.error and step.error):
        return one
    shares = one.error / one.value, step.error / step.value
    if not abs(shares[0] - shares[1]) <= _EQUAL * abs(shares[1]):  # NaN is no equality
        return one
    per_event = one.value / step.raw if step.raw else None
    return replace(one, raw=step.raw, per_event=per_event)


def _of_point(row: JsonObject) -> float | None:
    point = row.get("point") or {}
    return _share(number(point.get("signal_events")), number(point.get("signal_error")))


def _of_region(row: JsonObject, results: Sequence[JsonObject]) -> float | None:
    """Return the relative error of the signal in a limit's region: of the region, or of the sum of its bins."""
    region = (row.get("point") or {}).get("region")
    tables = [one for one in results if one["type"] == "yields"]
    if not region or not tables:
        return None
    names = [one for one in tables if _same_point(one, row)] or (tables if len(tables) == 1 else [])
    rows = [each for one in names for each in one["regions"] if _inside(str(each["region"]), str(region))]
    signals = [(number(each.get("signal")), number(each.get("signal_error"))) for each in rows]
    known = [(signal, error) for signal, error in signals if signal is not None and error is not None]
    if not known or len(known) < len(signals):
        return None
    return _share(math.fsum(s for s, _ in known), math.sqrt(math.fsum(e * e for _, e in known)))


def _inside(name: str, region: str) -> bool:
    return name == region or name.startswith(f"{region}/")


def _same_point(one: JsonObject, limit: JsonObject) -> bool:
    own, other = one.get("point") or {}, limit.get("point") or {}
    if own.get("name") or other.get("name"):
        return bool(own.get("name") == other.get("name"))
    return bool(own) and all(other.get(key) == value for key, value in own.items() if key != "region")


def _share(signal: float | None, error: float | None) -> float | None:
    if signal is None or error is None or not (signal > 0.0 and error > 0.0 and math.isfinite(error / signal)):
        return None
    return min(error / signal, 1.0)
