"""Expected events and efficiencies as quantities: cutflows, yields, efficiencies."""

from __future__ import annotations

from collections.abc import Iterator

from recast.ci.compare.quantity import Bin, Quantity
from recast.ci.compare.reading.labels import clean, leaf
from recast.ci.compare.reading.numbers import count, number
from recast.json_types import JsonObject

__all__ = ["cutflow", "efficiency", "yields"]

_FEWEST_BINS = 3


def cutflow(row: JsonObject, base: str) -> Iterator[Quantity]:
    """Yield the events after each step: `BASE/STEP`."""
    steps = row["steps"]
    weights = [_weight(step) for step in steps]
    usual = next((weight for weight in weights if weight), None)
    for index, (step, weight) in enumerate(zip(steps, weights, strict=True)):
        yield Quantity(
            f"{base}/{leaf(step['name'])}",
            "sum",
            number(step["events"]),
            number(step.get("error")),
            count(step.get("raw")),
            unit="events",
            per_event=weight or usual,
            source=(-1, f"/steps/{index}/events"),
        )


def yields(row: JsonObject, base: str) -> Iterator[Quantity]:
    """Yield observed and background events, which are given, and the signal of each region: `BASE/REGION/signal`.

    Three or more regions `NAME/BIN` are a histogram of the signal too: `BASE/NAME/signal`.
    """
    for index, region in enumerate(row["regions"]):
        where, source = f"{base}/{clean(region['region'])}", f"/regions/{index}"
        for name in ("observed", "background", "background_error"):
            if name in region:
                value = number(region[name])
                yield Quantity(f"{where}/{name}", "given", value, unit="events", source=(-1, f"{source}/{name}"))
        if "signal" in region:
            value, error = number(region["signal"]), number(region.get("signal_error"))
            at = (-1, f"{source}/signal")
            yield Quantity(f"{where}/signal", "sum", value, error, unit="events", source=at)

    yield from _histograms(row, base)


def _histograms(row: JsonObject, base: str) -> Iterator[Quantity]:
    groups: dict[str, list[Bin]] = {}
    for region in row["regions"]:
        group, slash, name = str(region["region"]).rpartition("/")
        value, error = number(region.get("signal")), number(region.get("signal_error"))
        if slash and value is not None:
            groups.setdefault(clean(group), []).append(Bin(clean(name), value, error))
    for group, bins in groups.items():
        if len(bins) >= _FEWEST_BINS:
            yield Quantity(f"{base}/{group}/signal", "histogram", None, unit="events", bins=tuple(bins))


def efficiency(row: JsonObject, base: str) -> Iterator[Quantity]:
    """Yield acceptance times efficiency of each region: `BASE/REGION`."""
    for index, region in enumerate(row["regions"]):
        value, error = number(region["efficiency"]), number(region.get("error"))
        source = (-1, f"/regions/{index}/efficiency")
        yield Quantity(f"{base}/{clean(region['region'])}", "efficiency", value, error, source=source)


def _weight(step: JsonObject) -> float | None:
    """Return what one event counts, None without one."""
    raw, events = count(step.get("raw")), number(step["events"])
    return events / raw if raw and events is not None and events > 0.0 else None
