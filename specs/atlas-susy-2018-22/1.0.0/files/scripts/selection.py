"""Cuts on reconstructed events: preselection, cutflows, bins. Definitions of variables: arXiv:2010.14293, section 5."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from detector import Reconstructed, delta_phi
from particles import Jet
from regions import Bin, Region

__all__ = ["Observables", "aplanarity", "cut_names", "observables", "passed_cuts", "passes_bin", "preselected"]

JET_PT_GEV = 50.0
SPELLS_MET = {"SR-2j-1600"}  # the published cutflow of this region alone writes MET into the names
PRESELECTION = {"met": 300.0, "pt_first": 200.0, "meff": 800.0}


class Observables(NamedTuple):
    """What is cut on, in GeV: missing momentum, effective mass, significance MET/sqrt(HT) in sqrt(GeV), azimuths."""

    jets: tuple[Jet, ...]
    leptons: int
    met: float
    meff: float
    significance: float
    dphi_first: float
    dphi_rest: float


def observables(event: Reconstructed) -> Observables:
    """Return the observables of an event; HT and the effective mass sum the jets with pT > 50 GeV."""
    jets = tuple(jet for jet in event.jets if jet.pt > JET_PT_GEV)
    ht = sum(jet.pt for jet in jets)
    dphi = [delta_phi(jet.phi, event.met_phi) for jet in jets]
    return Observables(
        jets=jets,
        leptons=event.leptons,
        met=event.met,
        meff=ht + event.met,
        significance=event.met / math.sqrt(ht) if ht > 0.0 else 0.0,
        dphi_first=min(dphi[:3], default=math.pi),
        dphi_rest=min(dphi[3:], default=math.pi),
    )


def preselected(seen: Observables) -> bool:
    """Return whether an event passes the preselection (table 2): no lepton, two jets, large missing momentum."""
    return (
        seen.leptons == 0
        and len(seen.jets) >= 2
        and seen.met > PRESELECTION["met"]
        and seen.jets[0].pt > PRESELECTION["pt_first"]
        and seen.meff > PRESELECTION["meff"]
    )


def aplanarity(jets: tuple[Jet, ...]) -> float:
    """Return 3/2 of the smallest eigenvalue of the normalised momentum tensor of all jets: 0 (a plane) to 0.5."""
    xx = yy = zz = xy = xz = yz = 0.0
    for jet in jets:
        x, y, z = jet.pt * math.cos(jet.phi), jet.pt * math.sin(jet.phi), jet.pt * math.sinh(jet.eta)
        xx, yy, zz, xy, xz, yz = xx + x * x, yy + y * y, zz + z * z, xy + x * y, xz + x * z, yz + y * z
    trace = xx + yy + zz
    return 1.5 * _smallest_eigenvalue(xx / trace, yy / trace, zz / trace, xy / trace, xz / trace, yz / trace)


def _smallest_eigenvalue(xx: float, yy: float, zz: float, xy: float, xz: float, yz: float) -> float:
    """Return the smallest eigenvalue of a symmetric 3 x 3 matrix (O. K. Smith, Commun. ACM 4 (1961) 168)."""
    mean = (xx + yy + zz) / 3.0
    spread = math.sqrt(((xx - mean) ** 2 + (yy - mean) ** 2 + (zz - mean) ** 2 + 2.0 * (xy**2 + xz**2 + yz**2)) / 6.0)
    if spread == 0.0:
        return mean
    a, b, c = (xx - mean) / spread, (yy - mean) / spread, (zz - mean) / spread
    d, e, f = xy / spread, xz / spread, yz / spread
    half = (a * (b * c - f * f) - d * (d * c - f * e) + e * (d * f - b * e)) / 2.0
    angle = math.acos(min(max(half, -1.0), 1.0)) / 3.0
    return mean + 2.0 * spread * math.cos(angle + 2.0 * math.pi / 3.0)


def _cuts(region: Region) -> Iterator[tuple[str, bool]]:
    """Yield the name of each step of a region's cutflow, in the published order, and whether it cuts anything."""
    met = ",MET" if region.name in SPELLS_MET else ""
    yield f"Njet>={region.jets}", region.jets > 2
    yield f"dphi(j1,2,(3){met})>{region.dphi_first:g}", True
    yield f"dphi(j>3{met})>{region.dphi_rest:g}", True
    last = f"pT(j{region.jets})>{region.pt_last:g}"
    yield (last, True) if region.pt_last > JET_PT_GEV else (f"pT(j1)>{region.pt_first:g}", True)
    yield f"|eta(j1{',' if region.jets == 2 else '-'}{region.jets})|<{region.eta:.1f}", region.eta < 2.8
    yield f"aplanarity>{region.aplanarity:g}", region.aplanarity > 0.0
    yield f"MET/sqrt(HT)>{region.significance:g}", True
    yield f"meff>{region.meff:g}", True


def cut_names(region: Region) -> list[str]:
    """Return the names of the steps of a region's cutflow after the preselection."""
    return [name for name, cuts in _cuts(region) if cuts]


def passed_cuts(seen: Observables, region: Region) -> int:
    """Return how many of the steps of `cut_names` a preselected event passes before it first fails."""
    cuts = [cuts for _, cuts in _cuts(region)]
    passed = 0
    for holds, counts in zip(_decisions(seen, region), cuts):
        if not holds:
            return passed
        passed += counts
    return passed


def _decisions(seen: Observables, region: Region) -> Iterator[bool]:
    """Yield whether each step of `_cuts` holds; the costly one is evaluated only if those before it hold."""
    jets = seen.jets
    yield len(jets) >= region.jets
    yield seen.dphi_first > region.dphi_first
    yield seen.dphi_rest > region.dphi_rest
    yield jets[0].pt > region.pt_first and jets[region.jets - 1].pt > region.pt_last
    yield all(abs(jet.eta) < region.eta for jet in jets[: region.jets])
    yield region.aplanarity == 0.0 or aplanarity(jets) > region.aplanarity
    yield seen.significance > region.significance
    yield seen.meff > region.meff


def passes_bin(seen: Observables, one: Bin) -> bool:
    """Return whether a preselected event falls into a bin of a multi-bin search."""
    return (
        one.jets[0] <= len(seen.jets) < one.jets[1]
        and one.meff[0] <= seen.meff < one.meff[1]
        and one.significance[0] <= seen.significance < one.significance[1]
        and all(_decisions(seen, one.region._replace(meff=0.0, significance=0.0)))
    )
