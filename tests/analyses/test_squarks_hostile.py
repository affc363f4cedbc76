"""atlas-susy-2018-22: its readers take any bytes, or refuse them in words; nothing else is raised."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.analyses.squarks import EXAMPLES, SCRIPTS, scripts
from tests.analyses.test_squarks_events import SPECTRUM, lhe
from tests.analyses.test_squarks_hepmc import FLIGHT

OLD = """HepMC::Version 2.06.09
HepMC::IO_GenEvent-START_EVENT_LISTING
E 0 -1 -1.0 -1.0 -1.0 0 -1 1 10001 10002 1 77 2 1.0 2.0
N 2 "Weight" "b"
U GEV MM
C 1.4e-03 2.0e-04
V -1 0 0 0 0 0 2 2 0
P 10001 2212 0 0 6.5e+03 6.5e+03 0 4 0 0 -1 0
P 10002 2212 0 0 -6.5e+03 6.5e+03 0 4 0 0 -1 0
P 10003 1000022 1 0 0 400 400 1 0 0 0 0
P 10004 22 -10 0 0 10 0 1 0 0 0 0
HepMC::IO_GenEvent-END_EVENT_LISTING
"""
PIECES = (
    b"",
    b" ",
    b"\n",
    b"-",
    b"9" * 40,
    b"NaN",
    b"\xff",
    b"\0",
    b"1e999",
    b"<event>",
    b"</init>",
    b"E ",
    b"DECAY ",
    b"BLOCK MASS",
)
ROUNDS = 200


@pytest.fixture(scope="module")
def code() -> Iterator[SimpleNamespace]:
    names = ("slha", "spectrum", "lhe", "hepmc", "crosssection")
    with scripts(SCRIPTS, *names) as modules:
        yield SimpleNamespace(**dict(zip(names, modules, strict=True)))


def changed(content: bytes, numbers: random.Random) -> bytes:
    """Return bytes with one to three places cut, doubled, or replaced by something else."""
    for _ in range(numbers.randint(1, 3)):
        first = numbers.randrange(len(content) + 1)
        last = min(first + numbers.choice((0, 1, 5, 80)), len(content))
        piece = numbers.choice((*PIECES, content[first:last] * 2))
        content = content[:first] + piece + content[last:]
    return content


SLHA = (EXAMPLES / "sqsq_direct_1600_400.slha").read_text() + (
    "XSECTION 1.30E+04 2212 2212 2 1000001 1000001\n 0 1 0 1.0 1.0 21100 3.6E-04 A 1\n"
)
FILES = {
    "slha": SLHA, "lhe": lhe(header=f"<slha>\n{SPECTRUM}</slha>\n"), "hepmc3": FLIGHT.format(z="1.5"), "hepmc2": OLD,
}  # fmt: skip


def read_slha(code: SimpleNamespace, path: Path, folder: Path) -> None:
    spectrum = code.slha.read_spectrum(path)
    code.slha.parse(code.slha.normalised(code.slha.text_of(path), spectrum), "again")
    point = code.spectrum.judge(spectrum, "auto")
    code.crosssection.from_spectrum(spectrum.cross_sections, point.process)


def read_lhe(code: SimpleNamespace, path: Path, folder: Path) -> None:
    found = code.lhe.check(path)
    batches = code.lhe.split(path, folder, 2, 10, found.strategy)
    assert sum(code.lhe.check(batch).events for batch, _ in batches) == min(found.events - found.empty, 20)


def read_hepmc(code: SimpleNamespace, path: Path, folder: Path) -> None:
    found = code.hepmc.check(path)
    assert sum(count for _, count in code.hepmc.split(path, folder, 2, 10)) == min(found.events, 20)


READERS: dict[str, Callable[[SimpleNamespace, Path, Path], None]] = {
    "slha": read_slha, "lhe": read_lhe, "hepmc3": read_hepmc, "hepmc2": read_hepmc,
}  # fmt: skip


@pytest.mark.parametrize("kind", FILES)
def test_any_bytes_are_taken_or_refused(code: SimpleNamespace, tmp_path: Path, kind: str) -> None:
    numbers, path, content = random.Random(kind), tmp_path / "a", FILES[kind].encode()
    path.write_bytes(content)
    READERS[kind](code, path, tmp_path)
    for _ in range(ROUNDS):
        path.write_bytes(changed(content, numbers))
        try:
            READERS[kind](code, path, tmp_path)
        except code.slha.Refused:
            continue
        except Exception as problem:
            raise AssertionError(f"{problem!r}, from {path.read_bytes()!r}") from problem
