"""Gather the fits of all signals: limits, yields, a table, the ratio to published limits, and contours.

The order of the arguments does not matter: rows are sorted by model, masses and names.
The same file lies in every bundle that fits counts (a test compares them).
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import sys
from pathlib import Path
from typing import Any

import contours

ALPHA = 0.05
BAND = ("minus2sigma", "minus1sigma", "median", "plus1sigma", "plus2sigma")
BANDS = ("cls_exp", "mu_ul_exp", "xsec_ul_exp_fb")

Published = dict[tuple[Any, ...], dict[str, Any]]


def masses_of(point: dict[str, Any]) -> list[str]:
    """Return the names of the masses in a point."""
    return [key for key in point if key.startswith("m_") and key.endswith("_gev")]


def place(point: dict[str, Any]) -> tuple[Any, ...]:
    """Return model and masses of a point."""
    return point.get("model", "~"), *(point[key] for key in masses_of(point))


def sort_key(row: dict[str, Any]) -> tuple[Any, ...]:
    """Order rows by model, masses and name; own signals come last."""
    model, *masses = place(row["point"])
    return model, masses, row["point"]["name"]


def published_limits(document: dict[str, Any]) -> Published:
    """Return the published limits by model and masses."""
    return {
        (model, *(float(mass) for mass in row["masses_gev"])): {
            "xsec_ul_obs_fb": row["xsec_ul_obs_fb"], "xsec_ul_exp_fb": row.get("xsec_ul_exp_fb"),
            "source": document["source"],
        }
        for model, rows in document["models"].items()
        for row in rows
    }  # fmt: skip


def ratios(limits: list[dict[str, Any]]) -> dict[str, Any]:
    """Return our limits beside the published ones, as a table."""
    rows = [
        [
            limit["point"]["name"], limit["xsec_ul_obs_fb"], limit["published"]["xsec_ul_obs_fb"],
            limit["xsec_ul_obs_fb"] / limit["published"]["xsec_ul_obs_fb"],
        ]
        for limit in limits
        if "published" in limit and limit.get("xsec_ul_obs_fb") is not None
    ]  # fmt: skip
    columns = [
        {"name": "point"},
        {"name": "ours", "unit": "fb"},
        {"name": "published", "unit": "fb"},
        {"name": "ratio"},
    ]
    return {"columns": columns, "rows": rows, "notes": [] if rows else ["no published limit for these signals"]}


def mass_limits(limits: list[dict[str, Any]]) -> dict[str, Any]:
    """Return up to which mass each model with a single mass is excluded: where limit and cross section cross."""
    rows = []
    for model in sorted({limit["point"].get("model", "") for limit in limits} - {""}):
        chosen = [limit for limit in limits if limit["point"].get("model") == model and len(place(limit["point"])) == 2]
        observed = [(place(limit["point"])[1], excess(limit, limit.get("xsec_ul_obs_fb"))) for limit in chosen]
        expected = [
            (place(limit["point"])[1], excess(limit, (limit.get("xsec_ul_exp_fb") or [None] * 5)[2]))
            for limit in chosen
        ]
        if len(chosen) > 1:
            rows.append([model, crossing(observed), crossing(expected)])
    columns = [{"name": "model"}, {"name": "observed", "unit": "GeV"}, {"name": "expected", "unit": "GeV"}]
    return {
        "columns": columns,
        "rows": rows,
        "notes": [] if rows else ["no model with a single mass at several masses"],
    }


def excess(limit: dict[str, Any], bound_fb: float | None) -> float:
    """Return log(cross section / its upper limit): above 0 where excluded; -infinity without a limit."""
    return -math.inf if bound_fb is None else math.log(limit["point"]["xsec_fb"] / bound_fb)


def crossing(values: list[tuple[float, float]]) -> float | None:
    """Return the highest mass at which a value falls through 0, linear between points; None if it never does."""
    pairs = [pair for pair in zip(values, values[1:]) if pair[0][1] >= 0.0 > pair[1][1] > -math.inf]
    if not pairs:
        return None
    (low, above), (high, below) = pairs[-1]
    return low + (high - low) * above / (above - below)


def csv_row(limit: dict[str, Any]) -> dict[str, Any]:
    """Return one line of the CSV table."""
    row = {**limit["point"], **{key: limit.get(key) for key in ("cls_obs", "mu_ul_obs", "xsec_ul_obs_fb")}}
    for key in BANDS:
        row |= {f"{key}_{name}": value for name, value in zip(BAND, limit.get(key) or [None] * len(BAND))}
    row["excluded"] = "yes" if limit["cls_obs"] < ALPHA else "no"
    row["published_xsec_ul_obs_fb"] = limit.get("published", {}).get("xsec_ul_obs_fb")
    return row | {"notes": "; ".join(limit["notes"])}


def write_csv(limits: list[dict[str, Any]], path: Path) -> None:
    """Write the limits as CSV, one line a signal."""
    rows = [csv_row(limit) for limit in limits]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, fieldnames=columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def contour_table(limits: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the lines of CLs = 0.05 and of the published limit in the plane of the model that has most points."""
    planes: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for limit in limits:
        planes.setdefault((limit["point"].get("model", "~"), *masses_of(limit["point"])), []).append(limit)
    (_, *axes), chosen = max(planes.items(), key=lambda item: len(item[1]))
    if len(axes) != 2:
        return contours.table({}, ())
    curves = contours.of_limits(chosen, axes)
    theirs = [
        (*place(limit["point"])[1:], math.log(limit["point"]["xsec_fb"] / limit["published"]["xsec_ul_obs_fb"]))
        for limit in chosen
        if "published" in limit
    ]
    if curves and (line := contours.lines(theirs, 0.0)):
        curves["published"] = line
    return contours.table(curves, axes)


def main() -> int:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--published", type=Path, required=True)
    for name in ("limits", "table", "yields", "comparison", "mass-limits", "contour"):
        parser.add_argument(f"--{name}", type=Path, required=True, help="written")
    parser.add_argument("parts", nargs="+", type=Path)
    args = parser.parse_args()
    known = published_limits(json.loads(args.published.read_bytes()))
    parts = [row for path in args.parts for row in json.loads(path.read_bytes())]
    limits = sorted((part["limit"] for part in parts), key=sort_key)
    limits = [
        limit | ({"published": known[place(limit["point"])]} if place(limit["point"]) in known else {})
        for limit in limits
    ]
    made = {
        "limits": limits,
        "yields": sorted((part["yields"] for part in parts), key=sort_key),
        "comparison": ratios(limits),
        "mass_limits": mass_limits(limits),
        "contour": contour_table(limits),
    }
    for name, value in made.items():
        getattr(args, name).write_text(json.dumps(value, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    write_csv(limits, args.table)
    print(f"{len(limits)} signals, {sum(limit['cls_obs'] < ALPHA for limit in limits)} excluded at 95% CL")
    return 0


if __name__ == "__main__":
    sys.exit(main())
