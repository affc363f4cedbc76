"""Last step of the statistics: the most sensitive region by expected CLs, and its limits; all regions as a table.

Standard library only. The order of the fits does not matter.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from regions import LUMINOSITY_INV_FB
from undecided import ENOUGH, LEAST_CLS, by_events, by_toys, without_events

__all__ = ["best_row", "limit_of", "main", "table_of"]

NO_EVENT_OF_95CL = 3.0  # -ln(0.05): the mean of a Poisson that gives no event in 5 % of all cases
RARE = 10
LARGE_ERROR = 0.3


def _sensitivity(row: dict[str, Any]) -> tuple[float, float, str]:
    # CLs values below LEAST_CLS are all "excluded"; then the expected limit on mu tells regions apart.
    return max(row["cls_exp"][2], LEAST_CLS), row["mu_ul_exp"][2], row["region"]


def best_row(rows: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the row with the smallest expected CLs, or None if no region has signal."""
    return min((row for row in rows if "cls_exp" in row), key=_sensitivity, default=None)


def effective_of(row: dict[str, Any], signal: dict[str, Any]) -> float:
    """Return how many unweighted events with the same error are left where a row is from."""
    in_all: float = signal["searches"].get(row["region"], {}).get("effective", row["raw"])
    known: float = row.get("effective", in_all)
    return known


def limit_of(rows: Sequence[dict[str, Any]], signal: dict[str, Any]) -> dict[str, Any]:
    """Return the limit: CLs at mu = 1, upper limits on mu and on the cross section in fb, notes, and `undecided`.

    Regions with too few generated events are chosen only if there is no other: what is not data may choose.
    """
    known = [row for row in rows if effective_of(row, signal) >= ENOUGH]
    best = best_row(known) or best_row(rows)
    if best is None:
        return _without_events(rows, signal)
    xsec_fb, notes = signal["rate"]["xsec_fb"], _notes(best, best_row(rows) or best, signal)
    reason = by_events(best["mu_ul_obs"], effective_of(best, signal), signal.get("generated", best["raw"]))
    if not reason and best.get("toys"):
        reason = by_toys(best["cls_obs"], best["toys"])
    return {
        "point": {**signal["point"], "region": best["region"], "xsec_fb": xsec_fb},
        "cls_obs": best["cls_obs"],
        "cls_exp": best["cls_exp"],
        "expected_convention": "fitted",
        "mu_ul_obs": best["mu_ul_obs"],
        "mu_ul_exp": best["mu_ul_exp"],
        "xsec_ul_obs_fb": best["mu_ul_obs"] * xsec_fb,
        "xsec_ul_exp_fb": [value * xsec_fb for value in best["mu_ul_exp"]],
        **({"toys": best["toys"]} if best.get("toys") else {}),
        **({"undecided": reason} if reason else {}),
        "notes": notes,
    }


def _notes(best: dict[str, Any], sharper: dict[str, Any], signal: dict[str, Any]) -> list[str]:
    """Return what is to be said of the region that was chosen, `sharper` being the one with the smallest CLs of all."""
    notes = [*signal["notes"], *best["notes"], f"region chosen by expected CLs: {best['region']}"]
    if sharper["region"] != best["region"]:
        few = f"{sharper['raw']} generated events are too few there"
        notes.append(f"{sharper['region']} may be more sensitive, but {few}")
    if best["raw"] < RARE:
        notes.append(f"only {best['raw']} generated events are left in {best['region']}: generate more")
    if signal["searches"][best["region"]]["relative_error"] > LARGE_ERROR:
        notes.append("the Monte Carlo error of the signal is above 30 %")
    return notes


def _without_events(rows: Sequence[dict[str, Any]], signal: dict[str, Any]) -> dict[str, Any]:
    """Return what the data still say if no generated event is left: no limit, and a bound that the true one is above.

    The efficiency is below 3/N at 95 % CL (N generated events), so the limit on the cross section is above
    S95 / (luminosity x 3/N), S95 being the limit on visible events of the region with the lowest expected one. It is
    not an upper limit, and not written as one: what lies between it and the true limit is not excluded.
    """
    counting = [row for row in rows if "s95_exp" in row and not row["notes"]]
    best = min(counting, key=lambda row: (row["s95_exp"][2], row["region"]))
    efficiency = NO_EVENT_OF_95CL / max(signal["effective"], NO_EVENT_OF_95CL)
    bound_fb, xsec_fb = best["s95_obs"] / (LUMINOSITY_INV_FB * efficiency), signal["rate"]["xsec_fb"]
    reason = without_events(xsec_fb, bound_fb, signal["generated"])
    notes = [
        *signal["notes"],
        f"no generated event of {signal['generated']} is left in any region: CLs is 1, and there is no upper limit",
        f"the true upper limit on the cross section is above {bound_fb:.3g} fb: from the largest efficiency that "
        f"{signal['generated']} events allow ({efficiency:.2g}, 95% CL); generate more",
        f"from the data alone: {best['region']} has room for {best['s95_obs']:.3g} visible signal events",
    ]
    return {
        "point": {**signal["point"], "region": best["region"], "xsec_fb": xsec_fb},
        "cls_obs": 1.0,
        "cls_exp": [1.0] * 5,
        "expected_convention": "fitted",
        "mu_ul_obs": None,
        "mu_ul_exp": None,
        **({"undecided": reason} if reason else {}),
        "notes": notes,
    }


def table_of(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return all regions as a table; a region without signal has no CLs, a multi-bin search no visible limit."""
    columns = [
        ("region", ""), ("generated_events", ""), ("cls_obs", ""), ("cls_exp", ""), ("mu_ul_obs", ""),
        ("mu_ul_exp", ""),
        ("s95_obs", "events"), ("s95_exp", "events"), ("visible_xsec_ul_obs", "fb"), ("visible_xsec_ul_exp", "fb"),
    ]  # fmt: skip
    body = [_table_row(row) for row in sorted(rows, key=lambda row: row["region"])]
    notes = sorted({f"{row['region']}: {note}" for row in rows for note in row["notes"]})
    if any(min(row["cls_obs"], row["cls_exp"][2]) < LEAST_CLS for row in rows if "cls_obs" in row):
        notes.append(f"a CLs of {LEAST_CLS:g} stands for {LEAST_CLS:g} or less")
    named = [{"name": name, **({"unit": unit} if unit else {})} for name, unit in columns]
    return {"columns": named, "rows": body, "notes": notes}


def _table_row(row: dict[str, Any]) -> list[Any]:
    def median(name: str) -> float | None:
        return row[name][2] if name in row else None

    s95_obs, s95_exp = row.get("s95_obs"), median("s95_exp")
    visible = [None if value is None else value / LUMINOSITY_INV_FB for value in (s95_obs, s95_exp)]
    cls = [None if value is None else max(value, LEAST_CLS) for value in (row.get("cls_obs"), median("cls_exp"))]
    limits = [*cls, row.get("mu_ul_obs"), median("mu_ul_exp")]
    return [row["region"], row["raw"], *limits, s95_obs, s95_exp, *visible]


def main() -> int:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signal", type=Path, required=True)
    parser.add_argument("--limit", type=Path, required=True)
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--uses", nargs="*", help="modules that are imported, named so that they come along")
    parser.add_argument("--fits", nargs="+", type=Path, required=True)
    args = parser.parse_args()
    rows = [row for path in args.fits for row in json.loads(path.read_bytes())]
    signal = json.loads(args.signal.read_bytes())
    limit = limit_of(rows, signal)
    args.limit.write_text(json.dumps(limit, indent=1, allow_nan=False) + "\n")
    args.table.write_text(json.dumps(table_of(rows), indent=1, allow_nan=False) + "\n")
    observed, expected = (max(value, LEAST_CLS) for value in (limit["cls_obs"], limit["cls_exp"][2]))
    print(f"{limit['point']['region']}: CLs observed {observed:.3g}, expected {expected:.3g} ({LEAST_CLS:g}: or less)")
    if "undecided" in limit:
        print(f"undecided: {limit['undecided']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
