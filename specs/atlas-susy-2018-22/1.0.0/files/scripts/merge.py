"""Add up the batches and scale to the luminosity: cutflows, yields, efficiencies, and the signal of each search.

The order of the batches does not matter. The cross section enters here, once.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from counts import Count, added
from regions import LUMINOSITY_INV_FB, MULTI_BIN, SINGLE_BIN
from selection import cut_names

__all__ = ["NotMergeable", "cutflows", "efficiencies", "main", "merged", "signals", "yields"]


class NotMergeable(Exception):
    """The batches do not make one sample; the message says why."""


def merged(batches: list[dict[str, Any]]) -> dict[str, Count]:
    """Return the counts of all batches; raise NotMergeable for a batch that is there twice, or no weight at all."""
    seeds = [batch["seed"] for batch in batches]
    if len(set(seeds)) < len(seeds):
        raise NotMergeable(f"a batch is there twice: seeds {sorted(seeds)}")
    counts = added(batch["counts"] for batch in batches)
    if counts["all"].weights <= 0.0:
        raise NotMergeable(f"the weights of {counts['all'].raw} events add up to {counts['all'].weights:g}")
    return counts


def _expected(count: Count, counts: Mapping[str, Count], xsec_fb: float) -> dict[str, Any]:
    part, error = count.fraction_of(counts["all"])
    scale = xsec_fb * LUMINOSITY_INV_FB
    return {"events": part * scale, "error": error * scale, "raw": count.raw}


def cutflows(counts: Mapping[str, Count], xsec_fb: float, point: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a cutflow a region: expected events after the preselection and each published step."""
    found = []
    for region in SINGLE_BIN:
        names = [("preselection", "preselection"), *((name, f"{region.name}/{name}") for name in cut_names(region))]
        steps = [{"name": name, **_expected(counts[key], counts, xsec_fb)} for name, key in names]
        found.append({"region": region.name, "point": {**point, "region": region.name}, "steps": steps})
    return found


def _final(counts: Mapping[str, Count]) -> dict[str, Count]:
    """Return the count of each region: single-bin regions by name, bins as `<search>/<channel>`."""
    final = {region.name: counts[f"{region.name}/{cut_names(region)[-1]}"] for region in SINGLE_BIN}
    bins = (f"{search}/{one.channel}" for search, found in MULTI_BIN.items() for one in found)
    return {**final, **{name: counts[name] for name in bins}}


def yields(counts: Mapping[str, Count], xsec_fb: float, background: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return observed, background and signal of each region; raise KeyError for a region without background."""
    rows = []
    for name, count in _final(counts).items():
        known, ours = background[name], _expected(count, counts, xsec_fb)
        rows.append({"region": name, **known, "signal": ours["events"], "signal_error": ours["error"]})
    return rows


def efficiencies(counts: Mapping[str, Count]) -> list[dict[str, Any]]:
    """Return acceptance times efficiency of the preselection and each region."""
    rows = []
    for name, count in {"preselection": counts["preselection"], **_final(counts)}.items():
        part, error = count.fraction_of(counts["all"])
        rows.append({"region": name, "efficiency": max(part, 0.0), "error": error})
    return rows


def signals(counts: Mapping[str, Count], xsec_fb: float) -> dict[str, Any]:
    """Return for each search the expected signal by channel, and the relative Monte Carlo error of its sum.

    A bin whose weights add up to less than nothing (generators with negative weights) counts as empty.
    """
    found: dict[str, Any] = {}
    for search, bins in MULTI_BIN.items():
        inside = {one.channel: counts[f"{search}/{one.channel}"] for one in bins}
        found[search] = _signal(inside, counts, xsec_fb)
    for region in SINGLE_BIN:
        found[region.name] = _signal({region.name: _final(counts)[region.name]}, counts, xsec_fb)
    return found


def _signal(inside: Mapping[str, Count], counts: Mapping[str, Count], xsec_fb: float) -> dict[str, Any]:
    total = Count(*map(math.fsum, zip(*inside.values())))
    part, error = total.fraction_of(counts["all"])
    found = {name: _expected(count, counts, xsec_fb) for name, count in inside.items()}
    return {
        "errors": {name: one["error"] for name, one in found.items()},
        "events": {name: max(one["events"], 0.0) for name, one in found.items()},
        "relative_error": min(error / part, 1.0) if part > 0.0 else 1.0,
        "raw": int(total.raw),
        "effective": total.effective,
    }


def main() -> int:
    """Run the step; 1 if the batches do not fit together."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--point", type=Path, required=True)
    parser.add_argument("--rate", type=Path, required=True)
    parser.add_argument("--backgrounds", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="for cutflow.json, yields.json, ...")
    parser.add_argument("--uses", nargs="*", help="modules that are imported, named so that they come along")
    parser.add_argument("--counts", nargs="+", type=Path, required=True)
    args = parser.parse_args()
    point, rate = json.loads(args.point.read_bytes()), json.loads(args.rate.read_bytes())
    backgrounds = json.loads(args.backgrounds.read_bytes())["regions"]
    try:
        counts = merged([json.loads(path.read_bytes()) for path in args.counts])
    except NotMergeable as problem:
        print(f"merge failed: {problem}", file=sys.stderr)
        return 1
    xsec_fb = rate["xsec_fb"]
    error = "" if rate["uncertainty_fb"] is None else f" +- {rate['uncertainty_fb']:.2g}"
    notes = [*point["notes"], f"cross section {xsec_fb:.4g}{error} fb: {rate['source']}", *rate.get("notes", ())]
    results = {
        "cutflow": cutflows(counts, xsec_fb, point["point"]),
        "yields": {"point": point["point"], "regions": yields(counts, xsec_fb, backgrounds), "notes": notes},
        "efficiency": {"point": point["point"], "regions": efficiencies(counts), "notes": notes},
        "signal": {
            "point": point["point"], "rate": rate, "notes": notes, "searches": signals(counts, xsec_fb),
            "generated": counts["all"].raw, "effective": counts["all"].effective,
        },
    }  # fmt: skip
    args.folder.mkdir(parents=True, exist_ok=True)
    for name, result in results.items():
        (args.folder / f"{name}.json").write_text(json.dumps(result, indent=1, allow_nan=False) + "\n")
    print(f"{len(args.counts)} batches, {counts['all'].raw} events ({counts['all'].effective:.1f} effective)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
