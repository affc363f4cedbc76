"""Gather the fits of all points into one table, JSON and CSV, with the published value beside ours where one is known.

For each mass point the region of the smallest expected CLs is picked (never the observed one): the best ones give the
contour and are compared with the published limits. The order of the arguments does not matter: rows are sorted by
region and masses.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import slices

ALPHA = 0.05
BAND = ("minus2sigma", "minus1sigma", "median", "plus1sigma", "plus2sigma")
MASSES = ("m_sbottom_gev", "m_neutralino2_gev", "m_neutralino1_gev")
BOUNDS = ("mu_ul_obs", "xsec_ul_obs_fb")
COLUMNS = (
    "point", "region", *MASSES, "cls_obs", *(f"cls_exp_{name}" for name in BAND),
    "expected", *BOUNDS, "excluded", "published_cls_obs", "relative_deviation", "notes",
)  # fmt: skip


def sort_key(limit: dict[str, Any]) -> tuple[Any, ...]:
    """Order limits by region, then masses."""
    point = limit["point"]
    return (point["region"], *(point.get(mass, math.inf) for mass in MASSES), point["name"])


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
        **{mass: point.get(mass) for mass in MASSES},
        "cls_obs": repr(ours),
        **{f"cls_exp_{name}": repr(value) for name, value in zip(BAND, limit["cls_exp"])},
        "expected": slices.EXPECTED,
        "excluded": "undecided" if "undecided" in limit else "yes" if ours < ALPHA else "no",
        **{key: limit.get(key) for key in BOUNDS},
        "published_cls_obs": "" if theirs is None else repr(theirs),
        "relative_deviation": "" if theirs is None else f"{ours / theirs - 1:.2e}",
        "notes": "; ".join(limit["notes"]),
    }


def signal_of(limit: dict[str, Any]) -> tuple[Any, ...]:
    """Return what tells signals apart: the masses, or the name of an own signal."""
    point = limit["point"]
    known = tuple(point.get(mass) for mass in MASSES)
    return known if None not in known else (point["name"].partition("/")[2],)


def best(limits: list[dict[str, Any]], bounds: dict[str, Any]) -> list[dict[str, Any]]:
    """Return for each signal the limit of the region with the smallest median expected CLs.

    A signal with a published limit on the cross section gets it; `published` of the CLs values stays with its region.
    """
    chosen: dict[tuple[Any, ...], dict[str, Any]] = {}
    for limit in sorted(limits, key=lambda limit: (limit["cls_exp"][2], sort_key(limit))):
        chosen.setdefault(signal_of(limit), limit)
    known = {tuple(row[:3]): row[3] for row in bounds["rows"]}
    rows = []
    for signal, limit in chosen.items():
        theirs = {"xsec_ul_obs_fb": known[signal], "source": bounds["source"]} if signal in known else None
        name = limit["point"]["name"].partition("/")[2]
        picked = {key: value for key, value in limit.items() if key != "published"}
        picked["point"] = {**limit["point"], "name": name, "best_expected_region": limit["point"]["region"]}
        rows.append({**picked, "published": theirs} if theirs else picked)
    return sorted(rows, key=lambda row: sort_key(row)[1:])


def agreement(chosen: list[dict[str, Any]]) -> dict[str, Any]:
    """Return how often our verdict is that of the published limit against the cross section, and where it is not."""
    rows = [row for row in chosen if "published" in row and "xsec_fb" in row["point"]]
    pairs = [(row, row["published"]["xsec_ul_obs_fb"] < row["point"]["xsec_fb"]) for row in rows]
    others = [
        f"{row['point']['name']}: our CLs is {row['cls_obs']:.3g}, the published limit is "
        f"{row['published']['xsec_ul_obs_fb'] / row['point']['xsec_fb']:.2g} of the cross section"
        for row, theirs in pairs
        if (row["cls_obs"] < ALPHA) != theirs
    ]
    same = len(pairs) - len(others)
    columns = [{"name": name} for name in ("points", "agree", "fraction")]
    return {"columns": columns, "rows": [[len(pairs), same, same / len(pairs) if pairs else None]], "notes": others}


def with_error(limit: dict[str, Any], table: dict[str, Any]) -> dict[str, Any]:
    """Return a limit with the uncertainty of its point's cross section, if that is the one of the table."""
    point = limit["point"]
    for mass, xsec, error in table["rows"]:
        if (point.get("m_sbottom_gev"), point.get("xsec_fb")) == (mass, xsec):
            return {**limit, "point": {**point, "xsec_error_fb": error}}
    return limit


def contour(chosen: list[dict[str, Any]], figures: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the lines of exclusion in each of the two planes: m(neutralino1) of 60 GeV, or 130 GeV below."""
    os.environ.setdefault("MPLCONFIGDIR", tempfile.mkdtemp())
    return slices.contour_table(chosen, figures)


def write_json(path: Path | None, value: Any) -> None:
    """Write a document, if somebody wants it."""
    if path is not None:
        path.write_text(json.dumps(value, indent=1, allow_nan=False) + "\n")


def write_csv(path: Path, limits: list[dict[str, Any]]) -> None:
    """Write the limits as CSV, one line a region and point."""
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(map(csv_row, limits))


def main() -> int:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--published", type=Path, required=True)
    parser.add_argument("--bounds", type=Path, help="published upper limits on the cross section")
    parser.add_argument("--xsec", type=Path, help="cross sections with their uncertainties")
    parser.add_argument("--figure", type=Path, help="JSON: the slices that signals can lie in")
    for name in ("json", "csv"):
        parser.add_argument(f"--{name}", type=Path, required=True, help="written")
    for name in ("best", "agreement", "contour", "yields"):
        parser.add_argument(f"--{name}", type=Path, help="written")
    parser.add_argument("limits", nargs="+", type=Path)
    args = parser.parse_args()
    fits = [json.loads(path.read_bytes()) for path in args.limits]
    if args.xsec is not None:
        fits = [with_error(fit, json.loads(args.xsec.read_bytes())) for fit in fits]
    yields = [{"point": fit["point"], "regions": fit.pop("regions", [])} for fit in sorted(fits, key=sort_key)]
    limits = gather(fits, json.loads(args.published.read_bytes()))
    write_json(args.json, limits)
    write_csv(args.csv, limits)
    write_json(args.yields, yields)
    if args.bounds is not None:
        chosen = best(limits, json.loads(args.bounds.read_bytes()))
        write_json(args.best, chosen)
        write_json(args.agreement, agreement(chosen))
        if args.figure is not None:
            write_json(args.contour, contour(chosen, json.loads(args.figure.read_bytes())["figures"]))
    print(f"gathered {len(limits)} points, {sum(limit['cls_obs'] < ALPHA for limit in limits)} excluded at 95% CL")
    return 0


if __name__ == "__main__":
    sys.exit(main())
