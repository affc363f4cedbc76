"""What a limit can be drawn as: CLs, an upper limit on mu, or one on the cross section."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from recast.charts.contour import ALPHA
from recast.charts.spots import Spot, five, number
from recast.json_types import JsonObject
from recast.results.numbers import LEAST_CLS

__all__ = ["QUANTITIES", "Name", "Quantity", "quantity_of"]

Name = Literal["cls", "mu", "xsec"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """Keys of the observed and the expected values in a limit, label and unit of the axis, the value below which a
    point is excluded, and the value below which only a bound is drawn.
    """

    observed: str
    expected: str
    label: str
    unit: str = ""
    level: float | None = None
    floor: float | None = None

    def value(self, limit: JsonObject) -> float | None:
        """Return the observed value of a limit, None if it has none that a log axis can show."""
        found = number(limit.get(self.observed))
        return found if found is not None and (found > 0.0 or self.floor is not None) else None

    def band(self, limit: JsonObject) -> list[float] | None:
        """Return the five expected values, those below the floor at the floor; None if they cannot be drawn."""
        found = five(limit, self.expected)
        if found and self.floor is not None:
            return [max(value, self.floor) for value in found]
        return found if found and min(found) > 0.0 else None

    def known(self, value: float) -> float:
        """Return a value of a band, NaN if it is only known to be below it: no line is drawn through a bound."""
        return math.nan if self.floor is not None and value <= self.floor else value

    def is_in(self, limit: JsonObject) -> bool:
        """Return whether a limit has any of it."""
        return self.value(limit) is not None or self.band(limit) is not None


QUANTITIES: dict[Name, Quantity] = {
    "cls": Quantity("cls_obs", "cls_exp", "CL_{s} at μ = 1", level=ALPHA, floor=LEAST_CLS),
    "mu": Quantity("mu_ul_obs", "mu_ul_exp", "Upper limit on μ at 95% CL", level=1.0),
    "xsec": Quantity("xsec_ul_obs_fb", "xsec_ul_exp_fb", "Upper limit on σ at 95% CL", "fb"),
}


def quantity_of(spots: Sequence[Spot]) -> Name:
    """Return the first quantity of which any point has an observed value, else an expected one."""
    limits = [spot.limit for spot in spots if spot.limit is not None]
    for name, quantity in QUANTITIES.items():
        if any(number(limit.get(quantity.observed)) is not None for limit in limits):
            return name
    return next((name for name, it in QUANTITIES.items() if any(it.is_in(limit) for limit in limits)), "cls")
