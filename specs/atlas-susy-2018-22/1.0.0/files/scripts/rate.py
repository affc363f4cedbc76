"""Second step: the cross section in fb, the user's, the file's, or the table's, with uncertainty and source."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from crosssection import FB_PER_PB, Rate, from_spectrum, from_table
from slha import CrossSection, Refused

__all__ = ["main", "rate_of"]

STATED_BY = {"lhe": "<init> of the LHE file", "hepmc": "GenCrossSection of the HepMC3 file's last event"}


def rate_of(point: dict[str, Any], xsec_fb: float, tables: dict[str, Path]) -> Rate:
    """Return the cross section of a point; raise Refused if there is none."""
    if xsec_fb > 0.0:
        return Rate(xsec_fb, None, "given by the user (xsec_fb)")
    if point["process"] in STATED_BY:
        if point["file_xsec_pb"] <= 0.0:
            raise Refused("the file of events states no cross section: give xsec_fb")
        stated_by = STATED_BY[point["process"]]
        return Rate(point["file_xsec_pb"] * FB_PER_PB, None, f"{stated_by} (the generator's order)")
    sections = tuple(CrossSection(float(e), tuple(pdgs), int(o), float(v)) for e, pdgs, o, v in point["sections"])
    produced = {int(pdg): mass for pdg, mass in point["produced"].items()}
    found = from_spectrum(sections, point["process"])
    return found or from_table(tables[point["process"]], point["process"], produced)


def main() -> int:
    """Run the step; 65 if there is no cross section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--point", type=Path, required=True)
    parser.add_argument("--xsec-fb", type=float, required=True, help="0: look it up")
    parser.add_argument("--squark-table", type=Path, required=True)
    parser.add_argument("--gluino-table", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--uses", nargs="*", help="modules that are imported, named so that they come along")
    args = parser.parse_args()
    tables = {"squark": args.squark_table, "gluino": args.gluino_table}
    try:
        rate = rate_of(json.loads(args.point.read_bytes()), args.xsec_fb, tables)
    except Refused as problem:
        print(f"refused: {problem}", file=sys.stderr)
        return os.EX_DATAERR
    args.output.write_text(json.dumps(rate._asdict(), indent=1, allow_nan=False) + "\n")
    print(f"cross section {rate.xsec_fb:.4g} fb, {rate.source}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
