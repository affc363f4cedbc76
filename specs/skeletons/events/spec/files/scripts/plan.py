"""The seeds of the batches: the first one, then one more for each, so that a batch can be made again by itself."""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def main() -> None:
    """Write the seeds; JSON is YAML."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    seeds = [args.seed + index for index in range(args.batches)]
    args.output.write_text(json.dumps({"seeds": seeds}) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
