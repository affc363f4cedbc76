"""The measured spectra of pairs of electrons and muons, and what the detector does to a pair: resolution, efficiency.

Numbers: ATLAS, arXiv:1903.06248 (HEPData ins1725190), as collected by ZPEED (arXiv:1912.06374). `efficiency_x_kfactor`
is acceptance x efficiency x the ratio of higher orders to leading order, as a function of the mass of the pair, so
generated events are weighted with it and not cut on.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

__all__ = ["FLAVOURS", "LUMINOSITY_INV_FB", "Channel", "channels", "interpolated"]

LUMINOSITY_INV_FB = 139.0
FLAVOURS = {"ee": 11, "mm": 13}


class Channel(NamedTuple):
    """One spectrum: edges of its bins in GeV (one more than bins), events observed and expected from background."""

    edges: list[float]
    observed: list[float]
    background: list[float]
    resolution: tuple[list[float], list[float]]
    efficiency: tuple[list[float], list[float]]

    def bin_of(self, mass_gev: float) -> int | None:
        """Return the bin of a mass, or None outside the spectrum."""
        index = bisect_right(self.edges, mass_gev) - 1
        return index if 0 <= index < len(self.observed) else None

    def first_bin_above(self, mass_gev: float) -> int:
        """Return the first bin that begins at or above a mass."""
        return next((i for i, low in enumerate(self.edges[:-1]) if low >= mass_gev), len(self.observed))


def channels(document: Mapping[str, Any]) -> dict[str, Channel]:
    """Return the channels `ee` and `mm` of the file."""
    found = {}
    for name in FLAVOURS:
        data = document[name]
        found[name] = Channel(
            [*data["bin_low_GeV"], data["bin_high_GeV"][-1]],
            data["observed"],
            data["background"],
            (data["resolution_GeV"]["mll"], data["resolution_GeV"]["sigma"]),
            (data["efficiency_x_kfactor"]["mll"], data["efficiency_x_kfactor"]["xi"]),
        )
    return found


def interpolated(curve: tuple[Sequence[float], Sequence[float]], at: float) -> float:
    """Return a curve's value: linear between its points, constant outside."""
    x, y = curve
    if at <= x[0]:
        return y[0]
    if at >= x[-1]:
        return y[-1]
    index = bisect_right(x, at)
    part = (at - x[index - 1]) / (x[index] - x[index - 1])
    return y[index - 1] + part * (y[index] - y[index - 1])
