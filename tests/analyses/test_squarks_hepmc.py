"""atlas-susy-2018-22: events of HepMC3 files, written by pyhepmc, give what the same events gave without the file."""

from __future__ import annotations

import gzip
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.analyses.squarks import EXAMPLES, SCRIPTS, scripts
from tests.conftest import ROOT

PYTHON = ROOT / ".venv-hepmc/bin/python"
WITNESS = Path(__file__).with_name("hepmc_witness.py")
EVENTS = 12


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the same events twice."""
    folder = tmp_path_factory.mktemp("events")
    spectrum = EXAMPLES / "sqsq_direct_1600_400.slha"
    subprocess.run([PYTHON, WITNESS, SCRIPTS, spectrum, str(EVENTS), folder], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def good(made: Path) -> str:
    return (made / "events.hepmc").read_text()


@pytest.fixture(scope="module")
def code() -> Iterator[SimpleNamespace]:
    names = ("hepmc", "slha", "particles")
    with scripts(SCRIPTS, *names) as modules:
        yield SimpleNamespace(**dict(zip(names, modules, strict=True)))


def rows(code: SimpleNamespace, path: Path) -> list[object]:
    _, events = code.particles.read_events(path)
    return list(events)


def test_jets_leptons_and_missing_momentum_are_the_same(code: SimpleNamespace, made: Path, tmp_path: Path) -> None:
    point, out = tmp_path / "point.json", tmp_path / "particles.jsonl.gz"
    point.write_text(json.dumps({"process": "hepmc", "produced": {}}))
    given = ("--source", made / "events.hepmc", "--slha", SCRIPTS.parent / "nothing.txt", "--point", point)
    wanted = ("--seed", "5", "--events", str(EVENTS), "--output", out)
    subprocess.run([PYTHON, SCRIPTS / "generate.py", *given, *wanted], check=True, capture_output=True)
    assert rows(code, out) == rows(code, made / "particles.jsonl.gz")


@pytest.mark.parametrize("pack", [str.encode, lambda text: gzip.compress(text.encode())])
def test_events_are_checked_and_split(
    code: SimpleNamespace, good: str, tmp_path: Path, pack: Callable[[str], bytes]
) -> None:
    path = tmp_path / "a.hepmc"
    path.write_bytes(pack(good))
    found = code.hepmc.check(path)
    assert (found.events, found.xsec_pb, found.sum_of_weights) == (EVENTS, 0.00144, EVENTS)
    batches = code.hepmc.split(path, tmp_path, 5, 100)
    assert [count for _, count in batches] == [3, 3, 2, 2, 2]
    all_of_them = list(code.hepmc.read(path))
    assert [event for file, _ in batches for event in code.hepmc.read(file)] == [
        event for batch in range(5) for event in all_of_them[batch::5]
    ]
    assert [count for _, count in code.hepmc.split(path, tmp_path, 2, 1)] == [1, 1]
    assert [code.hepmc.check(file).events for file, _ in code.hepmc.split(path, tmp_path, 1, 4)] == [4]


def test_units_are_read(code: SimpleNamespace, good: str, tmp_path: Path) -> None:
    (tmp_path / "a.hepmc").write_text(good.replace("U GEV MM", "U MEV MM").replace("6.5000000000000000e+03", "6.5e6"))
    (tmp_path / "b.hepmc").write_text(good)
    one, other = (next(code.hepmc.read(tmp_path / name)).particles[0] for name in ("a.hepmc", "b.hepmc"))
    assert one.px == pytest.approx(other.px / 1000.0)


def beam_of(word: str) -> Callable[[str], str]:
    return lambda text: text.replace("6.5000000000000000e+03", word)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda text: text[: len(text) // 2], "cut off|is missing|cannot be read"),
        (lambda text: text.replace("HepMC::Asciiv3-END_EVENT_LISTING", ""), "cut off in or after event 12"),
        (lambda text: text.split("E 0 ")[0] + "HepMC::Asciiv3-END_EVENT_LISTING\n", "holds no events"),
        (lambda text: "hello\n", "no HepMC3 file"),
        (lambda text: "HepMC::Version 2.06.09\nHepMC::IO_GenEvent-START_EVENT_LISTING\n", "write it as HepMC3"),
        (beam_of("4.0e+03"), "6500 GeV"),
        (lambda text: text.replace(" 2212 ", " 11 "), "saw protons"),
        (lambda text: text.replace("W 1.0000000000000000000000e+00 2", "A x y 2"), "no weight"),
        (lambda text: text.replace("W 1.0000000000000000000000e+00 2", "W 0 2"), "weight zero"),
        (lambda text: text.replace("W 1.0000000000000000000000e+00 2", "W nan 2"), "nan is no number"),
        (lambda text: text.replace("U GEV MM", "U KEV MM"), "cannot be read"),
        (lambda text: text.replace("P 7 -1", "X 7 -1"), "particles are missing"),
        (lambda text: text.replace(" -1 1000022 ", " -1 1000021 "), "undecayed 1000021"),
        (lambda text: text.replace("E 0 1 ", "E zero 1 x"), "does not begin an event"),
    ],
)
def test_hostile_files_are_refused_in_words(
    code: SimpleNamespace, good: str, tmp_path: Path, spoil: Callable[[str], str], words: str
) -> None:
    (tmp_path / "a.hepmc").write_text(spoil(good))
    with pytest.raises(code.slha.Refused, match=words):
        code.hepmc.check(tmp_path / "a.hepmc")
