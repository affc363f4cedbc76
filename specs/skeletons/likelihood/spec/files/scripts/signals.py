"""From what was asked to signals, one file each: points of the patchset, and own events per bin.

What does not fit the workspace is refused here, before any fit.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

REGION = "SR"
"""The channel of the workspace that own events are for: which region is which channel is part of the analysis."""


def grid_signals(points: list[str], patchset: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the signals of points of the published grid; raise ValueError for a name that it does not have."""
    labels = patchset["metadata"]["labels"]
    known = {entry["metadata"]["name"]: entry for entry in patchset["patches"]}
    signals = []
    for name in points:
        if name not in known:
            raise ValueError(f"the grid has no point {name!r}; it has: {', '.join(known)}")
        values = known[name]["metadata"]["values"]
        signals.append({"point": {"name": name, **dict(zip(labels, values))}, "patch": known[name]["patch"]})
    return signals


def own_signal(events: list[float], workspace: dict[str, Any]) -> dict[str, Any]:
    """Return the signal of events per bin of the region; raise ValueError if there are more or fewer bins."""
    names = [channel["name"] for channel in workspace["channels"]]
    index = names.index(REGION)
    bins = len(workspace["channels"][index]["samples"][0]["data"])
    if len(events) != bins:
        raise ValueError(f"{REGION} has {bins} bins, there are events for {len(events)}")
    mu = {"name": workspace["measurements"][0]["config"]["poi"], "type": "normfactor", "data": None}
    sample = {"name": "signal", "data": events, "modifiers": [mu]}
    patch = [{"op": "add", "path": f"/channels/{index}/samples/-", "value": sample}]
    return {"point": {"name": "own_events"}, "patch": patch}


def main() -> int:
    """Write the signals beside the index that names them; 1 if something is refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--patchset", type=Path, required=True)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--points", nargs="*", default=[])
    parser.add_argument("--events", nargs="*", type=float, default=[])
    args = parser.parse_args()
    try:
        signals = grid_signals(args.points, json.loads(args.patchset.read_bytes()))
        if args.events:
            signals.append(own_signal(args.events, json.loads(args.workspace.read_bytes())))
        if not signals:
            raise ValueError("nothing was asked for: give points or events")
    except ValueError as problem:
        print(f"signals: {problem}", file=sys.stderr)
        return os.EX_DATAERR  # what was handed in cannot be used: the run ends with exit code 3
    paths = [args.index.parent / f"signal_{number}.json" for number in range(len(signals))]
    for path, signal in zip(paths, signals):
        path.write_text(json.dumps(signal) + "\n", encoding="utf-8")
    args.index.write_text(json.dumps({"signals": [str(path) for path in paths]}) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
