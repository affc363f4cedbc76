"""The simplified models of the paper as SLHA files: squark pairs (T2) and gluino pairs (T1), all else decoupled."""

from __future__ import annotations

from slha import Refused
from spectrum import LIGHT_SQUARKS

__all__ = ["slha_of"]

DECOUPLED_GEV = 100_000.0
NEUTRALINO, GLUINO = 1000022, 1000021
OTHERS = (
    (1000005, 1000006, 2000005, 2000006)
    + (1000011, 1000012, 1000013, 1000014, 1000015, 1000016, 2000011, 2000013, 2000015)
    + (1000023, 1000024, 1000025, 1000035, 1000037, 35, 36, 37)
)


def slha_of(process: str, mass_gev: float, neutralino_gev: float) -> str:
    """Return the SLHA file of a point: squarks to their quarks, or gluinos to pairs of u, d, s, c; and a neutralino."""
    if process not in ("squark", "gluino"):
        raise Refused("masses were given: say process=squark or process=gluino as well")
    masses = dict.fromkeys((*LIGHT_SQUARKS, GLUINO, *OTHERS), DECOUPLED_GEV) | {6: 172.5, 25: 125.0}
    masses |= dict.fromkeys(LIGHT_SQUARKS if process == "squark" else (GLUINO,), mass_gev) | {
        NEUTRALINO: neutralino_gev
    }
    lines = ["BLOCK MODSEL", " 1 1", "BLOCK MASS", *(f" {pdg} {mass}" for pdg, mass in sorted(masses.items()))]
    if process == "squark":
        for pdg in LIGHT_SQUARKS:
            lines += [f"DECAY {pdg} 1.0", f" 1.0 2 {NEUTRALINO} {pdg % 10}"]
    else:
        lines += [f"DECAY {GLUINO} 1.0", *(f" 0.25 3 {NEUTRALINO} {quark} -{quark}" for quark in (1, 2, 3, 4))]
    return "\n".join([*lines, f"DECAY {NEUTRALINO} 0.0", ""])
