"""Cross sections: the user's, those of the SLHA file, or the tables of the LHC SUSY cross section group; in fb."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from slha import CrossSection, Refused
from spectrum import LIGHT_SQUARKS

__all__ = ["Rate", "from_spectrum", "from_table", "load_table", "lookup"]

FB_PER_PB = 1000.0
ENERGY_GEV = 13000.0
# The table is taken as it stands for eight degenerate squarks, because ATLAS does: its published yields are the
# acceptance times this number (84.0 of 83.5 events in SR-2j-1600 at 1600/400 GeV). Fewer squarks count in proportion.
SQUARKS_OF_TABLE = 8


class Rate(NamedTuple):
    """A cross section with its uncertainty in fb (None if nobody says) and where it is from."""

    xsec_fb: float
    uncertainty_fb: float | None
    source: str


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


def from_spectrum(sections: tuple[CrossSection, ...], process: str) -> Rate | None:
    """Return the sum of the SLHA file's XSECTION blocks for a process at 13 TeV, each at its highest order; or None."""
    best: dict[tuple[int, ...], CrossSection] = {}
    for section in sections:
        pair = tuple(sorted(section.produced))
        if abs(section.energy_gev - ENERGY_GEV) > 1.0 or not _belongs(section.produced, process):
            continue
        if pair not in best or section.qcd_order >= best[pair].qcd_order:
            best[pair] = section
    if not best:
        return None
    order = min(section.qcd_order for section in best.values())
    return Rate(
        sum(one.value_pb for one in best.values()) * FB_PER_PB, None, f"XSECTION of the SLHA file, QCD order {order}"
    )


def _belongs(produced: tuple[int, ...], process: str) -> bool:
    wanted = set(LIGHT_SQUARKS) if process == "squark" else {1000021}
    return len(produced) == 2 and {abs(pdg) for pdg in produced} <= wanted
