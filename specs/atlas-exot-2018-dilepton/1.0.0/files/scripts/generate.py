"""Generate pp -> Z' -> ee, mumu at 13 TeV for one mass, leading order with initial-state radiation.

The Z' alone, without interference; its width follows from its couplings to all Standard Model fermions. Only pairs
above 0.5 of the mass are generated: below, the tail of parton luminosities says nothing about a resonance. Writes a
header (mass, seed, events, cross section in fb of both flavours together) and one line an event: flavour (11, 13),
mass of the pair in GeV, and the leptons' (pT, eta, phi).
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["LOWEST_FRACTION", "GenerationFailed", "configured", "events_of", "main"]

LOWEST_FRACTION = 0.5
FB_PER_MB = 1e12
HIGHEST_SEED = 900_000_000
SETTINGS = (
    "Print:quiet = on",
    "Beams:eCM = 13000.",
    "NewGaugeBoson:ffbar2gmZZprime = on",
    "Zprime:gmZmode = 3",  # the Z' alone
    "Zprime:universality = on",
    "32:onMode = off",
    "32:onIfAny = 11 13",
    "PartonLevel:MPI = off",
    "PartonLevel:FSR = off",
    "HadronLevel:all = off",
    "Random:setSeed = on",
)


class GenerationFailed(Exception):
    """There are no events; the message says why."""


def configured(mass_gev: float, couplings: Mapping[str, float], seed: int) -> Any:
    """Return Pythia, ready to go; raise GenerationFailed."""
    import pythia8mc

    pythia = pythia8mc.Pythia("", False)
    settings = [
        *SETTINGS,
        f"32:m0 = {mass_gev}",
        f"PhaseSpace:mHatMin = {LOWEST_FRACTION * mass_gev}",
        f"Random:seed = {1 + seed % HIGHEST_SEED}",
        *(f"Zprime:{name} = {value:.8f}" for name, value in couplings.items()),
    ]
    for setting in settings:
        if not pythia.readString(setting):
            raise GenerationFailed(f"Pythia does not take the setting {setting!r}")
    if not pythia.init():
        pythia.stat()
        raise GenerationFailed("Pythia cannot begin: its messages are in the log")
    return pythia


def events_of(pythia: Any, wanted: int) -> Iterator[list[Any]]:
    """Yield [flavour, pair mass (GeV), [pT, eta, phi], [pT, eta, phi]]; raise GenerationFailed."""
    failed = made = 0
    while made < wanted:
        if not pythia.next():
            failed += 1
            if failed > 100 + wanted // 10:
                pythia.stat()  # quiet as it is, it counts its messages
                raise GenerationFailed(f"{failed} events went wrong, {made} did not: Pythia's messages are in the log")
            continue
        made += 1
        leptons = [one for one in pythia.event if one.isFinal() and one.idAbs() in (11, 13)][:2]
        momentum = leptons[0].p() + leptons[1].p()
        rows = [[round(one.pT(), 3), round(one.eta(), 5), round(one.phi(), 5)] for one in leptons]
        yield [leptons[0].idAbs(), round(momentum.mCalc(), 3), *rows]


def main() -> int:
    """Run the step; 1 if there are no events."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mass", type=float, required=True, help="in GeV")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--events", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    model = json.loads(args.model.read_bytes())
    try:
        pythia = configured(args.mass, model["couplings"], args.seed)
        events = list(events_of(pythia, args.events))
    except GenerationFailed as problem:
        print(f"generation failed: {problem}", file=sys.stderr)
        return 1
    xsec_fb = pythia.infoPython().sigmaGen() * FB_PER_MB
    if not (math.isfinite(xsec_fb) and xsec_fb > 0.0):
        print(f"generation failed: the cross section is {xsec_fb} fb", file=sys.stderr)
        return 1
    header = {
        "mass_gev": args.mass, "model": model["model"], "couplings": model["couplings"], "seed": args.seed,
        "events": len(events), "xsec_fb": xsec_fb, "xsec_error_fb": pythia.infoPython().sigmaErr() * FB_PER_MB,
        "width_gev": pythia.particleData.mWidth(32),
    }  # fmt: skip
    with args.output.open("wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as stream:
        for line in (header, *events):
            stream.write(json.dumps(line).encode() + b"\n")
    print(f"m(Z') = {args.mass:g} GeV: {len(events)} events, {xsec_fb:.4g} fb, width {header['width_gev']:.4g} GeV")
    return 0


if __name__ == "__main__":
    sys.exit(main())
