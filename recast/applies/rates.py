"""Cross sections of what a topology produces: from the spectrum, else from the entry's table; never a guess."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from recast.applies.declared import Applies, Topology
from recast.applies.model import DECOUPLED_GEV, Here
from recast.applies.slha import CrossSection

__all__ = ["Rate", "Table", "rate_of", "read_table"]

_FB_PER_PB = 1000.0
_ENERGY_TOLERANCE_GEV = 1.0
_PROTONS = (2212, 2212)
_UNVARIED = ((0.0, 0.0), (1.0, 1.0))
_Pair = tuple[int, ...]
_ABSENT = float("inf")
_LONGEST_SOURCE = 120


@dataclass(frozen=True, slots=True)
class Table:
    """A table of cross sections in fb by mass in GeV, with its source."""

    source: str
    rows: Mapping[float, float]

    def at(self, mass_gev: float) -> float | None:
        """Return the cross section at a mass, linear in its logarithm between two rows; None outside."""
        masses = sorted(self.rows)
        if not masses or not masses[0] <= mass_gev <= masses[-1]:
            return None
        high = next(mass for mass in masses if mass >= mass_gev)
        low = max(mass for mass in masses if mass <= mass_gev)
        part = 0.0 if high == low else (mass_gev - low) / (high - low)
        return math.exp((1.0 - part) * math.log(self.rows[low]) + part * math.log(self.rows[high]))


@dataclass(frozen=True, slots=True)
class Rate:
    """Cross sections in fb by pair of particles, None if unknown, with the source or the reason as text.

    `at_most` says that they are upper bounds, for particles heavier than the table covers.
    """

    pairs: Mapping[_Pair, float] | None
    source: str
    at_most: bool = False

    @property
    def total_fb(self) -> float | None:
        """The sum over all pairs."""
        return None if self.pairs is None else sum(self.pairs.values())


def read_table(document: Any, pointer: str) -> Table:
    """Return a table of the LHC SUSY group's form (`data`, in pb) or of rows of mass and fb; raise ValueError."""
    here = document
    for part in pointer.split("/")[1:]:
        here = here.get(part) if isinstance(here, Mapping) else None
    if not isinstance(here, Mapping):
        raise ValueError(f"there is no table at {pointer or '/'}")
    try:
        if "rows" in here:
            rows = {float(row[0]): float(row[1]) for row in here["rows"]}
        else:
            rows = {float(mass): float(row["xsec_pb"]) * _FB_PER_PB for mass, row in here["data"].items()}
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as problem:
        raise ValueError(f"the table at {pointer or '/'} is neither rows of mass and fb nor data in pb") from problem
    if not rows or not all(0.0 < value < math.inf and math.isfinite(mass) for mass, value in rows.items()):
        raise ValueError(f"the table at {pointer or '/'} is empty, or holds what is not a cross section")
    order = f", {here['order']}" if isinstance(here.get("order"), str) else ""
    return Table(
        f"LHC SUSY cross section group{order}"
        if order
        else str(here.get("source", "the entry")).partition(";")[0][:_LONGEST_SOURCE],
        rows,
    )


def rate_of(here: Here, topology: Topology, applies: Applies, table: Table | None, sqrts_tev: float) -> Rate:
    """Return the cross sections of the pairs that a topology produces."""
    groups = [frozenset(applies.particles[name]) for name in topology.produces]
    found, elsewhere = _of_sections(here.sections, groups, sqrts_tev)
    if found:
        best = {pair: row for pair, rows in found.items() if (row := _nominal(rows)) is not None}
        if len(best) < len(found):
            return Rate(None, "unknown: the spectrum's XSECTION has several values, or only varied scales")
        orders = sorted({row.order[0] for row in best.values()})
        words = f"XSECTION of the spectrum, QCD order {' and '.join(map(str, orders))}"
        return Rate({pair: row.value_pb * _FB_PER_PB for pair, row in best.items()}, words)
    aside = f" (the spectrum's XSECTION blocks are for {elsewhere}, not {sqrts_tev:g} TeV)" if elsewhere else ""
    if topology.table is None or table is None:
        return Rate(None, f"unknown: neither the spectrum nor the entry has one{aside}")
    return _of_table(here, topology, applies, table, aside)


def _of_sections(
    sections: tuple[CrossSection, ...], groups: list[frozenset[int]], sqrts_tev: float
) -> tuple[dict[_Pair, list[CrossSection]], str]:
    """Return the rows of each pair at this energy, and text about other collision energies."""
    found: dict[_Pair, list[CrossSection]] = {}
    elsewhere: set[str] = set()
    for section in sections:
        pair = _pair(section, groups)
        if pair is None:
            continue
        if section.beams == _PROTONS and abs(section.energy_gev - 1000.0 * sqrts_tev) <= _ENERGY_TOLERANCE_GEV:
            found.setdefault(pair, []).append(section)
        else:
            beams = "" if section.beams == _PROTONS else f" of {section.beams[0]} and {section.beams[1]}"
            elsewhere.add(f"{section.energy_gev:g} GeV{beams}")
    return found, ", ".join(sorted(elsewhere))


def _nominal(rows: list[CrossSection]) -> CrossSection | None:
    """Return the row of the highest order with nominal scales, None if that is not unique."""
    order = max(row.order for row in rows)
    rows = [row for row in rows if row.order == order and row.scales in _UNVARIED]
    return rows[0] if len({row.value_pb for row in rows}) == 1 else None


def _pair(section: CrossSection, groups: list[frozenset[int]]) -> _Pair | None:
    """Return the signed particles of an XSECTION block if they are the produced ones, in the order of the groups."""
    produced = section.produced
    if len(produced) != len(groups):
        return None
    for order in permutations(produced):
        if all(abs(pdg) in group for pdg, group in zip(order, groups, strict=True)):
            return tuple(sorted(produced)) if len(set(groups)) == 1 else order
    return None


def _of_table(here: Here, topology: Topology, applies: Applies, table: Table, aside: str) -> Rate:
    assert topology.table is not None
    members = [pdg for pdg in applies.particles[topology.table.mass] if here.masses.get(pdg, _ABSENT) < DECOUPLED_GEV]
    partner = next((name for name in topology.produces if name != topology.table.mass), None)
    low, high = min(table.rows), max(table.rows)
    pairs: dict[_Pair, float] = {}
    for pdg in members:
        mass = here.masses[pdg]
        if mass < low:
            return Rate(None, f"unknown: the table goes from {low:g} to {high:g} GeV, not to {mass:g} GeV")
        made = (pdg, *(applies.particles[partner][:1] if partner else (pdg,)))
        pairs[made] = (table.at(min(mass, high)) or 0.0) / topology.table.share  # it falls with the mass
    heavy = all(here.masses[pdg] > high for pdg in members)
    ends = f", which ends at {high:g} GeV" if heavy else ""
    return Rate(pairs, f"{table.source}{ends}{aside}", at_most=heavy)
