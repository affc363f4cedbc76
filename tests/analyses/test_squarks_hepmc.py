"""atlas-susy-2018-22: events of HepMC3 files, written by pyhepmc, give what the same events gave without the file."""

from __future__ import annotations

import gzip
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

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
    point.write_text(json.dumps({"process": "hepmc", "produced": {}, "weight": "auto"}))
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
        (lambda text: "HepMC::IO_GenEvent-START_EVENT_LISTING\n", "cut off in or after event 0"),
        (lambda text: "HepMC::IO_Ascii-START_EVENT_LISTING\n", "write it as HepMC3"),
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


def test_events_without_any_weight_count_as_one(code: SimpleNamespace, good: str, tmp_path: Path) -> None:
    """As HepMC counts them; pyhepmc writes such files."""
    lines = [line for line in good.splitlines(keepends=True) if not line.startswith(("W ", "N "))]
    (tmp_path / "a.hepmc").write_text("".join(lines))
    found = code.hepmc.check(tmp_path / "a.hepmc")
    assert (found.events, found.sum_of_weights) == (EVENTS, EVENTS)


@pytest.mark.parametrize("pdg", ["9000001", "1000012"])
def test_a_new_particle_that_is_left_is_refused_with_those_that_may_be(
    code: SimpleNamespace, good: str, tmp_path: Path, pdg: str
) -> None:
    (tmp_path / "a.hepmc").write_text(good.replace(" -1 1000022 ", f" -1 {pdg} "))
    with pytest.raises(
        code.slha.Refused, match=f"undecayed {pdg}.* only 51, 52, 53, 1000022, 1000039 are known to escape"
    ):
        code.hepmc.check(tmp_path / "a.hepmc")


@pytest.fixture(scope="module")
def old(made: Path) -> str:
    return (made / "old").read_text()


def checked(code: SimpleNamespace, folder: Path, text: str, weight: str = "auto") -> Any:
    (folder / "a.hepmc").write_text(text)
    return code.hepmc.check(folder / "a.hepmc", weight)


@pytest.mark.parametrize("pack", [str.encode, lambda text: gzip.compress(text.encode())])
def test_hepmc2_is_read_as_madgraph_writes_it(
    code: SimpleNamespace, made: Path, old: str, tmp_path: Path, pack: Callable[[str], bytes]
) -> None:
    (tmp_path / "a.hepmc.gz").write_bytes(pack(old))
    found, wanted = list(code.hepmc.read(tmp_path / "a.hepmc.gz")), list(code.hepmc.read(made / "events.hepmc"))
    assert [event[:4] for event in found] == [(*event[:3], event.xsecs_pb[:1]) for event in wanted]
    assert code.hepmc.check(tmp_path / "a.hepmc.gz")[:3] == (EVENTS, pytest.approx(0.00144), EVENTS)
    batches = code.hepmc.split(tmp_path / "a.hepmc.gz", tmp_path, 5, 2)
    assert [count for _, count in batches] == [2] * 5
    assert [event for path, _ in batches for event in code.hepmc.read(path)] == [
        event for batch in range(5) for event in (found[batch], found[batch + 5])
    ]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda text: text[: len(text) // 2], "cut off|cannot be read"),
        (lambda text: "".join(text.splitlines(keepends=True)[:-2]), "cut off in or after event 12"),
        (lambda text: text.replace("\nP 10007 ", "\nX 10007 "), "0 of its vertices and 1 of its particles are missing"),
        (lambda text: text + text, "several files in one"),
        (lambda text: text.replace("6.5000000000000000e+03", "4e3"), "6500 GeV"),
        (lambda text: text.replace(" 1000022 ", " 1000023 "), "undecayed 1000023"),
        (lambda text: text.replace(" 1000022 ", " 9000042 "), "undecayed 9000042"),
        (lambda text: text.replace(" 1000022 ", " 21 "), "let your generator hadronise"),
    ],
)
def test_hepmc2_that_is_damaged_is_refused(
    code: SimpleNamespace, old: str, tmp_path: Path, spoil: Callable[[str], str], words: str
) -> None:
    with pytest.raises(code.slha.Refused, match=words):
        checked(code, tmp_path, spoil(old))


def test_units_that_are_not_said_are_told_by_the_beams(code: SimpleNamespace, old: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_text(old)
    wanted = next(code.hepmc.read(tmp_path / "a")).particles[0].energy
    for unit, factor in (("", 1.0), ("", 1000.0), ("U MEV CM\n", 1000.0)):
        lines = [scaled(line, factor) for line in old.splitlines() if not line.startswith("U ")]
        text = "\n".join(line if not line.startswith("C ") else f"{unit}{line}" for line in lines) + "\n"
        (tmp_path / "a").write_text(text)
        assert next(code.hepmc.read(tmp_path / "a")).particles[0].energy == pytest.approx(wanted)


def scaled(line: str, factor: float) -> str:
    words = line.split(" ")
    if words[0] == "P":
        words[3:8] = [repr(float(word) * factor) for word in words[3:8]]
    return " ".join(words)


def named(text: str, *names: str) -> str:
    joined = " ".join(f'"{name}"' for name in names)
    return text.replace("W nominal\\|up", "W " + "\\|".join(names)).replace(
        'N 2 "nominal" "up"', f"N {len(names)} {joined}"
    )


@pytest.mark.parametrize("version", ["old", "good"])
@pytest.mark.parametrize(
    ("names", "weight", "total"),
    [
        (("MUR0.5_MUF0.5", "Weight"), "auto", 2 * EVENTS),
        (("Default", "MUR2.0"), "auto", EVENTS),
        (("1001", "0"), "auto", 2 * EVENTS),
        (("PDF1", "PDF2"), "PDF2", 2 * EVENTS),
        (("Weight", "PDF2"), "PDF2", 2 * EVENTS),
    ],
)
def test_the_nominal_weight_is_found_by_its_name(
    code: SimpleNamespace, request: pytest.FixtureRequest, tmp_path: Path, version: str, names: tuple[str, ...],
    weight: str, total: float,
) -> None:  # fmt: skip
    found = checked(code, tmp_path, named(request.getfixturevalue(version), *names), weight)
    assert found.sum_of_weights == total
    assert f"{names[int(total // EVENTS) - 1]!r} counts" in found.notes[0]


def test_without_a_nominal_weight_the_names_are_listed(
    code: SimpleNamespace, good: str, old: str, tmp_path: Path
) -> None:
    for text in (good, old):
        with pytest.raises(code.slha.Refused, match=r"2 weights.*'MUR0.5', 'MUR2.0'; choose one, -p weight=NAME"):
            checked(code, tmp_path, named(text, "MUR0.5", "MUR2.0"))
        with pytest.raises(code.slha.Refused, match=r"none of them is 'MUR1.0'"):
            checked(code, tmp_path, named(text, "MUR0.5", "MUR2.0"), "MUR1.0")


FLIGHT = """HepMC::Version 3.02.05
HepMC::Asciiv3-START_EVENT_LISTING
E 0 2 5
U GEV MM
W 1.0
P 1 0 2212 0 0 6500 6500 0 4
P 2 0 2212 0 0 -6500 6500 0 4
V -1 0 [1,2] @ 0 0 1.0 0
P 3 -1 1000024 0 0 0 600 600 2
V -2 0 [3] @ 0 0 {z} 0
P 4 -2 1000022 0 0 0 400 400 1
P 5 -2 211 0 0 0 200 0.14 1
HepMC::Asciiv3-END_EVENT_LISTING
"""


def test_particles_that_fly_are_refused(code: SimpleNamespace, tmp_path: Path) -> None:
    assert checked(code, tmp_path, FLIGHT.format(z="1.5")).events == 1
    with pytest.raises(code.slha.Refused, match=r"1000024 flies 80 mm"):
        checked(code, tmp_path, FLIGHT.format(z="81.0"))
    with pytest.raises(code.slha.Refused, match=r"1000024 flies 800 mm"):
        checked(code, tmp_path, FLIGHT.format(z="81.0").replace("GEV MM", "GEV CM"))


def test_another_format_is_named(code: SimpleNamespace, tmp_path: Path) -> None:
    for text, words in (("<LesHouchesEvents>\n", "an LHE file"), ("BLOCK MASS\n", "an SLHA file")):
        with pytest.raises(code.slha.Refused, match=words):
            checked(code, tmp_path, text)


def test_what_the_events_hold_tells_which_table_their_cross_section_stands_beside(
    code: SimpleNamespace, old: str, good: str, tmp_path: Path
) -> None:
    for text in (FLIGHT.format(z="1.0"), FLIGHT.format(z="1.0").replace("W 1.0", "N Weight\nW 1.0")):
        assert checked(code, tmp_path, text).produced == ((1000022, 400.0), (1000024, 600.0))
    for text in (old, good):
        assert [pdg for pdg, _ in checked(code, tmp_path, text).produced] == [1000022]
