"""A model to ask about: a spectrum, a point given by masses, or an event file; and other inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from recast.applies.declared import Applies, Topology
from recast.applies.slha import CrossSection, Decay, Spectrum
from recast.json_types import JsonObject

__all__ = ["DECOUPLED_GEV", "MASS_PREFIX", "Here", "Model", "at_topology"]

MASS_PREFIX = "m_"
DECOUPLED_GEV = 5000.0
"""Heavier particles in spectra are placeholders for decoupled ones."""


@dataclass(frozen=True, slots=True)
class Model:
    """The model asked about. `masses` are those of a point, by the user's names; `inputs` are passed to the search
    unchanged.

    `kind` is that of the file (`recast.applies.events.KINDS`), empty without one; `beams_gev` are those of its events,
    `needs` is the processing that they still need.
    """

    kind: str = ""
    spectrum: Spectrum | None = None
    masses: Mapping[str, float] = field(default_factory=dict)
    inputs: JsonObject = field(default_factory=dict)
    beams_gev: tuple[float, float] | None = None
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Here:
    """A model in terms of one topology: masses by PDG id in GeV, decays (None: those of the simplified model).

    `assumed` are the particles whose masses were not given and are fixed by the topology.
    """

    masses: Mapping[int, float]
    decays: Mapping[int, Decay] | None
    sections: tuple[CrossSection, ...] = ()
    missing: str = ""
    assumed: tuple[str, ...] = ()


def at_topology(model: Model, applies: Applies, topology: Topology) -> Here:
    """Return the model with the particles of a topology; `missing` says which masses are missing or superfluous."""
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
    """Return the particles whose masses define a point: those beyond the Standard Model."""
    return [name for name in topology.particles if any(pdg > 25 for pdg in applies.particles[name])]


def _completed(given: Mapping[str, float], topology: Topology) -> dict[str, float]:
    """Return masses completed with those that the topology fixes; one may depend on another."""
    masses = dict(given)
    for _ in topology.fixed:
        for name, rule in topology.fixed.items():
            if name not in masses and (rule.like is None or rule.like in masses):
                masses[name] = (masses[rule.like] if rule.like else 0.0) + rule.plus_gev
    return masses
