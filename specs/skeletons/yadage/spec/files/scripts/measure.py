"""One point: replace the formula by what your analysis does."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path


def efficiency(mass_gev: float) -> float:
    """Return a made-up efficiency that rises with the mass."""
    return 1.0 - math.exp(-mass_gev / 1000.0)


def main() -> None:
    """Write the point's answer as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mass-gev", type=float, required=True)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    answer = {"mass_gev": args.mass_gev, "efficiency": efficiency(args.mass_gev)}
    args.output.write_text(json.dumps(answer) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
