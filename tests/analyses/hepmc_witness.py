"""Make events with Pythia and write them twice: as atlas-susy-2018-22 does, and as HepMC3 by pyhepmc. By .venv-hepmc.

hepmc_witness.py SCRIPTS SLHA EVENTS FOLDER: leaves FOLDER/events.hepmc, the same as HepMC2 in FOLDER/old, and
FOLDER/particles.jsonl.gz.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

XSEC_PB = 0.00144
PRODUCED = [1000001, 1000002, 1000003, 1000004, 2000001, 2000002, 2000003, 2000004]


def copied(event: Any, run_info: Any, number: int, weight: float) -> Any:
    """Return an event as HepMC3: the beams, one vertex, and all that leaves it."""
    import pyhepmc as hep

    copy = hep.GenEvent(hep.Units.GEV, hep.Units.MM)
    copy.event_number = number
    copy.run_info = run_info
    copy.weights = [weight, 2.0 * weight]
    vertex = hep.GenVertex()
    for row in event:
        if row.status() == -12 or row.isFinal():
            particle = hep.GenParticle((row.px(), row.py(), row.pz(), row.e()), row.id(), 1 if row.isFinal() else 4)
            particle.generated_mass = row.m()
            (vertex.add_particle_out if row.isFinal() else vertex.add_particle_in)(particle)
    copy.add_vertex(vertex)
    copy.cross_section = hep.GenCrossSection()
    copy.cross_section.set_cross_section(XSEC_PB, 0.0002)
    return copy


def main(scripts: str, slha: str, events: str, folder: str) -> None:
    """Generate, and write both files."""
    sys.path.insert(0, scripts)
    import generate
    import pyhepmc
    from particles import write_events

    run_info = pyhepmc.GenRunInfo()
    run_info.weight_names = ["nominal", "up"]
    pythia = generate.configured(Path(slha), None, "squark", 5, PRODUCED)
    with (
        pyhepmc.open(f"{folder}/events.hepmc", "w") as writer,
        pyhepmc.open(f"{folder}/old", "w", format="HepMC2") as old,
    ):

        def both() -> Any:
            for number, event in enumerate(generate.generated(pythia, int(events))):
                copy = copied(pythia.event, run_info, number, pythia.infoPython().weight())
                writer.write(copy)
                old.write(copy)
                yield event

        write_events(Path(folder) / "particles.jsonl.gz", {}, both())


if __name__ == "__main__":
    main(*sys.argv[1:])
