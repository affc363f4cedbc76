"""Fit some signals to the table of counts: CLs at mu = 1, upper limits on mu and on the cross section, yields.

A fit that fails ends the step with exit code 1 and its reason, naming the signal.
The same file lies in every bundle that fits counts (a test compares them).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import asymptotics
import counts
import numpy as np
import undecided
from asymptotics import FitFailed

FEW_EVENTS = 3
TINY_BACKGROUND = 0.5


def counts_of(table: dict[str, Any], signal: dict[str, Any]) -> counts.Counts:
    """Return the likelihood of a signal; regions are matched by name."""
    regions = table["regions"]
    columns = [[region[key] for region in regions] for key in ("observed", "background")]
    events = [signal["events"][region["name"]] for region in regions]
    observed, background, signals = (np.array(column, dtype=float) for column in (*columns, events))
    return counts.Counts.of(observed, background, np.array(table["covariance"], dtype=float), signals)


def fit(table: dict[str, Any], signal: dict[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    """Return the limit of a signal: `point`, `cls_obs`, `cls_exp`, upper limits, `notes`.

    Without a cross section, CLs and the limits on mu are null.
    """
    likelihood = counts_of(table, signal)
    found = asymptotics.answer(counts.CountsProfile(likelihood), with_upper_limits=True)
    is_tested = "xsec_fb" in signal["point"] or signal["events_for_fb"] is None
    found = asymptotics.in_fb(found, signal["events_for_fb"], is_tested=is_tested)
    notes = [*signal["notes"], *found.pop("notes")]
    if options.toys and not is_tested:
        notes.append("no toys were thrown: CLs needs a cross section, and upper limits are asymptotic")
    if options.toys and is_tested:
        found["cls_obs"], found["cls_exp"] = counts.toy_cls(likelihood, options.toys, options.seed)
        found["toys"] = options.toys
        notes.append(f"CLs from {options.toys} toys each, seed {options.seed}; 0 means below {3 / options.toys:.1g}")
        if reason := undecided.by_toys(found["cls_obs"], options.toys):
            found["undecided"] = reason
    else:
        notes += few_events(table, signal)
    found["expected_convention"] = "fitted"
    return {"point": {**signal["point"], "most_sensitive_region": best_region(table, signal)}, **found, "notes": notes}


def sensitivity(region: dict[str, Any], events: float) -> float:
    """Return the expected significance of a signal in one region, s / sqrt(b + sigma_b^2 + s): no data in it."""
    return events / (region["background"] + region["background_error"] ** 2 + events + 1e-12) ** 0.5


def best_region(table: dict[str, Any], signal: dict[str, Any]) -> str:
    """Return the region that alone would be expected to say most; all of them are fitted."""
    best = max(table["regions"], key=lambda region: sensitivity(region, signal["events"][region["name"]]))
    return str(best["name"])


def few_events(table: dict[str, Any], signal: dict[str, Any]) -> list[str]:
    """Return a note if the region that matters most holds too few events for asymptotic formulae."""
    name = best_region(table, signal)
    region = next(item for item in table["regions"] if item["name"] == name)
    if region["observed"] >= FEW_EVENTS and region["background"] >= TINY_BACKGROUND:
        return []
    held = f"{name} holds {region['observed']:g} events over {region['background']:.2g} expected"
    return [f"asymptotics unreliable: {held}; ask for toys"]


def in_words(limit: dict[str, Any]) -> str:
    """Return the observed CLs, or the limit where there is none."""
    if limit["cls_obs"] is None:
        return f"upper limit {limit['xsec_ul_obs_fb']:.4g} fb"
    return f"CLs observed {limit['cls_obs']:.4g}"


def yields(table: dict[str, Any], signal: dict[str, Any]) -> dict[str, Any]:
    """Return observed, background and signal events of each region, before any fit.

    Without a cross section the signal is that of so many fb as the point's `signal_for_fb` says.
    """
    keys = ("observed", "background", "background_error")
    regions = [
        {"region": region["name"], **{key: region[key] for key in keys}, "signal": signal["events"][region["name"]]}
        for region in table["regions"]
    ]
    for_fb = {} if "xsec_fb" in signal["point"] else {"signal_for_fb": signal["events_for_fb"]}
    known = {key: value for key, value in for_fb.items() if value is not None}
    return {"point": {**signal["point"], **known}, "regions": regions}


def main() -> int:
    """Run the step; 1 if a fit failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--toys", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("signals", nargs="+", type=Path)
    args = parser.parse_args()
    table, rows = json.loads(args.table.read_bytes()), []
    for path in args.signals:
        signal = json.loads(path.read_bytes())
        try:
            rows.append({"limit": fit(table, signal, args), "yields": yields(table, signal)})
        except FitFailed as problem:
            print(f"fit of {signal['point']['name']} failed: {problem}", file=sys.stderr)
            return 1
        print(f"{signal['point']['name']}: {in_words(rows[-1]['limit'])}")
    args.output.write_text(json.dumps(rows, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
