"""Gather the fits of all signals: limits, yields, a table, the agreement with the published limits, and lines.

The order of the arguments does not matter: rows are sorted by masses and names.
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
MASSES = ("m_chargino_gev", "m_neutralino_gev")
BAND = ("minus2sigma", "minus1sigma", "median", "plus1sigma", "plus2sigma")
NO_SUCH_LIMIT = {"cls_exp": None, "mu_ul_exp": None, "xsec_ul_exp_fb": None}


def sort_key(row: dict[str, Any]) -> tuple[Any, ...]:
    """Order rows by masses, then by name; own signals without masses come last."""
    point = row["point"]
    return tuple(point.get(mass, math.inf) for mass in MASSES), point["name"]


def with_published(limit: dict[str, Any], published: dict[tuple[int, int], float], source: str) -> dict[str, Any]:
    """Return a limit with the published upper limit on the cross section, where the point has one."""
    known = published.get(tuple(limit["point"].get(mass) for mass in MASSES))
    return limit if known is None else {**limit, "published": {"xsec_ul_obs_fb": known, "source": source}}


def comparison(limits: list[dict[str, Any]], tabulated_gev: set[int]) -> dict[str, Any]:
    """Return how often our verdict is that of the published upper limit against the theory's cross section.

    Only masses whose cross section is tabulated count: between them both verdicts hang on an interpolation.
    """
    rows = []
    for limit in limits:
        point = limit["point"]
        if "published" not in limit or point[MASSES[0]] not in tabulated_gev:
            continue
        theirs = limit["published"]["xsec_ul_obs_fb"] < point["xsec_fb"]
        ours = limit["cls_obs"] < ALPHA
        rows.append([point["name"], ours, theirs, limit["published"]["xsec_ul_obs_fb"] / point["xsec_fb"]])
    same = sum(ours == theirs for _, ours, theirs, _ in rows)
    columns = [{"name": name} for name in ("points", "agree", "fraction")]
    others = [f"{name}: we say {word(ours)}, published {word(theirs)} (their limit is {ratio:.2f} of the cross section)"
              for name, ours, theirs, ratio in rows if ours != theirs]  # fmt: skip
    return {"columns": columns, "rows": [[len(rows), same, same / len(rows) if rows else None]], "notes": others}


def is_excluded(limit: dict[str, Any]) -> bool | None:
    """Return whether a signal is excluded at 95% CL; None without a verdict."""
    return None if limit["cls_obs"] is None or limit.get("undecided") else limit["cls_obs"] < ALPHA


def word(excluded: bool) -> str:
    """Return the verdict as a word."""
    return "excluded" if excluded else "not excluded"


def csv_row(limit: dict[str, Any]) -> dict[str, Any]:
    """Return one line of the CSV table."""
    filled = {**NO_SUCH_LIMIT, **limit}
    row = {**limit["point"], "cls_obs": limit["cls_obs"], "mu_ul_obs": limit["mu_ul_obs"]}
    row["xsec_ul_obs_fb"] = limit.get("xsec_ul_obs_fb")
    for key in NO_SUCH_LIMIT:
        row |= {f"{key}_{name}": value for name, value in zip(BAND, filled[key] or [None] * 5)}
    row["excluded"] = {True: "yes", False: "no", None: "no verdict"}[is_excluded(limit)]
    row["published_xsec_ul_obs_fb"] = limit.get("published", {}).get("xsec_ul_obs_fb")
    return row | {"expected": slices.EXPECTED, "notes": "; ".join(limit["notes"])}


def write_csv(limits: list[dict[str, Any]], path: Path) -> None:
    """Write the limits as CSV, one line a signal."""
    rows = [csv_row(limit) for limit in limits]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, fieldnames=columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def limits_of(parts: list[dict[str, Any]], published: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the limits of all fits in order, each with the published one where there is one."""
    known = {(chargino, neutralino): limit for chargino, neutralino, limit in published["rows"]}
    found = sorted((part["limit"] for part in parts), key=sort_key)
    return [with_published(limit, known, published["source"]) for limit in found]


def yields_of(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the yields of all fits in order."""
    return sorted((part["yields"] for part in parts), key=sort_key)


def gathered(
    parts: list[dict[str, Any]], published: dict[str, Any], xsec: dict[str, Any], figures: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return what the fits make together: limits, yields, the agreement with published limits, lines of exclusion."""
    limits = limits_of(parts, published)
    return {
        "limits": limits,
        "yields": yields_of(parts),
        "agreement": comparison(limits, {mass for mass, _, _ in xsec["rows"]}),
        "contour": slices.contour_table(limits, figures),
    }


def read_and_gathered(args: argparse.Namespace) -> dict[str, Any]:
    """Return what the fits make together, from files."""
    os.environ.setdefault("MPLCONFIGDIR", tempfile.mkdtemp())
    published, xsec, figure = (json.loads(path.read_bytes()) for path in (args.published, args.xsec, args.figure))
    return gathered(read_parts(args.parts), published, xsec, figure["figures"])


def read_parts(paths: list[Path]) -> list[dict[str, Any]]:
    """Return what the fits left: a limit and the yields of each signal."""
    return [row for path in paths for row in json.loads(path.read_bytes())]


def with_inputs(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add the files that fits are gathered from."""
    parser.add_argument("--published", type=Path, required=True)
    parser.add_argument("--xsec", type=Path, required=True)
    parser.add_argument("--figure", type=Path, required=True, help="JSON: the search, its cautions, its slices")
    parser.add_argument("parts", nargs="+", type=Path)
    return parser


def main() -> int:
    """Run the step."""
    parser = with_inputs(argparse.ArgumentParser(description=__doc__))
    for name in ("limits", "table", "yields", "agreement", "contour"):
        parser.add_argument(f"--{name}", type=Path, required=True, help="written")
    args = parser.parse_args()
    made = read_and_gathered(args)
    for name, value in made.items():
        getattr(args, name).write_text(json.dumps(value, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    limits = made["limits"]
    write_csv(limits, args.table)
    verdicts = [is_excluded(limit) for limit in limits]
    print(f"{len(limits)} signals, {verdicts.count(True)} excluded at 95% CL, {verdicts.count(None)} without a verdict")
    return 0


if __name__ == "__main__":
    sys.exit(main())
