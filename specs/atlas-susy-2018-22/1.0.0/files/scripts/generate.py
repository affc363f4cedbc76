"""Generate and shower one batch with Pythia 8, and keep what the analysis needs at particle level.

Squark or gluino pairs from an SLHA file, or the events of an LHE file. Tune A14 with NNPDF2.3 LO, as ATLAS used; jets
are anti-kT with R = 0.4 of all visible particles, pT > 20 GeV. The seed is part of the output.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from particles import Event, Jet, Lepton, write_events

__all__ = ["SETTINGS", "GenerationFailed", "generated", "main"]

SETTINGS = (
    "Print:quiet = on",
    "SLHA:verbose = 0",
    "Beams:eCM = 13000.",
    "Tune:pp = 21",  # A14, NNPDF2.3 LO
    "Random:setSeed = on",
)
PROCESSES = {
    "squark": ("SUSY:gg2squarkantisquark = on", "SUSY:qqbar2squarkantisquark = on", "SUSY:qq2squarksquark = on"),
    "gluino": ("SUSY:gg2gluinogluino = on", "SUSY:qqbar2gluinogluino = on"),
}
JET_RADIUS, JET_PT_GEV, JET_ETA = 0.4, 20.0, 4.5
LEPTON_PT_GEV = 5.0
HIGHEST_SEED = 900_000_000
MOST_FAILURES = 0.05


class GenerationFailed(Exception):
    """There are no events; the message says why."""


def configured(source: Path, slha: Path | None, process: str, seed: int, produced: list[int]) -> Any:
    """Return Pythia, ready to go; raise GenerationFailed."""
    import pythia8mc

    pythia = pythia8mc.Pythia("", False)
    settings = [*SETTINGS, f"Random:seed = {1 + seed % HIGHEST_SEED}"]
    if process == "lhe":
        settings += ["Beams:frameType = 4", f"Beams:LHEF = {source}", "LesHouches:matchInOut = off"]
        settings += [f"SLHA:file = {slha}"] if slha else []
    else:
        settings += [*PROCESSES[process], f"SLHA:file = {source}"]
        if process == "squark":
            settings += [f"SUSY:idVecA = {_vector(produced)}", f"SUSY:idVecB = {_vector(produced)}"]
    for setting in settings:
        if not pythia.readString(setting):
            raise GenerationFailed(f"Pythia does not take the setting {setting!r}")
    if not pythia.init():
        raise GenerationFailed("Pythia cannot begin: the lines above say why")
    return pythia


def _vector(codes: list[int]) -> str:
    return "{" + ",".join(map(str, codes)) + "}"


def generated(pythia: Any, wanted: int) -> Iterator[Event]:
    """Yield `wanted` events; raise GenerationFailed if too many go wrong, or if the source ends before."""
    import pythia8mc

    jets = pythia8mc.SlowJet(-1, JET_RADIUS, JET_PT_GEV, JET_ETA, 2, 1)
    made = failed = 0
    while made < wanted:
        if not pythia.next():
            failed += 1
            if pythia.infoPython().atEndOfFile():
                raise GenerationFailed(f"the events ended after {made} of {wanted}")
            if failed > 10 + MOST_FAILURES * wanted:
                raise GenerationFailed(f"{failed} events went wrong, {made} did not: Pythia's words are above")
            continue
        made += 1
        yield _particle_level(pythia, jets)


def _particle_level(pythia: Any, finder: Any) -> Event:
    event = pythia.event
    finder.analyze(event)
    px = py = 0.0
    leptons: dict[int, list[Lepton]] = {11: [], 13: []}
    for particle in event:
        if not particle.isFinal():
            continue
        if not particle.isVisible():
            px, py = px + particle.px(), py + particle.py()
        elif particle.idAbs() in leptons and particle.pT() > LEPTON_PT_GEV:
            leptons[particle.idAbs()].append(Lepton(particle.pT(), particle.eta(), particle.phi()))
    found = (_jet(finder, index) for index in range(finder.sizeJet()))
    return Event(pythia.infoPython().weight(), (px, py), tuple(found), tuple(leptons[11]), tuple(leptons[13]))


def _jet(finder: Any, index: int) -> Jet:
    momentum = finder.p(index)
    return Jet(momentum.pT(), momentum.eta(), momentum.phi(), momentum.mCalc())


def main() -> int:
    """Run the step; 1 if there are no events."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, required=True, help="SLHA file, or LHE file of this batch")
    parser.add_argument("--slha", type=Path, required=True, help="decays for an LHE file, if one was handed in")
    parser.add_argument("--point", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--events", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--uses", nargs="*", help="modules that are imported, named so that they come along")
    args = parser.parse_args()
    import json

    from check import given

    point = json.loads(args.point.read_bytes())
    try:
        slha = args.slha if given(args.slha) else None
        pythia = configured(args.source, slha, point["process"], args.seed, [int(pdg) for pdg in point["produced"]])
        header = {"seed": args.seed, "events": args.events, "process": point["process"], "generator": "Pythia 8, A14"}
        write_events(args.output, header, generated(pythia, args.events))
    except GenerationFailed as problem:
        print(f"generation failed: {problem}", file=sys.stderr)
        return 1
    cross_section_fb = pythia.infoPython().sigmaGen() * 1e12
    if not math.isfinite(cross_section_fb):
        print("generation failed: Pythia's cross section is no number", file=sys.stderr)
        return 1
    print(f"seed {args.seed}: {args.events} events; Pythia's own cross section (LO) {cross_section_fb:.4g} fb")
    return 0


if __name__ == "__main__":
    sys.exit(main())
