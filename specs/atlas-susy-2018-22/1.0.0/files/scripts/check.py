"""First step: check what was handed in, decide what is generated, and cut the work into batches.

Writes `point.json` (what is tested, and what a reader must know about it), and an index (YAML) with one list entry a
batch: `sources` (SLHA file, or the batch's file of events), `seeds` (base + batch index) and `events`; and `searches`:
those that are fitted.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import hepmc
import lhe
from decaychain import check_chain, is_known
from eventfile import EventFile
from simplified import slha_of
from slha import Refused, Spectrum, normalised, parse, text_of
from spectrum import judge

__all__ = ["given", "main", "plan"]

NOTHING = b"# nothing was handed in"
FEW_EVENTS = 2000
# Which multi-bin searches the paper uses for which pairs (section 9).
SEARCHES = {
    "squark": ["MB-SSd", "MB-C", "single-bin"],
    "gluino": ["MB-GGd", "MB-C", "single-bin"],
    "lhe": ["MB-SSd", "MB-GGd", "MB-C", "single-bin"],
    "hepmc": ["MB-SSd", "MB-GGd", "MB-C", "single-bin"],
}
FORMATS = {"lhe": "an LHE file", "hepmc": "a HepMC file"}
SAME_MASS = 0.05  # of a spectrum and of the events beside it: what a Breit-Wigner shape leaves


def given(path: Path) -> bool:
    """Return whether a file was handed in, or the bundle's stand-in lies there."""
    with path.open("rb") as stream:
        return not stream.read(len(NOTHING)).startswith(NOTHING)


def plan(args: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the point and the index of batches; raise Refused."""
    _check_together(args)
    if given(args.hepmc):
        return _from_events(args, "hepmc", args.hepmc, hepmc.check(args.hepmc, args.weight))
    if given(args.lhe):
        return _from_events(args, "lhe", args.lhe, _checked_lhe(args))
    if args.masses:
        if len(args.masses) != 2:
            raise Refused("masses are two numbers in GeV: of what is produced, and of the neutralino")
        args.slha = args.folder / "simplified.slha"
        args.slha.write_text(slha_of(args.process, *args.masses), encoding="utf-8")
    if not given(args.slha):
        raise Refused("neither slha, masses, lhe nor hepmc was given: -p slha=@my.slha")
    return _from_spectrum(args)


def _check_together(args: argparse.Namespace) -> None:
    """Raise Refused for inputs that contradict each other, or would be passed over."""
    events = [name for name in ("lhe", "hepmc") if given(getattr(args, name))]
    if len(events) == 2:
        raise Refused("both lhe and hepmc were given: which of them is meant?")
    if events == ["hepmc"] and (args.masses or given(args.slha)):
        raise Refused("the events of a HepMC file are decayed and showered: slha and masses have no say beside it")
    if events and (args.process != "auto" or args.masses):
        raise Refused("events were given: process and masses say what is generated, and have no say beside them")
    if args.weight != hepmc.NOMINAL and events != ["hepmc"]:
        raise Refused(f"weight is {args.weight!r}, which chooses among those of a HepMC file, and none was given")
    if args.masses and given(args.slha):
        raise Refused("both slha and masses were given: which of them is meant?")


def _from_spectrum(args: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any]]:
    spectrum = _spectrum(args, text_of(args.slha), args.slha.name)
    point = judge(spectrum, args.process)
    total = args.events * args.batches
    notes = list(point.notes)
    if total < FEW_EVENTS:
        notes.append(f"only {total} events are generated: Monte Carlo errors are large")
    described = {
        "process": point.process,
        "produced": {str(pdg): mass for pdg, mass in point.produced.items()},
        "point": {
            "process": point.process,
            f"m_{point.process}_gev": point.mass_gev,
            "m_neutralino_gev": point.neutralino_gev,
        },
        "sections": [list(section) for section in spectrum.cross_sections],
        "notes": notes,
    }
    return described, {"sources": [str(args.slha)] * args.batches, "events": [args.events] * args.batches}


def _spectrum(args: argparse.Namespace, text: str, name: str) -> Spectrum:
    """Return the spectrum of a text, and let what follows read it in plain notation."""
    spectrum = parse(text, name)
    args.slha = args.folder / "spectrum.slha"
    args.slha.write_text(normalised(text, spectrum), encoding="utf-8")
    return spectrum


def _checked_lhe(args: argparse.Namespace) -> EventFile:
    found = lhe.check(args.lhe)
    text, name = found.slha, f"the <slha> in {args.lhe.name}"
    if given(args.slha):
        text, name = text_of(args.slha), args.slha.name
    if found.undecayed and not text:
        raise Refused(
            f"{args.lhe.name} holds undecayed particles ({', '.join(map(str, sorted(found.undecayed)))}) and no decay "
            "tables: hand in the spectrum as well, -p slha=@my.slha"
        )
    spectrum = _spectrum(args, text, name) if text and (found.undecayed or given(args.slha)) else Spectrum({}, {}, ())
    notes = check_chain(sorted(found.undecayed), spectrum)
    for pdg, mass in found.produced:
        notes += _fits(pdg, mass, spectrum, args.lhe.name, name)
    return found._replace(notes=(*found.notes, *notes, *spectrum.notes))


def _fits(pdg: int, mass_gev: float, spectrum: Spectrum, events: str, name: str) -> list[str]:
    """Return a note if a particle of the events has another mass in the spectrum; raise Refused if it is unknown."""
    if not is_known(pdg, spectrum):
        raise Refused(
            f"{events} holds particles {pdg} that no program here knows; let your generator decay them, or hand in a "
            f"spectrum that defines them (BLOCK QNUMBERS {pdg})"
        )
    known = spectrum.masses.get(pdg, mass_gev)
    if abs(known - mass_gev) <= SAME_MASS * max(known, mass_gev):
        return []
    elsewhere = f"{known:.5g} GeV in {name}: another point?"
    return [f"{pdg} weighs {mass_gev:.5g} GeV in {events}, which counts, and {elsewhere}"]


def _from_events(
    args: argparse.Namespace, process: str, path: Path, found: EventFile
) -> tuple[dict[str, Any], dict[str, Any]]:
    if process == "lhe":
        batches = lhe.split(path, args.folder, args.batches, args.events, found.strategy)
    else:
        batches = hepmc.split(path, args.folder, args.batches, args.events)
    notes = [f"events of {FORMATS[process]}: the point was not compared with published numbers", *found.notes]
    if not found.produced:
        notes.append("no particle beyond the Standard Model is in the file: are these events the signal?")
    used = sum(count for _, count in batches)
    if used < found.events - found.empty:
        notes.append(f"{used} of the file's {found.events - found.empty} events are used (events x batches)")
    described = {
        "process": process,
        "produced": {str(pdg): mass for pdg, mass in found.produced},
        "from_scale": found.from_scale,
        "weight": args.weight,
        "point": {"process": process, "file": path.name, "events": used},
        "file_xsec_pb": found.xsec_pb,
        "sections": [],
        "notes": notes,
    }
    return described, {"sources": [str(path) for path, _ in batches], "events": [count for _, count in batches]}


def main() -> int:
    """Run the step; 65 if an input is refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slha", type=Path, required=True)
    parser.add_argument("--lhe", type=Path, required=True)
    parser.add_argument("--hepmc", type=Path, required=True)
    parser.add_argument("--process", choices=("auto", "squark", "gluino"), required=True)
    parser.add_argument(
        "--masses", nargs="*", type=float, default=[], help="of what is produced, of the neutralino; GeV"
    )
    parser.add_argument("--weight", default=hepmc.NOMINAL, help="of a HepMC file that holds several, by name")
    parser.add_argument("--events", type=int, required=True, help="a batch")
    parser.add_argument("--batches", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--point", type=Path, required=True)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--uses", nargs="*", help="modules that are imported, named so that they come along")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    try:
        point, index = plan(args)
    except (Refused, OSError, ValueError) as problem:
        print(f"refused: {problem}", file=sys.stderr)
        return 1 if isinstance(problem, OSError) else os.EX_DATAERR
    index["seeds"] = [args.seed + number for number in range(len(index["sources"]))]
    index["searches"] = SEARCHES[point["process"]]
    index["point"], index["slha"] = str(args.point), str(args.slha)
    args.point.write_text(json.dumps({**point, "seeds": index["seeds"]}, indent=1, allow_nan=False) + "\n")
    args.index.write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")  # JSON is YAML
    print(f"{point['process']}: {sum(index['events'])} events in {len(index['seeds'])} batches")
    for note in point["notes"]:
        print(f"note: {note}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
