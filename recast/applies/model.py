"""A model that somebody asks about: a spectrum, a point by its masses, or a file of events; and other inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from recast.applies.declared import Applies, Topology
from recast.applies.slha import CrossSection, Decay, Spectrum
from recast.json_types import JsonObject

__all__ = ["DECOUPLED_GEV", "MASS_PREFIX", "Here", "Model", "at_topology"]

MASS_PREFIX = "m_"
DECOUPLED_GEV = 5000.0
"""Heavier particles are written into spectra to say that they are not there."""


@dataclass(frozen=True, slots=True)
class Model:
    """What was asked about. `masses` are a point's, by the names that the user gave; `inputs` go to the search as is.

    `kind` is that of the file (`recast.applies.events.KINDS`), empty without one; `beams_gev` are those of its events,
    `needs` what they must have had before they are used.
    """

    kind: str = ""
    spectrum: Spectrum | None = None
    masses: Mapping[str, float] = field(default_factory=dict)
    inputs: JsonObject = field(default_factory=dict)
    beams_gev: tuple[float, float] | None = None
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Here:
    """A model as one topology sees it: masses by PDG id in GeV, decays (None: those of the simplified model).

    `assumed` are the particles whose masses nobody gave and the topology fixes.
    """

    masses: Mapping[int, float]
    decays: Mapping[int, Decay] | None
    sections: tuple[CrossSection, ...] = ()
    missing: str = ""
    assumed: tuple[str, ...] = ()


def at_topology(model: Model, applies: Applies, topology: Topology) -> Here:
    """Return the model with the particles of a topology; `missing` says what a point lacks, or has too much."""
    if model.spectrum is not None:
        return Here(model.spectrum.masses, model.spectrum.decays, model.spectrum.cross_sections)
    if not topology.decays:
        return Here({}, None, missing="masses alone do not say how it decays: a spectrum does")
    given = {applies.called(name): mass for name, mass in model.masses.items()}
    wanted = _wanted(applies, topology)
    if foreign := sorted(set(given) - set(wanted)):
        takes = ", ".join(f"{MASS_PREFIX}{name}" for name in wanted)
        return Here({}, None, missing=f"there is no {MASS_PREFIX}{foreign[0]} in it; its masses are {takes}")
    masses = _completed(given, topology)
    if lacking := [name for name in wanted if name not in masses]:
        return Here({}, None, missing=f"{MASS_PREFIX}{lacking[0]} is not given")
    by_pdg = {pdg: mass for name, mass in masses.items() for pdg in applies.particles[name]}
    return Here(by_pdg, None, assumed=tuple(name for name in wanted if name not in given))


def _wanted(applies: Applies, topology: Topology) -> list[str]:
    """Return the particles whose masses make a point: those that are not of the standard model."""
    return [name for name in topology.particles if any(pdg > 25 for pdg in applies.particles[name])]


def _completed(given: Mapping[str, float], topology: Topology) -> dict[str, float]:
    """Return masses with those that the topology fixes; one may hang on another."""
    masses = dict(given)
    for _ in topology.fixed:
        for name, rule in topology.fixed.items():
            if name not in masses and (rule.like is None or rule.like in masses):
                masses[name] = (masses[rule.like] if rule.like else 0.0) + rule.plus_gev
    return masses
