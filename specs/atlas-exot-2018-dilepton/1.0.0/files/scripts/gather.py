"""Gather all masses: the limits in order, and the mass up to which the model is excluded, observed and expected.

The limit on the mass is where the upper limit on mu becomes 1: log mu is taken linear in the mass between two masses.
Standard library only; the order of the masses does not matter.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

__all__ = ["crossing_gev", "main", "mass_limits"]

BAND = ("minus2sigma", "minus1sigma", "median", "plus1sigma", "plus2sigma")


def crossing_gev(masses: Sequence[float], limits: Sequence[float]) -> float | None:
    """Return the largest mass at which the limit on mu rises through 1, or None if it does not between these masses."""
    found = None
    for (low, one), (high, other) in zip(zip(masses, limits), zip(masses[1:], limits[1:])):
        if one <= 1.0 < other:
            found = low + (high - low) * math.log(1.0 / one) / math.log(other / one)
    return found


def mass_limits(limits: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the table of mass limits in TeV: observed, and expected at -2 to +2 sigma of the limit on mu."""
    masses = [limit["point"]["m_zprime_gev"] for limit in limits]
    curves = [("observed", [limit["mu_ul_obs"] for limit in limits])]
    curves += [(f"expected_{name}", [limit["mu_ul_exp"][i] for limit in limits]) for i, name in enumerate(BAND)]
    rows, notes = [], []
    for name, curve in curves:
        found = crossing_gev(masses, curve)
        rows.append([name, None if found is None else found / 1000.0])
        if found is None:
            word = (
                "all of these masses are excluded"
                if curve[-1] <= 1.0
                else "the highest of these masses are not excluded"
            )
            notes.append(f"{name}: the limit on mu does not rise through 1 between these masses ({word})")
    notes += [
        f"undecided at {limit['point']['m_zprime_gev']:g} GeV: {limit['undecided']}"
        for limit in limits
        if "undecided" in limit
    ]
    columns = [{"name": "curve"}, {"name": "mass_limit", "unit": "TeV"}]
    return {"columns": columns, "rows": rows, "notes": [f"model {limits[0]['point']['model']}", *notes]}


def main() -> int:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limits", type=Path, required=True)
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--yields", type=Path, required=True)
    parser.add_argument("--fits", nargs="+", type=Path, required=True)
    args = parser.parse_args()
    limits = [json.loads(path.read_bytes()) for path in args.fits]
    limits.sort(key=lambda limit: limit["point"]["m_zprime_gev"])
    args.limits.write_text(json.dumps(limits, indent=1, allow_nan=False) + "\n")
    table = mass_limits(limits)
    args.table.write_text(json.dumps(table, indent=1, allow_nan=False) + "\n")
    regions = [
        {
            "region": f"{limit['point']['m_zprime_gev']:g} GeV",
            "signal": limit["point"]["signal_events"],
            "signal_error": limit["point"]["signal_error"],
        }
        for limit in limits
    ]
    args.yields.write_text(json.dumps({"regions": regions}, indent=1, allow_nan=False) + "\n")
    observed = table["rows"][0][1]
    print("no limit on the mass between these masses" if observed is None else f"excluded below {observed:.2f} TeV")
    return 0


if __name__ == "__main__":
    sys.exit(main())
