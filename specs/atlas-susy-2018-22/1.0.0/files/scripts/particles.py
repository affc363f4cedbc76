"""Events at particle level: what `generate` writes and `analyse` reads, one JSON object a line, gzipped.

A line is `{"weight": w, "met": [px, py], "jets": [[pt, eta, phi, m], ...], "electrons": [[pt, eta, phi], ...],
"muons": [...]}`, momenta in GeV. The first line is the header: what was generated, with which seed. The bytes are a
function of the events alone (no time in the gzip header), so that digests can be compared.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Event", "Jet", "Lepton", "Lost", "read_events", "write_events"]

DECIMALS = 4  # 0.1 MeV; angles to 0.1 mrad


class Lost(Exception):
    """A file of events is damaged; the message says where."""


class Jet(NamedTuple):
    """An anti-kT jet, R = 0.4: transverse momentum (GeV), pseudorapidity, azimuth, mass (GeV)."""

    pt: float
    eta: float
    phi: float
    mass: float


class Lepton(NamedTuple):
    """An electron or a muon: transverse momentum (GeV), pseudorapidity, azimuth."""

    pt: float
    eta: float
    phi: float


class Event(NamedTuple):
    """One event; `met` is the vector sum of what no detector sees, (px, py) in GeV. Jets fall in pT."""

    weight: float
    met: tuple[float, float]
    jets: tuple[Jet, ...]
    electrons: tuple[Lepton, ...] = ()
    muons: tuple[Lepton, ...] = ()


def write_events(path: Path, header: dict[str, Any], events: Iterable[Event]) -> None:
    """Write a header and events."""
    with path.open("wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as stream:
        stream.write(json.dumps(header, sort_keys=True).encode() + b"\n")
        for event in events:
            stream.write(json.dumps(_as_json(event), separators=(",", ":")).encode() + b"\n")


def read_events(path: Path) -> tuple[dict[str, Any], Iterator[Event]]:
    """Return the header and the events; raise Lost for a file that is cut off, damaged, or not of this kind."""
    lines = _lines(path)
    try:
        header = json.loads(next(lines))
    except (StopIteration, ValueError) as problem:
        raise Lost(f"{path.name} has no header: {problem}") from problem
    return header, (_event(line, path) for line in lines)


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path, "rb") as stream:
            yield from stream
    except (OSError, EOFError) as problem:
        raise Lost(f"{path.name} cannot be read to its end: {problem}") from problem


def _as_json(event: Event) -> dict[str, Any]:
    def short(rows: Iterable[Iterable[float]]) -> list[list[float]]:
        return [[round(value, DECIMALS) for value in row] for row in rows]

    return {
        "weight": event.weight,
        "met": [round(value, DECIMALS) for value in event.met],
        "jets": short(event.jets),
        "electrons": short(event.electrons),
        "muons": short(event.muons),
    }


def _event(line: bytes, path: Path) -> Event:
    try:
        data = json.loads(line)
        px, py = data["met"]
        return Event(
            weight=float(data["weight"]),
            met=(float(px), float(py)),
            jets=tuple(Jet(*row) for row in data["jets"]),
            electrons=tuple(Lepton(*row) for row in data["electrons"]),
            muons=tuple(Lepton(*row) for row in data["muons"]),
        )
    except (ValueError, KeyError, TypeError) as problem:
        raise Lost(f"{path.name} holds a line that is no event: {problem}") from problem
