"""Second step: the cross section in fb, the user's, the file's, or the table's, with uncertainty and source."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from crosssection import FB_PER_PB, Rate, from_spectrum, from_table, is_one, kind_of, unused
from plausible import FarFromTable, compared
from slha import CrossSection, Refused

__all__ = ["main", "rate_of"]

STATED_BY = {"lhe": "<init> of the LHE file", "hepmc": "cross section (GenCrossSection) of the HepMC file's last event"}


def rate_of(point: dict[str, Any], xsec_fb: float, tables: dict[str, Path], accepted: bool = False) -> Rate:
    """Return the cross section of a point; raise Refused if there is none, FarFromTable if it is hardly meant."""
    if xsec_fb > 0.0:
        return _beside_table(Rate(xsec_fb, None, "given by the user (xsec_fb)"), point, tables, accepted)
    if point["process"] in STATED_BY:
        if point["file_xsec_pb"] <= 0.0:
            raise Refused("the file of events states no cross section: give xsec_fb")
        stated_by = STATED_BY[point["process"]]
        found = Rate(point["file_xsec_pb"] * FB_PER_PB, None, f"{stated_by} (the generator's order)")
        return _beside_table(found, point, tables, accepted)
    sections = [
        CrossSection(e, tuple(pdgs), o, v, w, tuple(k), tuple(b), n) for e, pdgs, o, v, w, k, b, n in point["sections"]
    ]
    stated = from_spectrum(sections, point["process"])
    if stated is not None and stated.xsec_fb <= 0.0:
        raise Refused(f"{stated.source} says 0 pb, which makes no events: take the blocks out, or give xsec_fb")
    if stated is not None:
        return _beside_table(stated, point, tables, accepted)
    rate = from_table(tables[point["process"]], point["process"], _produced(point))
    return rate._replace(notes=tuple(unused(sections, point["process"])))


def _beside_table(rate: Rate, point: dict[str, Any], tables: dict[str, Path], accepted: bool) -> Rate:
    """Return the rate with a note if the table says something else, where masses and process are known."""
    produced = _produced(point)
    process = point["process"] if point["process"] in tables else kind_of(produced)
    if process is None:
        return rate
    try:
        known = from_table(
            tables[process], process, {pdg: mass for pdg, mass in produced.items() if is_one(pdg, process)}
        )
    except Refused:  # the masses are outside of the table
        return rate
    notes = compared(rate.xsec_fb, known.xsec_fb, known.xsec_fb, known.source, accepted)
    return rate._replace(notes=(*rate.notes, *notes))


def _produced(point: dict[str, Any]) -> dict[int, float]:
    return {int(pdg): mass for pdg, mass in point["produced"].items()}


def main() -> int:
    """Run the step; 65 if there is no cross section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--point", type=Path, required=True)
    parser.add_argument("--xsec-fb", type=float, required=True, help="0: look it up")
    parser.add_argument("--accept", type=lambda text: text.lower() == "true", default=False)
    parser.add_argument("--squark-table", type=Path, required=True)
    parser.add_argument("--gluino-table", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--uses", nargs="*", help="modules that are imported, named so that they come along")
    args = parser.parse_args()
    tables = {"squark": args.squark_table, "gluino": args.gluino_table}
    try:
        rate = rate_of(json.loads(args.point.read_bytes()), args.xsec_fb, tables, args.accept)
    except (Refused, FarFromTable) as problem:
        print(f"refused: {problem}", file=sys.stderr)
        return os.EX_DATAERR
    args.output.write_text(json.dumps(rate._asdict(), indent=1, allow_nan=False) + "\n")
    print(f"cross section {rate.xsec_fb:.4g} fb, {rate.source}")
    for note in rate.notes:
        print(f"note: {note}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
