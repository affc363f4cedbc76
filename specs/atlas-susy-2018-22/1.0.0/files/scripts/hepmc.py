"""HepMC files (ASCII of HepMC3 and HepMC2), plain or gzip: checked from end to end, split into batches, read.

Standard library only. A file is read as a stream, so its size does not matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from decaychain import PROMPT_M
from eventfile import EventFile, Means, dealt, hint, lines_of, weights_of
from hepmcevent import QUOTED, HepMCEvent, Particle, Reading2, Reading3
from slha import Refused

__all__ = ["NOMINAL", "HepMCEvent", "Particle", "check", "chosen", "read", "split"]

NOMINAL = "auto"
KINDS = {"HepMC::Asciiv3": Reading3, "HepMC::IO_GenEvent": Reading2}
BEGIN, END = "-START_EVENT_LISTING", "-END_EVENT_LISTING"
FIRSTS = {kind + BEGIN: reading for kind, reading in KINDS.items()}
LASTS = {kind + END for kind in KINDS}
# What generators call the weight that nothing was varied for, in the order in which they are looked for.
NOMINAL_NAMES = ("weight", "default", "nominal", "baseline", "central", "", "0")
MOST_NAMES = 20
MM_PER_M = 1000.0


def read(path: Path) -> Iterator[HepMCEvent]:
    """Yield the events of a file; raise Refused for what is cut off, damaged, or of another collider."""
    event: Reading2 | Reading3 | None = None
    kind: type[Reading2] | type[Reading3] | None = None
    names: list[str] = []
    number, closed = 0, False
    for line in lines_of(path):
        words = line.split()
        if not words:
            continue
        if words[0] in FIRSTS:
            if kind is not None:
                raise Refused(f"{path.name} holds several files in one: {words[0]} is there a second time")
            kind = FIRSTS[words[0]]
        elif kind is None:
            _check_is_known(path.name, words[0])
        closed = closed or words[0] in LASTS
        if event and (words[0] == "E" or closed):
            yield event.end()
            event = None
        if words[0] == "E" and kind and not closed:
            number += 1
            event = _begun(kind, path.name, number, names, words)
        elif event:
            event.take(words)
        elif words[0] == "N" and kind is Reading3:
            names = QUOTED.findall(line) or words[1:]
        elif words[0] == "W" and kind is Reading3:
            names = [name.replace("\\\\", "\\") for name in line.rstrip("\n")[2:].split("\\|")]
    if kind is None:
        raise Refused(f"{path.name} is no HepMC3 file, nor one of HepMC2: it has none of {', '.join(FIRSTS)}")
    if not closed:
        raise Refused(f"{path.name} is cut off in or after event {number}: its END_EVENT_LISTING is missing")


def _begun(
    kind: type[Reading2] | type[Reading3], name: str, number: int, names: list[str], words: list[str]
) -> Reading2 | Reading3:
    try:
        return kind(name, number, names, words)
    except (IndexError, ValueError):
        raise Refused(f"{name}: {' '.join(words)[:60]!r} does not begin an event") from None


def _check_is_known(name: str, word: str) -> None:
    if word.startswith("HepMC::") and word != "HepMC::Version":
        raise Refused(
            f"{name} is of another kind ({word}): write it as HepMC3 ASCII (WriterAscii) or HepMC2 (IO_GenEvent)"
        )
    if not word.startswith("HepMC::") and (other := hint(word)):
        raise Refused(f"{name} is no HepMC file but {other}")


def chosen(name: str, names: Sequence[str], count: int, wanted: str) -> int:
    """Return which of an event's weights counts: the one of a name, or the nominal one; raise Refused if none is."""
    known = [one.strip() for one in names] if len(names) == count else [str(index) for index in range(count)]
    if wanted != NOMINAL:
        if wanted.strip() in known:
            return known.index(wanted.strip())
    elif count == 1:
        return 0
    else:
        lower = [one.lower() for one in known]
        for nominal in NOMINAL_NAMES:
            if nominal in lower:
                return lower.index(nominal)
    shown = ", ".join(map(repr, known[:MOST_NAMES])) + (f" and {count - MOST_NAMES} more" if count > MOST_NAMES else "")
    asked = "none of them is named as the nominal one" if wanted == NOMINAL else f"none of them is {wanted!r}"
    raise Refused(f"{name} has {count} weights, and {asked}: {shown}; choose one, -p weight=NAME")


def check(path: Path, wanted: str = NOMINAL) -> EventFile:
    """Read a whole file and return what it holds; raise Refused for what cannot be used."""
    weights, xsec_pb, notes = [], 0.0, []
    flown, masses = Means(), Means()
    for event in read(path):
        index = chosen(path.name, event.names, len(event.weights), wanted)
        weights.append(event.weights[index])
        if not weights[1:] and len(event.weights) > 1:
            called = repr(event.names[index]) if len(event.names) == len(event.weights) else f"number {index}"
            notes.append(f"of {len(event.weights)} weights the one called {called} counts")
        if event.xsecs_pb:
            xsec_pb = event.xsecs_pb[index if index < len(event.xsecs_pb) else 0]
        flown.add(event.flown)
        masses.add(event.made)
    events, total, said = weights_of(path.name, weights)
    for pdg, way_mm in flown.means():
        if way_mm > PROMPT_M * MM_PER_M:
            raise Refused(f"{path.name}: {pdg} flies {way_mm:.3g} mm on average; this search is for prompt decays")
    return EventFile(events, xsec_pb, total, False, frozenset(), (*notes, *said), "", masses.means())


def split(path: Path, folder: Path, batches: int, most: int) -> list[tuple[Path, int]]:
    """Write the first `batches * most` events to one file a batch, header repeated; return files and their events."""
    files = [folder / f"batch_{index}.hepmc" for index in range(batches)]
    heads: list[str] = []
    first = ""
    for line in lines_of(path):
        word = _word(line)
        if first and word == "E":
            break
        first = first or (word if word in FIRSTS else "")
        heads += [line] if first else []
    counts = dealt(_events(path), heads, f"{first.removesuffix(BEGIN)}{END}\n", files, most)
    return [(file, count) for file, count in zip(files, counts) if count]


def _events(path: Path) -> Iterator[list[str]]:
    lines: list[str] = []
    begun = False
    for line in lines_of(path):
        word = _word(line)
        begun = begun or word in FIRSTS
        if lines and (word == "E" or word in LASTS):
            yield lines
            lines = []
        if word in LASTS:
            return
        if (word == "E" and begun) or lines:
            lines.append(line)


def _word(line: str) -> str:
    return line.split(maxsplit=1)[0] if line.strip() else ""
