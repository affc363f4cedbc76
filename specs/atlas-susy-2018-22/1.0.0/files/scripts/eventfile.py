"""What files of events have in common, whatever their format: how they are read, and what is known of one.

Standard library only.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from slha import Refused

__all__ = ["BEAM_GEV", "PROTON", "EventFile", "lines_of", "should_decay"]

PROTON, BEAM_GEV = 2212, 6500.0
LONGEST_LINE = 1_000_000
HARMLESS = {1000022, 1000039}
SPARTICLES = (1_000_000, 3_000_000)


class EventFile(NamedTuple):
    """What a file holds: events, the cross section that it states in pb (0.0: none), whether it brings decay tables along."""

    events: int
    xsec_pb: float
    sum_of_weights: float
    has_slha: bool
    undecayed: frozenset[int]


def lines_of(path: Path) -> Iterator[str]:
    """Yield the lines of a plain or gzipped file; raise Refused where it cannot be read on."""
    try:
        with _open(path) as stream:
            while line := stream.readline(LONGEST_LINE):
                yield line.decode("utf-8", "replace")
    except (OSError, EOFError, zlib.error) as problem:
        raise Refused(f"{path.name} is cut off or damaged: {problem}") from problem


def _open(path: Path) -> BinaryIO:
    with path.open("rb") as stream:
        zipped = stream.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if zipped else path.open("rb")  # type: ignore[return-value]


def should_decay(pdg: int) -> bool:
    """Return whether a particle is a sparticle other than those that escape."""
    return SPARTICLES[0] < abs(pdg) < SPARTICLES[1] and abs(pdg) not in HARMLESS
