"""A batch of events, one JSON object a line.

Here a real entry runs its generator. With Pythia 8 (image recast/base-generation, see specs/base-images/generation):

    pythia = pythia8mc.Pythia("", False)
    for line in (f"SLHA:file = {slha}", "SUSY:gg2gluinogluino = on", f"Random:seed = {seed}", "Random:setSeed = on"):
        pythia.readString(line)
    pythia.init()
    while pythia.next(): ...       # jets: pythia8mc.SlowJet(-1, 0.4, 20.0, 4.5, 2, 1)

The toy below has the same place in the workflow, and efficiencies that can be checked by hand: missing momentum and
leading jet fall exponentially, with means of a quarter and a fifth of the mass.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path


def events(mass_gev: float, number: int, seed: int) -> Iterator[dict[str, float]]:
    """Yield events: missing momentum and leading jet's transverse momentum in GeV, weight."""
    toss = random.Random(seed)
    for _ in range(number):
        yield {
            "met_gev": toss.expovariate(4.0 / mass_gev),
            "jet_pt_gev": toss.expovariate(5.0 / mass_gev),
            "weight": 1.0,
        }


def main() -> None:
    """Write the events."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mass-gev", type=float, required=True)
    parser.add_argument("--events", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    # mtime=0: the same events are the same bytes, so later steps can come from the cache.
    with args.output.open("wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
        for event in events(args.mass_gev, args.events, args.seed):
            packed.write(json.dumps(event).encode("utf-8") + b"\n")


if __name__ == "__main__":
    main()
