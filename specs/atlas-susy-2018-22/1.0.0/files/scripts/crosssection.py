"""Cross sections: the user's, those of the SLHA file, or the tables of the LHC SUSY cross section group; in fb."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from slha import CrossSection, Refused
from spectrum import GLUINO, LIGHT_SQUARKS

__all__ = ["Rate", "from_spectrum", "from_table", "is_one", "kind_of", "load_table", "lookup", "unused", "usable"]

FB_PER_PB = 1000.0
ENERGY_GEV = 13000.0
PROTONS = (2212, 2212)
UNVARIED = ((0.0, 0.0), (1.0, 1.0))
# The table is taken as it stands for eight degenerate squarks, because ATLAS does: its published yields are the
# acceptance times this number (84.0 of 83.5 events in SR-2j-1600 at 1600/400 GeV). Fewer squarks count in proportion.
SQUARKS_OF_TABLE = 8


class Rate(NamedTuple):
    """A cross section with its uncertainty in fb (None if nobody says), where it is from, and what to say of it."""

    xsec_fb: float
    uncertainty_fb: float | None
    source: str
    notes: tuple[str, ...] = ()


def load_table(path: Path) -> tuple[str, dict[float, tuple[float, float]]]:
    """Return the source and mass (GeV) -> (cross section, uncertainty) in fb of a table (values in pb)."""
    document: dict[str, Any] = json.loads(path.read_bytes())
    rows = {
        float(mass): (row["xsec_pb"] * FB_PER_PB, row["unc_pb"] * FB_PER_PB) for mass, row in document["data"].items()
    }
    return f"LHC SUSY cross section group, {document['order']}, 13 TeV ({document['process_id']})", rows


def lookup(rows: Mapping[float, tuple[float, float]], mass_gev: float) -> tuple[float, float]:
    """Return cross section and uncertainty at a mass, log-linear between two rows; raise Refused outside."""
    masses = sorted(rows)
    if not masses[0] <= mass_gev <= masses[-1]:
        raise Refused(
            f"the table of cross sections goes from {masses[0]:g} to {masses[-1]:g} GeV, not to {mass_gev:g} GeV: "
            "give the cross section yourself with xsec_fb"
        )
    high = next(mass for mass in masses if mass >= mass_gev)
    low = max((mass for mass in masses if mass <= mass_gev), default=high)
    part = 0.0 if high == low else (mass_gev - low) / (high - low)
    return tuple(  # type: ignore[return-value]
        math.exp((1.0 - part) * math.log(one) + part * math.log(other)) for one, other in zip(rows[low], rows[high])
    )


def from_table(path: Path, process: str, produced: Mapping[int, float]) -> Rate:
    """Return the cross section of gluino pairs, or the sum over the squarks that are there."""
    source, rows = load_table(path)
    values = [lookup(rows, mass) for mass in produced.values()]
    share = SQUARKS_OF_TABLE if process == "squark" else 1
    return Rate(sum(value for value, _ in values) / share, sum(error for _, error in values) / share, source)


def from_spectrum(sections: Sequence[CrossSection], process: str) -> Rate | None:
    """Return the sum of the SLHA file's XSECTION blocks for a process at 13 TeV, each pair at its highest
    order; or None.

    The rows with unvaried scales count, the others are their uncertainty; raise Refused if several could be meant.
    """
    pairs: dict[tuple[int, ...], list[CrossSection]] = {}
    for section in sections:
        if usable(section) and _belongs(section.produced, process):
            pairs.setdefault(tuple(sorted(section.produced)), []).append(section)
    if not pairs:
        return None
    found = [_nominal(pair, rows) for pair, rows in pairs.items()]
    orders = sorted({section.qcd_order for section, _ in found})
    varied = [error for _, error in found if error is not None]
    return Rate(
        sum(section.value_pb for section, _ in found) * FB_PER_PB,
        sum(varied) * FB_PER_PB if varied else None,
        f"XSECTION of the SLHA file, QCD order {orders[0]}",
        (f"the XSECTION blocks are of QCD orders {orders[0]} to {orders[-1]}, each pair's highest",)
        if orders[1:]
        else (),
    )


def usable(section: CrossSection) -> bool:
    """Return whether a cross section is one of protons at 13 TeV."""
    return abs(section.energy_gev - ENERGY_GEV) <= 1.0 and section.beams == PROTONS


def unused(sections: Sequence[CrossSection], process: str) -> list[str]:
    """Return a note if the file brings cross sections for this process, and all of them are for another collider."""
    of_process = [section for section in sections if _belongs(section.produced, process)]
    if not of_process or any(map(usable, of_process)):
        return []
    others = sorted({(section.energy_gev, section.beams) for section in of_process})
    words = ", ".join(f"{energy:g} GeV" + ("" if beams == PROTONS else f" of {beams}") for energy, beams in others)
    return [
        f"the file's XSECTION blocks are for {words} (SLHA counts in GeV) and not for protons at {ENERGY_GEV:g} GeV: "
        "they were not used"
    ]


def _nominal(pair: tuple[int, ...], rows: list[CrossSection]) -> tuple[CrossSection, float | None]:
    """Return the row of a pair at its highest order with unvaried scales, and how far the varied ones are from it."""
    order = max((row.qcd_order, row.ew_order) for row in rows)
    highest = [row for row in rows if (row.qcd_order, row.ew_order) == order]
    nominal = [row for row in highest if row.scales in UNVARIED]
    lines = ", ".join(str(row.line) for row in nominal or highest)
    name = " ".join(map(str, pair))
    if not nominal:
        raise Refused(
            f"XSECTION of {name}, lines {lines}: all rows of the highest order have varied scales; one with factors 1 "
            "is needed, or xsec_fb"
        )
    if len({row.value_pb for row in nominal}) > 1:
        raise Refused(
            f"XSECTION of {name}, lines {lines}: several values of one order and one scale; which is meant? Leave one, "
            "or give xsec_fb"
        )
    varied = [abs(row.value_pb - nominal[0].value_pb) for row in highest if row.scales not in UNVARIED]
    return nominal[0], max(varied, default=None)


def _belongs(produced: tuple[int, ...], process: str) -> bool:
    return len(produced) == 2 and all(is_one(pdg, process) for pdg in produced)


def is_one(pdg: int, process: str) -> bool:
    """Return whether a particle is one of those that a process makes."""
    return abs(pdg) in (LIGHT_SQUARKS if process == "squark" else (GLUINO,))


def kind_of(made: Iterable[int]) -> str | None:
    """Return the process that makes particles such as these; None if both, or none, are there."""
    kinds = {process for process in ("squark", "gluino") for pdg in made if is_one(pdg, process)}
    return kinds.pop() if len(kinds) == 1 else None
