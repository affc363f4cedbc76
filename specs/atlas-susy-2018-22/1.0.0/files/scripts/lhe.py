"""LHE files (hep-ph/0609017, arXiv:1405.1067), plain or gzip: checked from end to end, and split into batches.

Standard library only. A file is read as a stream, so its size does not matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from decaychain import PROMPT_M, is_new
from eventfile import BEAM_GEV, PROTON, EventFile, Means, dealt, hint, lines_of, should_decay, weights_of
from lhestatements import from_scale, merging_of_event, needs
from plaintext import number, plain
from slha import MOST_BYTES, Refused

__all__ = ["check", "split"]

COLUMNS = 13
FINAL, INTERMEDIATE, INCOMING = "1", "2", "-1"
MM_PER_M = 1000.0
# What XWGTUP means (IDWTUP): 3 all one, 4 weights. 1 and 2 ask the reader to throw events away by their weights.
STRATEGIES, ALIKE, WEIGHTED = (1, 2, 3, 4), 3, -4


def check(path: Path) -> EventFile:
    """Read a whole file; raise Refused for what is cut off, has other beams or no events, or needs matching."""
    scan = _Scan(path.name)
    for line in lines_of(path):
        scan.take(line)
    return scan.end()


def _name_of(word: str) -> str:
    inner = word.strip("<>/ ") if word.strip("<>/ ") else ""
    name = inner.split()[0].lower() if inner else ""
    return f"/{name}" if word.startswith("</") else name


class _Scan:
    """What was seen of a file so far."""

    def __init__(self, name: str) -> None:
        self.name, self.first, self.part, self.row, self.rows = name, "", "", 0, 0
        self.xsec_pb, self.strategy, self.processes = 0.0, 0, 0
        self.weights: list[float] = []
        self.complete = 0
        self.begun = self.closed = self.has_init = self.in_event = self.from_scale = False
        self.undecayed: set[int] = set()
        self.masses, self.flown = Means(), Means()
        self.slha: list[str] = []

    def take(self, line: str) -> None:
        """Look at one line."""
        word = line.strip()
        self.first = self.first or word
        if self.part == "slha" and not word.lower().startswith("</slha"):
            self._of_spectrum(line)
        elif word.startswith("<"):
            self._tag(word)
        elif not line.endswith("\n"):  # the last line, cut off: `end` says so
            return
        elif self.part in ("init", "event") and word and not word.startswith("#"):
            self.row += 1
            try:
                (self._init if self.part == "init" else self._event)(word.split())
            except (ValueError, IndexError) as problem:
                raise Refused(f"{self._where()}: {word[:60]!r} cannot be read ({problem})") from None
        elif self.part != "init":
            self._statement(line)

    def _where(self) -> str:
        return f"{self.name}, event {self.complete + 1}" if self.has_init and self.part != "init" else self.name

    def _of_spectrum(self, line: str) -> None:
        self.slha.append(line)
        if len(self.slha) > MOST_BYTES // 10:
            raise Refused(f"{self.name}: the <slha> of its header has no end")

    def _statement(self, line: str) -> None:
        self.from_scale |= not self.has_init and from_scale(line)
        if not self.has_init or line.lstrip().startswith("#"):
            self._refuse_if(needs(line))

    def _refuse_if(self, need: str) -> None:
        if need:
            raise Refused(
                f"{self._where()} was made for {need}: shower it with its own program and settings, and hand in HepMC "
                "with the cross section from there (-p hepmc=@...)"
            )

    def _tag(self, word: str) -> None:
        name = _name_of(word)
        if name == "leshouchesevents":
            if self.begun:
                raise Refused(f"{self.name} holds several files in one: <LesHouchesEvents> begins a second time")
            self.begun = True
        elif name == "/leshouchesevents":
            self.closed = not self.in_event
        elif name == "init":
            if self.has_init:
                raise Refused(f"{self.name} holds several files in one: <init> is there a second time")
            self.part, self.row, self.has_init = "init", 0, True
        elif name == "event":
            self._begin_event(word)
        elif name == "/event":
            self._end_of_event()
        elif name == "slha" and not self.has_init:
            self.part = "slha"
        elif name == "/init":
            self._end_of_init()
        elif name == "/slha" or self.part == "event":  # <rwgt> and the like follow the particles
            self.part = ""

    def _end_of_init(self) -> None:
        if not self.processes or self.row < 1 + self.processes:
            raise Refused(f"{self.name}: <init> says that it has {self.processes} processes, and holds fewer lines")
        self.part = ""

    def _begin_event(self, word: str) -> None:
        if self.in_event:
            raise Refused(f"{self.name} is cut off in event {len(self.weights)}: the next one begins before it ends")
        if self.part == "init" or not self.has_init:
            raise Refused(f"{self.name}: an event begins before <init> has ended")
        self._refuse_if(merging_of_event(word))
        self.part, self.row, self.in_event = "event", 0, True

    def _init(self, words: list[str]) -> None:
        if self.row == 1:
            beams, energies = [int(word) for word in words[:2]], [number(word) for word in words[2:4]]
            if beams != [PROTON, PROTON] or any(abs(energy - BEAM_GEV) > 1.0 for energy in energies):
                raise Refused(
                    f"{self.name} has beams {beams} of {energies} GeV; this search saw protons of {BEAM_GEV:g} GeV"
                )
            self.strategy, self.processes = int(words[8]), int(words[9])
            if abs(self.strategy) not in STRATEGIES:
                raise Refused(
                    f"{self.name}: IDWTUP is {self.strategy} in <init>; 1 to 4 and their negatives mean something"
                )
        elif self.row <= 1 + self.processes:
            self.xsec_pb += number(words[0])

    def _event(self, words: list[str]) -> None:
        if self.row == 1:
            if len(words) < 6:
                raise Refused(f"{self._where()}: no weight (XWGTUP) in {' '.join(words)[:60]!r}")
            self.rows, _ = int(words[0]), self.weights.append(number(words[2]))
        elif self.row <= 1 + self.rows:
            if len(words) < COLUMNS:
                raise ValueError(f"a particle has {COLUMNS} columns")
            self._particle(abs(int(words[0])), words[1], [number(word) for word in words[6:12]])

    def _particle(self, pdg: int, status: str, values: list[float]) -> None:
        energy, mass, flight_mm = values[3:6]
        if status == INCOMING and energy > BEAM_GEV + 1.0:
            raise Refused(
                f"{self.name}, event {len(self.weights)}: a parton of {energy:g} GeV comes in, more than the beam has; "
                "LHE files count in GeV"
            )
        if status == FINAL and should_decay(pdg):
            self.undecayed.add(pdg)
        if status in (FINAL, INTERMEDIATE) and is_new(pdg):
            self.masses.add([(pdg, mass)])
            self.flown.add([(pdg, flight_mm)])

    def _end_of_event(self) -> None:
        if not self.in_event or self.row < 2:
            raise Refused(f"{self.name}, event {max(len(self.weights), 1)} holds no particles")
        if self.row < 1 + self.rows:
            raise Refused(
                f"{self.name}, event {len(self.weights)} is cut off: {self.row - 1} of {self.rows} particles are there"
            )
        self.part, self.in_event, self.complete = "", False, self.complete + 1

    def end(self) -> EventFile:
        """Return what the file holds; raise Refused if it is not whole."""
        if not self.begun and (other := hint(self.first)):
            raise Refused(f"{self.name} is no LHE file but {other}")
        if not self.begun or not self.has_init:
            raise Refused(f"{self.name} is no LHE file: it has no <LesHouchesEvents> with an <init>")
        if not self.closed:
            raise Refused(f"{self.name} is cut off after event {self.complete}: </LesHouchesEvents> is missing")
        events, total, notes = weights_of(self.name, self.weights)
        for pdg, flown_mm in self.flown.means():
            if flown_mm > PROMPT_M * MM_PER_M:
                mean = f"{flown_mm:.3g} mm on average (VTIMUP)"
                raise Refused(f"{self.name}: {pdg} flies {mean}; this search is for prompt decays")
        alike = min(self.weights) == max(self.weights)
        notes += self._of_weights(total / events, alike)
        return EventFile(
            events, self.xsec_pb, total, bool(self.slha), frozenset(self.undecayed), tuple(notes), "".join(self.slha),
            self.masses.means(), ALIKE if alike else WEIGHTED, self.weights.count(0.0), self.from_scale,
        )  # fmt: skip

    def _of_weights(self, mean: float, alike: bool) -> list[str]:
        """Return what is to be said of what the weights mean."""
        notes = []
        if self.from_scale:
            notes.append("POWHEG's events are showered from their own scale (SCALUP) down, without its veto")
        stated = (self.xsec_pb, self.xsec_pb / len(self.weights), 1.0)
        if abs(self.strategy) == 4 and not any(abs(mean - value) <= 0.5 * abs(value) for value in stated):
            notes.append(
                f"the mean weight, {mean:.4g}, is not the cross section of <init>, {self.xsec_pb:.4g} pb; that counts"
            )
        if not alike and abs(self.strategy) == ALIKE:
            notes.append(f"the weights differ, though IDWTUP is {self.strategy}: they count as they are")
        return notes


def split(path: Path, folder: Path, batches: int, most: int, strategy: int = ALIKE) -> list[tuple[Path, int]]:
    """Write the first `batches * most` events to one file a batch, with the <init>; return files and their events.

    Numbers are written as C++ reads them, IDWTUP as `strategy`, and events of weight zero are left out. Event i goes
    into batch i mod batches, so that every batch is a fair sample.
    """
    files = [folder / f"batch_{index}.lhe" for index in range(batches)]
    blocks = _blocks(path)
    init = next(blocks)
    words = init[0].split()
    words[8] = str(strategy)
    head = ['<LesHouchesEvents version="1.0">\n', "<init>\n", " ".join(words) + "\n", *init[1:], "</init>\n"]
    events = (["<event>\n", *lines, "</event>\n"] for lines in blocks if float(lines[0].split()[2]) != 0.0)
    counts = dealt(events, head, "</LesHouchesEvents>\n", files, most)
    return [(file, count) for file, count in zip(files, counts) if count]


def _blocks(path: Path) -> Iterator[list[str]]:
    """Yield the numbers of <init>, then those of each event, line by line; of a file that `check` has taken."""
    part, lines, rows = "", [], 0
    for line in lines_of(path):
        word = line.strip()
        if word.startswith("<"):
            name = _name_of(word)
            if (part and name == f"/{part}") or (lines and name == "/event"):
                yield lines[: 1 + rows]
                part, lines = "", []
            elif name in ("init", "event"):
                part, lines = name, []
            elif part == "event":
                part = ""
        elif part and word and not word.startswith("#"):
            words = word.split()
            if not lines:
                rows = int(words[9] if part == "init" else words[0])
            lines.append(" ".join(plain(one) or one for one in words) + "\n")
