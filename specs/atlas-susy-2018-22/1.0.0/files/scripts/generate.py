"""Generate and shower one batch with Pythia 8, and keep what the analysis needs at particle level.

Squark or gluino pairs from an SLHA file, or the events of an LHE file. Tune A14 with NNPDF2.3 LO, as ATLAS used; jets
are anti-kT with R = 0.4 of all visible particles, pT > 20 GeV. The seed is part of the output. The events of a HepMC
file are showered already, and taken as they are.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator
from itertools import islice
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
# POWHEG's events bring the hardest emission along; without its hooks showers begin where that was (SCALUP).
SHOWER_FROM_SCALE = ("SpaceShower:pTmaxMatch = 1", "TimeShower:pTmaxMatch = 1")
JET_RADIUS, JET_PT_GEV, JET_ETA = 0.4, 20.0, 4.5
LEPTON_PT_GEV = 5.0
HIGHEST_SEED = 900_000_000
MOST_FAILURES = 0.05
FINAL_STATUS = 91  # of an event record: a particle that decays no more


class GenerationFailed(Exception):
    """There are no events; the message says why."""


def configured(
    source: Path, slha: Path | None, process: str, seed: int, produced: list[int], from_scale: bool = False
) -> Any:
    """Return Pythia, ready to go; raise GenerationFailed."""
    import pythia8mc

    pythia = pythia8mc.Pythia("", False)
    settings = [*SETTINGS, f"Random:seed = {1 + seed % HIGHEST_SEED}"]
    if process == "lhe":
        settings += SHOWER_FROM_SCALE if from_scale else ()
        settings += ["SLHA:readFrom = 2" if slha else "SLHA:readFrom = 0"]
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
        pythia.stat()
        raise GenerationFailed("Pythia cannot begin: its messages are in the log")
    return pythia


def _vector(codes: list[int]) -> str:
    return "{" + ",".join(map(str, codes)) + "}"


def generated(pythia: Any, wanted: int) -> Iterator[Event]:
    """Yield `wanted` events; raise GenerationFailed if too many go wrong, or if the source ends before."""
    jets = _jet_finder()
    made = failed = 0
    while made < wanted:
        if not pythia.next():
            failed += 1
            ended = pythia.infoPython().atEndOfFile()
            if ended or failed > 10 + MOST_FAILURES * wanted:
                pythia.stat()  # quiet as it is, it counts its messages
                what = f"the events ended, and of {wanted}" if ended else f"{failed} events went wrong, and"
                raise GenerationFailed(f"{what} Pythia could use {made}: its messages are in the log")
            continue
        made += 1
        yield _particle_level(pythia.event, pythia.infoPython().weight(), jets)


def handed_in(source: Path, wanted: int, weight: str) -> Iterator[Event]:
    """Yield the first `wanted` events of a HepMC file at particle level; raise GenerationFailed if there are fewer.

    `weight` is the name of the weight that counts.
    """
    import pythia8mc
    from hepmc import chosen, read

    pythia = pythia8mc.Pythia("", False)
    event, jets = pythia.event, _jet_finder()
    event.init("handed in", pythia.particleData)
    made = 0
    for made, found in enumerate(islice(read(source), wanted), start=1):
        event.reset()
        for one in found.particles:
            event.append(one.pdg, FINAL_STATUS, 0, 0, one.px, one.py, one.pz, one.energy, one.mass)
        index = chosen(source.name, found.names, len(found.weights), weight)
        yield _particle_level(event, found.weights[index], jets)
    if made < wanted:
        raise GenerationFailed(f"the events ended after {made} of {wanted}")


def _jet_finder() -> Any:
    import pythia8mc

    return pythia8mc.SlowJet(-1, JET_RADIUS, JET_PT_GEV, JET_ETA, 2, 1)


def _particle_level(event: Any, weight: float, finder: Any) -> Event:
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
    return Event(weight, (px, py), tuple(found), tuple(leptons[11]), tuple(leptons[13]))


def _jet(finder: Any, index: int) -> Jet:
    momentum = finder.p(index)
    return Jet(momentum.pT(), momentum.eta(), momentum.phi(), momentum.mCalc())


def main() -> int:
    """Run the step; 1 if there are no events."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, required=True, help="SLHA file, or this batch's file of events")
    parser.add_argument("--slha", type=Path, required=True, help="decays for an LHE file, if one was handed in")
    parser.add_argument("--point", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--events", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--uses", nargs="*", help="modules that are imported, named so that they come along")
    args = parser.parse_args()
    import json

    from check import given
    from slha import Refused

    point = json.loads(args.point.read_bytes())
    header = {"seed": args.seed, "events": args.events, "process": point["process"]}
    try:
        if point["process"] == "hepmc":
            write_events(
                args.output, {**header, "generator": "handed in"}, handed_in(args.source, args.events, point["weight"])
            )
            print(f"{args.events} events of {args.source.name}")
            return 0
        slha = args.slha if given(args.slha) else None
        produced = [int(pdg) for pdg in point["produced"]]
        from_scale = point.get("from_scale", False)
        pythia = configured(args.source, slha, point["process"], args.seed, produced, from_scale)
        write_events(args.output, {**header, "generator": "Pythia 8, A14"}, generated(pythia, args.events))
    except (GenerationFailed, Refused) as problem:
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
