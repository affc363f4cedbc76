"""Is a spectrum one that this analysis is meant for? Process, masses, and what a reader must know about the point."""

from __future__ import annotations

import math
from typing import NamedTuple

from decaychain import NEUTRALINO, check_chain
from slha import Refused, Spectrum

__all__ = ["GLUINO", "LIGHT_SQUARKS", "Point", "judge"]

GLUINO = 1000021
LIGHT_SQUARKS = (1000001, 1000002, 1000003, 1000004, 2000001, 2000002, 2000003, 2000004)
DECOUPLED_GEV = 5000.0
LIGHTEST_PLAUSIBLE_GEV = 50.0
WIDEST = 0.1  # of the mass
# Where the limits were compared with the published ones: mass of what is produced, and its distance to the neutralino.
VALIDATED_GEV = {"squark": (900.0, 2400.0, 300.0), "gluino": (1400.0, 2600.0, 500.0)}


class Point(NamedTuple):
    """What is generated: process, the particles that are produced with their masses (GeV), the neutralino's mass."""

    process: str
    produced: dict[int, float]
    neutralino_gev: float
    notes: list[str]

    @property
    def mass_gev(self) -> float:
        """The mean mass of what is produced."""
        return sum(self.produced.values()) / len(self.produced)


def judge(spectrum: Spectrum, process: str) -> Point:
    """Return the point of a spectrum for `squark`, `gluino` or `auto`; raise Refused in words."""
    squarks = {pdg: spectrum.masses[pdg] for pdg in LIGHT_SQUARKS if spectrum.masses.get(pdg, math.inf) < DECOUPLED_GEV}
    gluino = {GLUINO: spectrum.masses[GLUINO]} if spectrum.masses.get(GLUINO, math.inf) < DECOUPLED_GEV else {}
    if NEUTRALINO not in spectrum.masses:
        raise Refused("BLOCK MASS has no neutralino (1000022): this search needs one that escapes detection")
    lightest = spectrum.masses[NEUTRALINO]
    chosen, notes = _process(process, squarks, gluino)
    produced = squarks if chosen == "squark" else gluino
    _check_units(produced)
    notes += [*check_chain(produced, spectrum), *spectrum.notes]
    if lightest >= min(produced.values()):
        raise Refused(f"the neutralino ({lightest:g} GeV) is heavier than the {chosen} that should decay to it")
    notes += _outside(chosen, produced, lightest) + _other_decays(produced, spectrum) + _wide(produced, spectrum)
    return Point(chosen, produced, lightest, notes)


def _process(process: str, squarks: dict[int, float], gluino: dict[int, float]) -> tuple[str, list[str]]:
    if not squarks and not gluino:
        raise Refused(
            f"the spectrum has neither a light squark (1000001 to 1000004, 2000001 to 2000004) nor a gluino (1000021) "
            f"below {DECOUPLED_GEV:g} GeV; a search for squarks and gluinos says nothing about it"
        )
    if process == "auto":
        lightest = min(squarks.values(), default=math.inf)
        process = "squark" if lightest < min(gluino.values(), default=math.inf) else "gluino"
        if squarks and gluino:
            return process, [
                f"both squarks and gluino are below {DECOUPLED_GEV:g} GeV: only {process} pairs are generated, so the "
                "limit is conservative; squark-gluino production is left out"
            ]
        return process, []
    if not (squarks if process == "squark" else gluino):
        raise Refused(f"process is {process!r}, and the spectrum has no {process} below {DECOUPLED_GEV:g} GeV")
    return process, []


def _check_units(produced: dict[int, float]) -> None:
    for pdg, mass in produced.items():
        if mass < LIGHTEST_PLAUSIBLE_GEV:
            raise Refused(f"particle {pdg} has a mass of {mass:g}: SLHA masses are in GeV, was TeV meant?")


def _outside(process: str, produced: dict[int, float], neutralino_gev: float) -> list[str]:
    low, high, gap = VALIDATED_GEV[process]
    lightest, heaviest = min(produced.values()), max(produced.values())
    if low <= lightest and heaviest <= high and lightest - neutralino_gev >= gap:
        return []
    return [
        f"outside the validated range ({process} mass {low:g} to {high:g} GeV, at least {gap:g} GeV above the "
        "neutralino): efficiencies and limits were not compared with published ones there"
    ]


def _other_decays(produced: dict[int, float], spectrum: Spectrum) -> list[str]:
    """Return a note if decays other than quarks and the lightest neutralino matter."""
    light = {1, 2, 3, 4, 5}
    other = {
        pdg
        for pdg in produced
        for ratio, daughters in spectrum.decays[pdg].channels
        if ratio > 0.05 and not (NEUTRALINO in daughters and {abs(d) for d in daughters} <= {*light, NEUTRALINO})
    }
    if not other:
        return []
    names = ", ".join(map(str, sorted(other)))
    return [f"particles {names} decay otherwise than directly to quarks and the neutralino: not validated"]


def _wide(produced: dict[int, float], spectrum: Spectrum) -> list[str]:
    """Return a note if something that is produced is so wide that it has hardly a mass."""
    shares = {pdg: spectrum.decays[pdg].width_gev / mass for pdg, mass in produced.items()}
    widest = max(shares, key=lambda pdg: shares[pdg])
    if shares[widest] <= WIDEST:
        return []
    return [
        f"the width of {widest} is {shares[widest]:.2g} of its mass: not validated, and the table is for narrow ones"
    ]
