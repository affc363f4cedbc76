"""Gather the fits of all points into one table, JSON and CSV, with the published value beside ours where one is known.

The order of the arguments does not matter: rows are sorted by region and masses. Standard library only.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path
from typing import Any

ALPHA = 0.05
BAND = ("minus2sigma", "minus1sigma", "median", "plus1sigma", "plus2sigma")
MASSES = ("m_sbottom_gev", "m_neutralino2_gev", "m_neutralino1_gev")
COLUMNS = (
    "point", "region", *MASSES, "cls_obs", *(f"cls_exp_{name}" for name in BAND),
    "excluded", "published_cls_obs", "relative_deviation", "notes",
)  # fmt: skip


def sort_key(limit: dict[str, Any]) -> tuple[Any, ...]:
    """Order limits by region, then masses."""
    point = limit["point"]
    return (point["region"], *(point[mass] for mass in MASSES))


def gather(limits: list[dict[str, Any]], published: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the limits in order, each with `published` (cls_obs, cls_exp, source) where the point has one."""
    rows = []
    for limit in sorted(limits, key=sort_key):
        known = published["points"].get(limit["point"]["name"])
        rows.append({**limit, "published": {**known, "source": published["source"]}} if known else limit)
    return rows


def csv_row(limit: dict[str, Any]) -> dict[str, Any]:
    """Return one line of the CSV table."""
    point, ours = limit["point"], limit["cls_obs"]
    theirs = limit.get("published", {}).get("cls_obs")
    return {
        "point": point["name"],
        "region": point["region"],
        **{mass: point[mass] for mass in MASSES},
        "cls_obs": repr(ours),
        **{f"cls_exp_{name}": repr(value) for name, value in zip(BAND, limit["cls_exp"])},
        "excluded": "yes" if ours < ALPHA else "no",
        "published_cls_obs": "" if theirs is None else repr(theirs),
        "relative_deviation": "" if theirs is None else f"{ours / theirs - 1:.2e}",
        "notes": "; ".join(limit["notes"]),
    }


def main() -> int:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--published", type=Path, required=True)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--csv", type=Path, required=True)
    parser.add_argument("limits", nargs="+", type=Path)
    args = parser.parse_args()
    limits = gather([json.loads(path.read_bytes()) for path in args.limits], json.loads(args.published.read_bytes()))
    args.json.write_text(json.dumps(limits, indent=1, allow_nan=False) + "\n")
    with args.csv.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(map(csv_row, limits))
    print(f"gathered {len(limits)} points, {sum(limit['cls_obs'] < ALPHA for limit in limits)} excluded at 95% CL")
    return 0


if __name__ == "__main__":
    sys.exit(main())
