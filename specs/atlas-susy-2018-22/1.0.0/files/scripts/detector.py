"""A fast detector: particle-level events to what ATLAS would have reconstructed, parametrised from public performance.

- Jet energy: sigma/pT = N/pT (+) S/sqrt(pT) (+) C with N = 3.4 GeV, S = 0.74 sqrt(GeV), C = 0.04, read off the
  resolution of R = 0.4 jets in 2017 data (24 % at 20 GeV, 6 % at 300 GeV; arXiv:2007.02645).
- Jet-vertex tagging: 92 % of jets below 60 GeV and |eta| < 2.4 pass (arXiv:1510.03823).
- Missing momentum: what the jets gained or lost is taken from it; the soft term adds a Gaussian of 10 GeV to each
  component (arXiv:1802.08168).
- Leptons: identification of the loose electron and medium muon working points (arXiv:1902.04655, arXiv:2012.00578).
- Overlaps after arXiv:2010.14293, section 4: a jet within 0.2 of an electron is that electron if the electron carries
  half of it; then leptons within 0.4 of a jet go: identification fails there, and they come from hadrons.

The source of random numbers is handed in, so that a batch is a function of its seed.
"""

from __future__ import annotations

import math
from random import Random
from typing import NamedTuple

from particles import Event, Jet, Lepton

__all__ = ["Reconstructed", "delta_phi", "delta_r", "jet_resolution", "reconstruct"]

NOISE_GEV, STOCHASTIC_SQRT_GEV, CONSTANT = 3.4, 0.74, 0.04
SOFT_TERM_GEV = 10.0
BASELINE_JET_PT_GEV, BASELINE_JET_ETA = 20.0, 2.8
ELECTRON_PT_GEV, ELECTRON_ETA, ELECTRON_EFFICIENCY = 7.0, 2.47, 0.90
MUON_PT_GEV, MUON_ETA, MUON_EFFICIENCY = 6.0, 2.7, 0.95
CONE = 0.4
TAGGED_BELOW_GEV, TAGGED_ETA, TAGGING_EFFICIENCY = 60.0, 2.4, 0.92


class Reconstructed(NamedTuple):
    """What the selection sees: jets (fall in pT), number of leptons, missing momentum (GeV) and its azimuth."""

    weight: float
    jets: tuple[Jet, ...]
    leptons: int
    met: float
    met_phi: float


def jet_resolution(pt_gev: float) -> float:
    """Return sigma(pT)/pT of a jet."""
    return math.sqrt((NOISE_GEV / pt_gev) ** 2 + STOCHASTIC_SQRT_GEV**2 / pt_gev + CONSTANT**2)


def delta_phi(one: float, other: float) -> float:
    """Return the distance of two azimuths, between 0 and pi."""
    return abs(math.remainder(one - other, 2.0 * math.pi))


def delta_r(one: Jet | Lepton, other: Jet | Lepton) -> float:
    """Return the distance in pseudorapidity and azimuth."""
    return math.hypot(one.eta - other.eta, delta_phi(one.phi, other.phi))


def reconstruct(event: Event, random: Random) -> Reconstructed:
    """Return the event as the detector would have seen it."""
    smeared = [_smeared(jet, random) for jet in event.jets]
    px, py = event.met
    for truth, jet in zip(event.jets, smeared):
        px -= (jet.pt - truth.pt) * math.cos(truth.phi)
        py -= (jet.pt - truth.pt) * math.sin(truth.phi)
    px += random.gauss(0.0, SOFT_TERM_GEV)
    py += random.gauss(0.0, SOFT_TERM_GEV)
    jets = [jet for jet in smeared if _kept(jet, random)]
    electrons = _found(event.electrons, ELECTRON_PT_GEV, ELECTRON_ETA, ELECTRON_EFFICIENCY, random)
    muons = _found(event.muons, MUON_PT_GEV, MUON_ETA, MUON_EFFICIENCY, random)
    jets = [jet for jet in jets if not any(_is_lepton(jet, lepton) for lepton in (*electrons, *muons))]
    leptons = [lepton for lepton in (*electrons, *muons) if all(delta_r(lepton, jet) > CONE for jet in jets)]
    jets.sort(key=lambda jet: -jet.pt)
    return Reconstructed(event.weight, tuple(jets), len(leptons), math.hypot(px, py), math.atan2(py, px))


def _smeared(jet: Jet, random: Random) -> Jet:
    factor = max(0.0, random.gauss(1.0, jet_resolution(jet.pt)))
    return Jet(jet.pt * factor, jet.eta, jet.phi, jet.mass * factor)


def _kept(jet: Jet, random: Random) -> bool:
    """Return whether a jet is a baseline jet."""
    tagged = jet.pt >= TAGGED_BELOW_GEV or abs(jet.eta) >= TAGGED_ETA or random.random() < TAGGING_EFFICIENCY
    return tagged and jet.pt > BASELINE_JET_PT_GEV and abs(jet.eta) < BASELINE_JET_ETA


def _found(leptons: tuple[Lepton, ...], pt_gev: float, eta: float, efficiency: float, random: Random) -> list[Lepton]:
    inside = [lepton for lepton in leptons if lepton.pt > pt_gev and abs(lepton.eta) < eta]
    return [lepton for lepton in inside if random.random() < efficiency]


def _is_lepton(jet: Jet, lepton: Lepton) -> bool:
    """Return whether a jet is made of a lepton."""
    return delta_r(jet, lepton) < 0.2 and lepton.pt > 0.5 * jet.pt
