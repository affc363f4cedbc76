"""All points as one table result (`recast/results/schemas/table.json`), whatever order they come in."""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def main() -> None:
    """Read the parts, sort them by mass, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("parts", type=Path, nargs="+")
    args = parser.parse_args()
    parts = sorted((json.loads(path.read_bytes()) for path in args.parts), key=lambda part: part["mass_gev"])
    table = {
        "columns": [{"name": "mass", "unit": "GeV"}, {"name": "efficiency"}],
        "rows": [[part["mass_gev"], part["efficiency"]] for part in parts],
    }
    args.output.write_text(json.dumps(table) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
