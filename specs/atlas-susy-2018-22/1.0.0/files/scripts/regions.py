"""The regions of ATLAS-SUSY-2018-22 (arXiv:2010.14293): preselection, ten single-bin regions, three multi-bin searches.

Cuts are data, not code: tables 2 to 5 of the paper. A multi-bin search is one selection that is cut into bins of jet
multiplicity, effective mass and missing-momentum significance; `channel` is the bin's name in the public background
workspace, so that nothing is matched by order.
"""

from __future__ import annotations

import math
from typing import NamedTuple

__all__ = ["LUMINOSITY_INV_FB", "MULTI_BIN", "SINGLE_BIN", "Bin", "Region", "bins_of"]

LUMINOSITY_INV_FB = 139.0
INFINITE = math.inf


class Region(NamedTuple):
    """A selection on top of the preselection; momenta and masses in GeV, `significance` in sqrt(GeV).

    `jets` is the least number of jets with pT > 50 GeV; the first has pT above `pt_first`, the last of them above
    `pt_last`, all of them |eta| < `eta`. `dphi_first` is the least azimuth between missing momentum and the first
    three jets, `dphi_rest` the one to all others. Steps that cut nothing are left out of the cutflow.
    """

    name: str
    jets: int
    dphi_first: float
    dphi_rest: float
    pt_first: float
    pt_last: float
    eta: float
    aplanarity: float
    significance: float
    meff: float


class Bin(NamedTuple):
    """One bin of a multi-bin search: half-open ranges of jet number, effective mass (GeV), significance (sqrt(GeV))."""

    channel: str
    region: Region
    jets: tuple[float, float]
    meff: tuple[float, float]
    significance: tuple[float, float]


SINGLE_BIN = (
    Region("SR-2j-1600", 2, 0.8, 0.4, 250, 250, 2.0, 0.00, 16, 1600),
    Region("SR-2j-2200", 2, 0.4, 0.2, 600, 50, 2.8, 0.00, 16, 2200),
    Region("SR-2j-2800", 2, 0.8, 0.4, 250, 250, 1.2, 0.00, 16, 2800),
    Region("SR-4j-1000", 4, 0.4, 0.2, 200, 100, 2.0, 0.04, 16, 1000),
    Region("SR-4j-2200", 4, 0.4, 0.2, 200, 100, 2.0, 0.04, 16, 2200),
    Region("SR-4j-3400", 4, 0.4, 0.2, 200, 100, 2.0, 0.04, 10, 3400),
    Region("SR-5j-1600", 5, 0.4, 0.2, 600, 50, 2.8, 0.00, 16, 1600),
    Region("SR-6j-1000", 6, 0.4, 0.2, 200, 75, 2.0, 0.08, 16, 1000),
    Region("SR-6j-2200", 6, 0.4, 0.2, 200, 75, 2.0, 0.08, 16, 2200),
    Region("SR-6j-3400", 6, 0.4, 0.2, 200, 75, 2.0, 0.08, 10, 3400),
)

_SSD_TWO = Region("MB-SSd", 2, 0.8, 0.4, 250, 250, 2.0, 0.00, 10, 1000)
_SSD_FOUR = Region("MB-SSd", 4, 0.8, 0.4, 200, 100, 2.0, 0.00, 10, 1000)
_GGD = Region("MB-GGd", 4, 0.4, 0.2, 200, 100, 2.0, 0.04, 10, 1000)
_C_TWO = Region("MB-C", 2, 0.4, 0.2, 600, 50, 2.8, 0.00, 16, 1600)

# Where the bins of MB-SSd at low significance end: they are open in the effective mass (table 5).
_SSD = {
    (2, 1000): ((10, 16), (16, 22), (22, INFINITE)),
    (2, 1600): ((10, 16), (16, 22), (22, INFINITE)),
    (2, 2200): ((16, 22), (22, INFINITE)),
    (2, 2800): ((16, 22), (22, INFINITE)),
    (2, 3400): ((22, 28), (28, INFINITE)),
    (2, 4000): ((22, 28), (28, INFINITE)),
    (4, 1000): ((10, 16), (16, 22), (22, INFINITE)),
    (4, 1600): ((10, 16), (16, 22), (22, INFINITE)),
    (4, 2200): ((16, 22), (22, INFINITE)),
    (4, 2800): ((16, 22), (22, INFINITE)),
}
_OPEN = {(1600, 10), (2800, 16)}
_MEFF_EDGES = (1000, 1600, 2200, 2800, 3400, 4000, INFINITE)


def _meff(low: float, significance: float, last: float) -> tuple[float, float]:
    """Return the range that begins at `low`; the last one, and those of _OPEN, have no end."""
    high = _MEFF_EDGES[_MEFF_EDGES.index(low) + 1]
    return (low, INFINITE if low >= last or (low, significance) in _OPEN else high)


def _ssd() -> list[Bin]:
    found = []
    for (jets, low), ranges in _SSD.items():
        # Above 3400 GeV the two multiplicities are one bin.
        number = (2, 4) if jets == 2 and low < 3400 else (jets, INFINITE)
        region = _SSD_TWO if jets == 2 else _SSD_FOUR
        found += [
            Bin(f"SR_{jets}_{low}_{least}_cuts", region, number, _meff(low, least, 4000), (least, most))
            for least, most in ranges
        ]
    return found


def _ggd() -> list[Bin]:
    return [
        Bin(f"SR_4_{low}_{least}_cuts", _GGD, (4, INFINITE), (low, high), (least, most))
        for low, high in zip(_MEFF_EDGES, _MEFF_EDGES[1:])
        for least, most in ((10, 16), (16, 22), (22, INFINITE))
    ]


def _compressed() -> list[Bin]:
    return [
        Bin(f"SR_{jets}_{low}_{least}_cuts", _C_TWO._replace(jets=jets), (jets, end), (low, high), (least, most))
        for jets, end in ((2, 4), (4, 5), (5, INFINITE))
        for low, high in ((1600, 2200), (2200, 2800), (2800, INFINITE))
        for least, most in ((16, 22), (22, INFINITE))
    ]


MULTI_BIN = {"MB-SSd": tuple(_ssd()), "MB-GGd": tuple(_ggd()), "MB-C": tuple(_compressed())}


def bins_of(search: str) -> tuple[Bin, ...]:
    """Return the bins of a multi-bin search; raise KeyError with the names that are known."""
    if search not in MULTI_BIN:
        raise KeyError(f"no search {search!r}; known are {', '.join(MULTI_BIN)}")
    return MULTI_BIN[search]
