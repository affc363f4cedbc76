"""Draw the bins of the search with one of the signals. What is drawn is what `gather.py` makes of the fits."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import bins
import gather


def main() -> int:
    """Run the step."""
    parser = gather.with_inputs(argparse.ArgumentParser(description=__doc__))
    for name in ("png", "pdf"):
        parser.add_argument(f"--{name}", type=Path, required=True, help="written")
    args = parser.parse_args()
    parts, look = gather.read_parts(args.parts), json.loads(args.figure.read_bytes())
    limits = gather.limits_of(parts, json.loads(args.published.read_bytes()))
    bins.draw_one(limits, gather.yields_of(parts), look, [args.png, args.pdf])
    return 0


if __name__ == "__main__":
    sys.exit(main())
