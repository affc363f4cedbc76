"""What files of events have in common, whatever their format: how they are read, and what is known of one.

Standard library only.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from decaychain import NEUTRALINO, is_new
from plaintext import PACKED, encoding_of
from slha import Refused

__all__ = [
    "BEAM_GEV",
    "ESCAPES",
    "PROTON",
    "EventFile",
    "Means",
    "dealt",
    "hint",
    "lines_of",
    "should_decay",
    "weights_of",
]

PROTON, BEAM_GEV = 2212, 6500.0
LONGEST_LINE = 1_000_000
GZIP = b"\x1f\x8b"
ESCAPES = {NEUTRALINO, 1000039, 51, 52, 53}  # neutralino, gravitino, dark matter of spin 0, 1/2, 1


class EventFile(NamedTuple):
    """What a file holds: events, cross section that it states in pb (0.0: none), whether it brings decay tables along.

    `produced` holds the mean mass in GeV of each new particle; `slha` the spectrum in the header, `notes` what to say;
    `empty` events have weight zero and are left out.
    """

    events: int
    xsec_pb: float
    sum_of_weights: float
    has_slha: bool
    undecayed: frozenset[int]
    notes: tuple[str, ...] = ()
    slha: str = ""
    produced: tuple[tuple[int, float], ...] = ()
    strategy: int = 3
    empty: int = 0
    from_scale: bool = False


class Means:
    """The mean of a quantity for each particle, by PDG number without its sign."""

    def __init__(self) -> None:
        self._sums: dict[int, tuple[float, int]] = {}

    def add(self, values: Iterable[tuple[int, float]]) -> None:
        """Count values, each with the number of its particle."""
        for pdg, value in values:
            total, count = self._sums.get(abs(pdg), (0.0, 0))
            self._sums[abs(pdg)] = (total + value, count + 1)

    def means(self) -> tuple[tuple[int, float], ...]:
        """Return the particles with their means, in order."""
        return tuple((pdg, total / count) for pdg, (total, count) in sorted(self._sums.items()))


def lines_of(path: Path) -> Iterator[str]:
    """Yield the lines of a plain or gzipped text, each with its line end; raise Refused where it cannot be read on."""
    try:
        with _open(path) as stream:
            head = stream.peek(4)[:4]  # type: ignore[attr-defined]
            if packing := next((kind for begin, kind in PACKED.items() if head.startswith(begin)), ""):
                raise Refused(f"{path.name} is packed or of another kind ({packing}): hand it in as text or gzip")
            with io.TextIOWrapper(stream, encoding_of(head), errors="replace", newline=None) as text:
                while line := text.readline(LONGEST_LINE):
                    yield line
    except (OSError, EOFError, zlib.error, UnicodeError) as problem:
        raise Refused(f"{path.name} is cut off or damaged: {problem}") from problem


def _open(path: Path) -> BinaryIO:
    with path.open("rb") as stream:
        zipped = stream.read(2) == GZIP
    return gzip.open(path, "rb") if zipped else path.open("rb")  # type: ignore[return-value]


def hint(word: str) -> str:
    """Return what a file is that begins with a word, and the input that it belongs to; nothing if that is not known."""
    kinds = {
        "<leshouchesevents": "an LHE file (-p lhe=@...)", "hepmc::": "a HepMC file (-p hepmc=@...)",
        "block": "an SLHA file (-p slha=@...)",
    }  # fmt: skip
    return next((kind for begin, kind in kinds.items() if word.lower().startswith(begin)), "")


def should_decay(pdg: int) -> bool:
    """Return whether a particle is a new one other than those that escape."""
    return is_new(pdg) and abs(pdg) not in ESCAPES


def weights_of(name: str, weights: Iterable[float]) -> tuple[int, float, list[str]]:
    """Return number and sum of weights, and notes; raise Refused if nothing can be counted with them."""
    number = zero = negative = 0
    total = positive = 0.0
    for weight in weights:
        number, total, positive = number + 1, total + weight, positive + max(weight, 0.0)
        zero, negative = zero + (weight == 0.0), negative + (weight < 0.0)
    if not number:
        raise Refused(f"{name} holds no events")
    if zero == number:
        raise Refused(f"{name}: all {number} events have weight zero, so nothing can be counted")
    if total <= 1e-9 * positive:
        raise Refused(
            f"{name}: the weights of its {number} events add up to {total:g}; an efficiency needs a sum above 0"
        )
    notes = [f"{negative} of {number} events have negative weights: the statistics are worse than the number says"]
    zeros = [f"{zero} of {number} events have weight zero and count for nothing"]
    return number, total, [*(notes if negative else []), *(zeros if zero else [])]


def dealt(events: Iterator[list[str]], heads: list[str], tail: str, files: list[Path], most: int) -> list[int]:
    """Write events (their lines) to files, one after the other round the table; return how many each got.

    So every batch is a fair sample. At most `most` events are written to each.
    """
    counts = [0] * len(files)
    streams = [file.open("w", encoding="utf-8") for file in files]
    try:
        for stream in streams:
            stream.writelines(heads)
        for number, lines in enumerate(events):
            if number == most * len(files):
                break
            streams[number % len(files)].writelines(lines)
            counts[number % len(files)] += 1
        for stream in streams:
            stream.write(tail)
    finally:
        for stream in streams:
            stream.close()
    return counts
