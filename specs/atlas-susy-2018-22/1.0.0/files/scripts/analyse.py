"""Detector and selection for one batch: how many events are left after each step and in each bin.

Writes counts by name: `all`, `preselection`, `<region>/<step>` for the cutflows, `<search>/<channel>` for the bins.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable
from pathlib import Path
from random import Random

from counts import Count
from detector import reconstruct
from particles import Event, Lost, read_events
from regions import MULTI_BIN, SINGLE_BIN
from selection import Observables, cut_names, observables, passed_cuts, passes_bin, preselected

__all__ = ["analyse", "main", "names_passed"]


def names_passed(seen: Observables) -> list[str]:
    """Return the names of all counts that an event adds to."""
    names = ["all"]
    if not preselected(seen):
        return names
    names.append("preselection")
    for region in SINGLE_BIN:
        names += [f"{region.name}/{step}" for step in cut_names(region)[: passed_cuts(seen, region)]]
    for search, bins in MULTI_BIN.items():
        names += [f"{search}/{one.channel}" for one in bins if passes_bin(seen, one)]
    return names


def analyse(events: Iterable[Event], seed: int) -> dict[str, Count]:
    """Return the counts of a batch; the detector's random numbers are a function of the seed."""
    random = Random(seed)
    names = ["all", "preselection"]
    names += [f"{region.name}/{step}" for region in SINGLE_BIN for step in cut_names(region)]
    names += [f"{search}/{one.channel}" for search, bins in MULTI_BIN.items() for one in bins]
    counts = dict.fromkeys(names, Count())
    for event in events:
        for name in names_passed(observables(reconstruct(event, random))):
            counts[name] = counts[name].with_event(event.weight)
    return counts


def main() -> int:
    """Run the step; 1 if the events cannot be read, or their weights add up to nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--uses", nargs="*", help="modules that are imported, named so that they come along")
    args = parser.parse_args()
    try:
        header, events = read_events(args.events)
        counts = analyse(events, header["seed"])
    except Lost as problem:
        print(f"analysis failed: {problem}", file=sys.stderr)
        return 1
    if counts["all"].raw != header["events"] or not math.isfinite(counts["all"].weights):
        print(f"analysis failed: {counts['all'].raw} of {header['events']} events are there", file=sys.stderr)
        return 1
    args.output.write_text(json.dumps({"seed": header["seed"], "counts": counts}, indent=1, allow_nan=False) + "\n")
    print(f"{counts['preselection'].raw} of {counts['all'].raw} events pass the preselection")
    return 0


if __name__ == "__main__":
    sys.exit(main())
