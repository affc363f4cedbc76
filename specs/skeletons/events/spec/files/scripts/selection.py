"""The selection of a batch: how many events, and what sums of weights, are left after each cut."""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Callable, Iterable
from pathlib import Path

Event = dict[str, float]
CUTS: list[tuple[str, Callable[[Event], bool]]] = [
    ("all", lambda event: True),
    ("MET > 200 GeV", lambda event: event["met_gev"] > 200.0),
    ("pT(j1) > 100 GeV", lambda event: event["jet_pt_gev"] > 100.0),
]


def count(events: Iterable[Event]) -> list[dict[str, float | str]]:
    """Return for each cut the events left, the sum of their weights and of the weights' squares."""
    raw, weights, squares = [0] * len(CUTS), [0.0] * len(CUTS), [0.0] * len(CUTS)
    for event in events:
        for index, (_, passes) in enumerate(CUTS):
            if not passes(event):
                break
            raw[index] += 1
            weights[index] += event["weight"]
            squares[index] += event["weight"] ** 2
    return [
        {"name": name, "raw": raw[index], "weight": weights[index], "weight_squared": squares[index]}
        for index, (name, _) in enumerate(CUTS)
    ]


def main() -> None:
    """Read events, write counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--particles", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    with gzip.open(args.particles, "rt", encoding="utf-8") as lines:
        counts = count(json.loads(line) for line in lines)
    args.output.write_text(json.dumps(counts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
