"""Decays of a spectrum: the fraction in a topology, and whether a whole chain is prompt and ends as required."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping

from recast.applies.conserved import colourless
from recast.applies.declared import Applies, Topology
from recast.applies.slha import NOISE, Decay

__all__ = ["HBAR_C_GEV_MM", "branching", "chain_faults", "is_new", "length_mm", "opens"]

HBAR_C_GEV_MM = 1.973269804e-13
_RATIO_TOLERANCE = 0.01
_MATTERS = 0.01
STABLE = Decay(0.0, ())
_HIGGS, _FIRST_HADRON, _FIRST_SUSY = 25, 100, 1_000_000


def is_new(pdg: int) -> bool:
    """Return whether a particle is neither in the Standard Model nor a hadron."""
    number = abs(pdg)
    return _HIGGS < number < _FIRST_HADRON or number >= _FIRST_SUSY


def branching(pdg: int, decays: Mapping[int, Decay], topology: Topology, applies: Applies) -> float:
    """Return the fraction of a produced particle's decays that follow the topology through the whole chain."""
    steps = {parent: step.daughters for step in topology.decays for parent in applies.particles[step.parent]}
    groups = {name: frozenset(applies.particles[name]) for name in topology.particles}
    known: dict[int, float] = {}

    def of(number: int) -> float:
        if number not in steps:
            return 1.0
        if number not in known:
            known[number] = 0.0  # a cycle
            wanted = [groups[name] for name in steps[number]]
            known[number] = min(1.0, sum(_shares(decays.get(number, STABLE), wanted, of)))
        return known[number]

    return of(abs(pdg))


def _shares(decay: Decay, wanted: list[frozenset[int]], of: Callable[[int], float]) -> Iterator[float]:
    """Yield the fraction of each channel that decays as required, including its daughters."""
    for ratio, daughters in decay.channels:
        if ratio > 0.0 and _fit(daughters, wanted):
            yield math.prod((ratio, *(of(abs(daughter)) for daughter in daughters)))


def _fit(daughters: Collection[int], groups: list[frozenset[int]]) -> bool:
    """Return whether each daughter can be assigned to a different group; there are few of them."""
    if len(daughters) != len(groups):
        return False
    left = list(groups)
    for daughter in sorted(daughters, key=lambda one: sum(abs(one) in group for group in groups)):
        place = next((index for index, group in enumerate(left) if abs(daughter) in group), None)
        if place is None:
            return False
        left.pop(place)
    return True


def length_mm(decay: Decay) -> float:
    """Return the mean decay length c tau of a particle at rest in mm; infinity if it does not decay."""
    return HBAR_C_GEV_MM / decay.width_gev if decay.width_gev > 0.0 else float("inf")


def chain_faults(
    start: Collection[int],
    masses: Mapping[int, float],
    decays: Mapping[int, Decay],
    ends: Collection[int],
    prompt_mm: float,
) -> Iterator[str]:
    """Yield what is wrong with the chains below some particles: missing tables, sums, kinematics, lengths, ends.

    Particles produced in less than 1% of decays are ignored.
    """
    counts: dict[int, float] = {}
    for pdg in start:
        for made, count in _made(abs(pdg), decays).items():
            counts[made] = max(count, counts.get(made, 0.0))
    for pdg, count in sorted(counts.items(), key=lambda row: (-row[1], row[0])):
        if count < _MATTERS:
            continue
        decay = decays.get(pdg, STABLE)
        if math.isinf(count):
            yield f"the decay tables go in a circle by way of {pdg}"
        elif pdg not in ends:
            yield from _table_faults(pdg, decay, masses, prompt_mm)
        elif opens(decay):
            yield f"DECAY {pdg} has channels, and the search needs it stable"


def opens(decay: Decay) -> bool:
    """Return whether a table has a channel that is more than noise."""
    return any(ratio > NOISE for ratio, _ in decay.channels)


def _made(start: int, decays: Mapping[int, Decay]) -> dict[int, float]:
    """Return the average number of each new particle in the decays of one, including itself; infinite for a cycle."""
    below = _below(start, decays)
    above = dict.fromkeys(below, 0)
    for daughters in below.values():
        for daughter in daughters:
            above[daughter] += 1
    counts = dict.fromkeys(below, 0.0) | {start: 1.0}
    ready = [start] if not above[start] else []
    while ready:
        pdg = ready.pop()
        for daughter, number in below[pdg].items():
            counts[daughter] += counts[pdg] * number
            above[daughter] -= 1
            if not above[daughter]:
                ready.append(daughter)
    return {pdg: math.inf if above[pdg] else count for pdg, count in counts.items()}


def _below(start: int, decays: Mapping[int, Decay]) -> dict[int, dict[int, float]]:
    """Return for each new particle that is produced, its decay products and the average number of each."""
    found: dict[int, dict[int, float]] = {}
    todo = [start]
    while todo:
        pdg = todo.pop()
        if pdg in found:
            continue
        found[pdg] = {}
        for ratio, daughters in decays.get(pdg, STABLE).channels:
            for daughter in map(abs, daughters) if ratio > NOISE else ():
                if is_new(daughter):
                    found[pdg][daughter] = found[pdg].get(daughter, 0.0) + ratio
        todo += found[pdg]
    return found


def _table_faults(pdg: int, decay: Decay, masses: Mapping[int, float], prompt_mm: float) -> Iterator[str]:
    if decay.fault:
        yield f"DECAY {pdg}: {decay.fault}"
        return
    if not opens(decay):
        yield f"DECAY {pdg} is missing or empty: it would be stable"
        return
    total = sum(ratio for ratio, _ in decay.channels)
    if abs(total - 1.0) > _RATIO_TOLERANCE:
        yield f"the branching ratios of DECAY {pdg} add up to {total:.4g}, not to 1"
    for ratio, daughters in decay.channels:
        needed = sum(masses.get(abs(one), 0.0) for one in daughters if is_new(one))
        if ratio > _MATTERS and pdg in masses and needed > masses[pdg] * (1.0 + NOISE):
            words = " ".join(map(str, daughters))
            yield f"DECAY {pdg} to {words} needs {needed:g} GeV of {masses[pdg]:g} GeV"
        if ratio > _MATTERS and (broken := colourless(pdg, daughters)):
            yield f"DECAY {pdg} to {' '.join(map(str, daughters))} cannot be: {broken}"
    if decay.width_gev <= 0.0:
        yield f"DECAY {pdg} has channels and a width of {decay.width_gev:g} GeV: it would never decay"
    elif (length := length_mm(decay)) > prompt_mm:
        yield f"{pdg} flies {length:.2g} mm (width {decay.width_gev:g} GeV); this search is for prompt decays"
