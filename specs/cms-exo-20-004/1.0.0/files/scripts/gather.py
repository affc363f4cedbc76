"""Gather the fits of all signals: limits, yields, a table, what others found, and lines of exclusion.

The order of the arguments does not matter: rows are sorted by model, masses and names. A signal without a cross section
has upper limits and nothing else: it is neither excluded nor not excluded, and no mass limit or line comes of it.
The same file lies in every bundle that fits counts (a test compares them).
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
BANDS = ("cls_exp", "mu_ul_exp", "xsec_ul_exp_fb")

Theirs = dict[tuple[Any, ...], dict[str, Any]]


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


def limits_of_others(document: dict[str, Any]) -> Theirs:
    """Return the limits that ours are compared with, by model and masses."""
    return {
        (model, *(float(mass) for mass in row["masses_gev"])): {
            "xsec_ul_obs_fb": row["xsec_ul_obs_fb"], "xsec_ul_exp_fb": row.get("xsec_ul_exp_fb"),
            "source": document["source"],
        }
        for model, rows in document["models"].items()
        for row in rows
    }  # fmt: skip


def comparison(limits: list[dict[str, Any]], theirs: Theirs, whose: str) -> dict[str, Any]:
    """Return our limits beside theirs, as a table whose column names say whose they are."""
    pairs = [(one, theirs[place(one["point"])]["xsec_ul_obs_fb"]) for one in limits if place(one["point"]) in theirs]
    rows = [
        [one["point"]["name"], one["xsec_ul_obs_fb"], known, one["xsec_ul_obs_fb"] / known]
        for one, known in pairs
        if one.get("xsec_ul_obs_fb") is not None
    ]
    columns = [{"name": "point"}, {"name": "ours", "unit": "fb"}, {"name": whose, "unit": "fb"}, {"name": "ratio"}]
    return {"columns": columns, "rows": rows, "notes": [] if rows else [f"no limit of {whose} for these signals"]}


def mass_limits(limits: list[dict[str, Any]]) -> dict[str, Any]:
    """Return up to which mass each model with a single mass is excluded: where limit and cross section cross."""
    rows = []
    tested = [limit for limit in limits if "xsec_fb" in limit["point"] and len(place(limit["point"])) == 2]
    for model in sorted({limit["point"]["model"] for limit in tested if "model" in limit["point"]}):
        chosen = [limit for limit in tested if limit["point"]["model"] == model]
        observed = [(place(limit["point"])[1], excess(limit, limit.get("xsec_ul_obs_fb"))) for limit in chosen]
        expected = [
            (place(limit["point"])[1], excess(limit, (limit.get("xsec_ul_exp_fb") or [None] * 5)[2]))
            for limit in chosen
        ]
        if len(chosen) > 1:
            rows.append([model, crossing(observed), crossing(expected)])
    columns = [{"name": "model"}, {"name": "observed", "unit": "GeV"}, {"name": "expected", "unit": "GeV"}]
    notes = [] if rows else ["no model with a single mass at several masses, with a cross section at each"]
    return {"columns": columns, "rows": rows, "notes": [*notes, f"expected: {slices.EXPECTED}"]}


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


def is_excluded(limit: dict[str, Any]) -> bool | None:
    """Return whether a signal is excluded at 95% CL; None without a verdict."""
    return None if limit["cls_obs"] is None or limit.get("undecided") else limit["cls_obs"] < ALPHA


def csv_row(limit: dict[str, Any], theirs: Theirs, whose: str) -> dict[str, Any]:
    """Return one line of the CSV table."""
    row = {**limit["point"], **{key: limit.get(key) for key in ("cls_obs", "mu_ul_obs", "xsec_ul_obs_fb")}}
    for key in BANDS:
        row |= {f"{key}_{name}": value for name, value in zip(BAND, limit.get(key) or [None] * len(BAND))}
    row["excluded"] = {True: "yes", False: "no", None: "no verdict"}[is_excluded(limit)]
    row[f"{whose} xsec_ul_obs_fb"] = theirs.get(place(limit["point"]), {}).get("xsec_ul_obs_fb")
    return row | {"expected": slices.EXPECTED, "notes": "; ".join(limit["notes"])}


def write_csv(rows: list[dict[str, Any]], path: Path) -> None:
    """Write the limits as CSV, one line a signal."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, fieldnames=columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def arguments() -> argparse.Namespace:
    """Return the command line's arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--published", type=Path, required=True, help="limits of the paper, or of another search")
    parser.add_argument("--figure", type=Path, required=True, help="JSON: the slices that signals can lie in")
    for name in ("limits", "table", "yields", "comparison", "mass-limits", "contour"):
        parser.add_argument(f"--{name}", type=Path, required=True, help="written")
    parser.add_argument("parts", nargs="+", type=Path)
    return parser.parse_args()


def main() -> int:
    """Run the step."""
    args = arguments()
    os.environ.setdefault("MPLCONFIGDIR", tempfile.mkdtemp())
    document, figure = json.loads(args.published.read_bytes()), json.loads(args.figure.read_bytes())
    theirs, whose = limits_of_others(document), document["whose"]
    parts = [row for path in args.parts for row in json.loads(path.read_bytes())]
    limits = sorted((part["limit"] for part in parts), key=sort_key)
    known = {} if document["is_another_search"] else theirs
    limits = [
        limit | ({"published": known[place(limit["point"])]} if place(limit["point"]) in known else {})
        for limit in limits
    ]
    made = {
        "limits": limits,
        "yields": sorted((part["yields"] for part in parts), key=sort_key),
        "comparison": comparison(limits, theirs, whose),
        "mass_limits": mass_limits(limits),
        "contour": slices.contour_table(limits, figure["figures"]),
    }
    for name, value in made.items():
        getattr(args, name).write_text(json.dumps(value, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    write_csv([csv_row(limit, theirs, whose) for limit in limits], args.table)
    verdicts = [is_excluded(limit) for limit in limits]
    print(f"{len(limits)} signals, {verdicts.count(True)} excluded at 95% CL, {verdicts.count(None)} without a verdict")
    return 0


if __name__ == "__main__":
    sys.exit(main())
