"""First step: check masses and couplings, one list entry a mass for what follows; the seed of mass i is base + i."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from couplings import NAMES, couplings_of

__all__ = ["main"]


def main() -> int:
    """Run the step; 1 if the couplings make no signal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--couplings", nargs="*", type=float, default=[], help=" ".join(NAMES))
    parser.add_argument("--masses", nargs="+", type=float, required=True, help="in GeV")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--model-file", type=Path, required=True)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--uses", nargs="*", help="modules that are imported, named so that they come along")
    args = parser.parse_args()
    try:
        couplings = couplings_of(args.model, args.couplings)
    except ValueError as problem:
        print(f"refused: {problem}", file=sys.stderr)
        return os.EX_DATAERR
    masses = sorted(set(args.masses))
    index = {
        "masses": masses,
        "seeds": [args.seed + number for number in range(len(masses))],
        "model": str(args.model_file),
    }
    args.model_file.write_text(json.dumps({"model": args.model, "couplings": couplings}, indent=1) + "\n")
    args.index.write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")  # JSON is YAML
    print(f"{args.model}: {len(masses)} masses")
    return 0


if __name__ == "__main__":
    sys.exit(main())
