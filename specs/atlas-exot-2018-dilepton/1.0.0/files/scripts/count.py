"""Detector and selection for one mass: smear the mass of each pair, weight it, and fill the measured bins.

Writes the expected signal events of each bin at 139/fb with their Monte Carlo errors, for electrons and muons.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import sys
import zlib
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

from spectra import FLAVOURS, LUMINOSITY_INV_FB, Channel, channels, interpolated

__all__ = ["Damaged", "filled", "main", "read"]


class Damaged(Exception):
    """The file of events cannot be used; the message says why."""


def read(path: Path) -> tuple[dict[str, Any], list[list[Any]]]:
    """Return header and events; raise Damaged for a file that is cut off or holds another number of events."""
    try:
        with gzip.open(path, "rb") as stream:
            lines = [json.loads(line) for line in stream]
    except (OSError, EOFError, zlib.error, ValueError) as problem:
        raise Damaged(f"{path.name} cannot be read to its end: {problem}") from problem
    if not lines or len(lines) - 1 != lines[0]["events"]:
        raise Damaged(f"{path.name} does not hold the events that it announces")
    return lines[0], lines[1:]


def filled(
    header: dict[str, Any], events: Iterable[list[Any]], spectra: dict[str, Channel]
) -> dict[str, dict[str, list[float]]]:
    """Return for each channel the signal events and their errors in the measured bins."""
    random = Random(header["seed"])
    unit = header["xsec_fb"] * LUMINOSITY_INV_FB / header["events"]
    names = {code: name for name, code in FLAVOURS.items()}
    sums = {name: [[0.0, 0.0] for _ in channel.observed] for name, channel in spectra.items()}
    for flavour, mass_gev, *_ in events:
        channel = spectra[names[flavour]]
        smeared_gev = mass_gev + random.gauss(0.0, interpolated(channel.resolution, mass_gev))
        place = channel.bin_of(smeared_gev)
        if place is not None:
            weight = unit * interpolated(channel.efficiency, mass_gev)
            sums[names[flavour]][place][0] += weight
            sums[names[flavour]][place][1] += weight**2
    return {
        name: {"signal": [row[0] for row in rows], "error": [math.sqrt(row[1]) for row in rows]}
        for name, rows in sums.items()
    }


def main() -> int:
    """Run the step; 1 if the events cannot be used."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=Path, required=True)
    parser.add_argument("--spectra", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--uses", nargs="*", help="modules that are imported, named so that they come along")
    args = parser.parse_args()
    try:
        header, events = read(args.events)
    except Damaged as problem:
        print(f"count failed: {problem}", file=sys.stderr)
        return 1
    counts = filled(header, events, channels(json.loads(args.spectra.read_bytes())))
    args.output.write_text(json.dumps({**header, "channels": counts}, indent=1, allow_nan=False) + "\n")
    totals = {name: sum(found["signal"]) for name, found in counts.items()}
    print(f"m(Z') = {header['mass_gev']:g} GeV: " + ", ".join(f"{v:.3g} events in {k}" for k, v in totals.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
