"""A file handed in by a user: its kind by its first bytes, or a spectrum in full; read up to a maximum size."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from recast.applies.clauses import find
from recast.applies.declared import Applies
from recast.applies.events import HEAD_BYTES, KINDS, beam_energies_gev, kind_of, needs_of_events, unpacked
from recast.applies.model import Model
from recast.applies.slha import MOST_BYTES, BadSpectrum, Spectrum, read_spectrum
from recast.errors import InputError, NotFound
from recast.json_types import JsonObject
from recast.plainfile import open_plain, read_plain

__all__ = ["fault_of_file", "head_of", "model_of_file", "spectrum_fault", "spectrum_of"]

_BEAMS_TOLERANCE_GEV = 1.0


def head_of(path: Path) -> bytes:
    """Return the first bytes of a file, decompressed; raise NotFound or InputError."""
    try:
        with open_plain(path) as file:
            return unpacked(file.read(HEAD_BYTES))
    except FileNotFoundError as problem:
        raise NotFound(f"There is no file {path.name!r}", where=str(path), next_step=f"ls {path.parent}") from problem
    except OSError as problem:
        raise InputError("The file cannot be read", where=str(path), why=problem.strerror or "") from problem


def spectrum_of(path: Path) -> Spectrum:
    """Return the spectrum in a file; raise BadSpectrum, or InputError for what cannot be read."""
    try:
        content = read_plain(path, MOST_BYTES)
    except OSError as problem:
        raise InputError("The file cannot be read", where=str(path), why=problem.strerror or "") from problem
    return read_spectrum(content)


def model_of_file(path: Path, masses: Mapping[str, float], inputs: JsonObject) -> Model:
    """Return the model in a file, together with other inputs; raise NotFound or InputError."""
    head = head_of(path)
    kind = kind_of(head)
    if not kind:
        raise InputError(
            f"{path.name} is neither {', '.join(list(KINDS.values())[:-1])} nor {KINDS['pyhf']}",
            where=str(path),
            why="Its first bytes are those of none of them.",
            next_step="recast which FILE   (a spectrum with BLOCK MASS, LHE or HepMC events, plain or gzipped)",
        )
    if kind != "slha":
        needs = needs_of_events(head) if kind == "lhe" else ""
        return Model(kind, None, masses, inputs, beam_energies_gev(head), needs)
    try:
        return Model(kind, spectrum_of(path), masses, inputs)
    except BadSpectrum as problem:
        raise InputError(f"{path.name} is not a valid spectrum", where=str(path), why=str(problem)) from problem


def fault_of_file(kind: str, path: Path, sqrts_tev: float) -> str:
    """Return what is wrong with a file that should be of a kind, or an empty string."""
    head = head_of(path)
    found = kind_of(head)
    if found != kind:
        is_ = KINDS[found] if found else "none of the kinds that searches take"
        return f"{path.name} is {is_}; {KINDS[kind]} is required"
    if kind == "lhe" and (needs := needs_of_events(head)):
        return f"{path.name} was made for {needs}: shower it with its own program and settings, and hand in HepMC"
    beams = beam_energies_gev(head) if kind == "lhe" else None
    if beams is not None and any(abs(beam - 500.0 * sqrts_tev) > _BEAMS_TOLERANCE_GEV for beam in beams):
        return f"{path.name} has beams of {beams[0]:g} and {beams[1]:g} GeV; the search is at {sqrts_tev:g} TeV"
    if kind == "slha":
        try:
            spectrum_of(path)
        except BadSpectrum as problem:
            return f"{path.name}: {problem}"
    return ""


def spectrum_fault(applies: Applies, path: Path, inputs: JsonObject, sqrts_tev: float) -> str:
    """Return why no topology takes a spectrum with these inputs, as explained by the one that matches furthest."""
    model = Model("slha", spectrum_of(path), {}, inputs)
    found = [find(topology, applies, model, None, sqrts_tev) for topology in applies.topologies]
    if not found or not all(one.refused for one in found):
        return ""
    best = max(found, key=lambda one: len(one.clauses))
    return f"{path.name}: {best.decisive.why} ({best.topology.title})"
