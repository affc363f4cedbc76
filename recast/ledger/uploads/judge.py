"""What an uploaded file is, found out in a separate process with limits: whoever sent it may mean harm."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from recast.apart import ask_apart
from recast.errors import InfrastructureError, InputError
from recast.json_types import JsonDict
from recast.terminal_safe import one_line

__all__ = ["Judged", "judge"]

MOST_CPU_S = 4.0
_CPU_S_PER_BYTE = 1e-7
_LONGEST_NOTE, _MOST_NOTES = 300, 10
_CHILD = Path(__file__).with_name("judge_child.py")


@dataclass(frozen=True, slots=True)
class Judged:
    """The kind of a file (`slha`, `lhe`, `hepmc`, `pyhf`, `points`), and notes for whoever handed it in."""

    kind: str
    notes: tuple[str, ...] = ()


def judge(path: Path, size: int) -> Judged:
    """Return what a file is; raise InputError (`upload.unknown-kind`) if it is nothing known, or broken.

    Raises InfrastructureError if the process cannot be started.
    """
    said = _asked(path, MOST_CPU_S + size * _CPU_S_PER_BYTE)
    if "error" in said:
        raise InputError(
            "The file cannot be used",
            why=one_line(str(said["error"]), _LONGEST_NOTE),
            next_step="hand in SLHA, LHE or HepMC (plain or gzipped), pyhf JSON, or points as CSV or YAML",
            code="upload.unknown-kind",
        )
    notes = [one_line(str(note), _LONGEST_NOTE) for note in said["notes"][:_MOST_NOTES]]
    return Judged(str(said["kind"]), tuple(notes))


def _asked(path: Path, most_cpu_s: float) -> JsonDict:
    try:
        with path.open("rb") as file:
            said = ask_apart(_CHILD, file, most_cpu_s, _not_judged)
    except OSError as problem:
        raise _not_judged(str(problem)) from None
    return said or {"error": "It takes too much CPU time or memory to read."}


def _not_judged(why: str) -> InfrastructureError:
    return InfrastructureError(
        "The process that looks at uploads does not work",
        where=f"{sys.executable} {_CHILD}",
        why=why,
        next_step="try again when this machine is less busy",
    )
