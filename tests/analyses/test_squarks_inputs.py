"""atlas-susy-2018-22: what theorists hand in, good and hostile: spectra, events, cross sections."""

from __future__ import annotations

import gzip
import json
import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.analyses.squarks import EXAMPLES, SCRIPTS, scripts

SQUARK = (EXAMPLES / "sqsq_direct_1600_400.slha").read_text()
GLUINO = (EXAMPLES / "gogo_direct_2200_600.slha").read_text()
NOTHING = SCRIPTS.parent / "nothing.txt"


@pytest.fixture(scope="module")
def code() -> Iterator[SimpleNamespace]:
    names = ("slha", "spectrum", "crosssection", "lhe", "check", "rate")
    with scripts(SCRIPTS, *names) as modules:
        yield SimpleNamespace(**dict(zip(names, modules, strict=True)))


def judged(code: SimpleNamespace, text: str, process: str = "auto") -> Any:
    return code.spectrum.judge(code.slha.parse(text, "my.slha"), process)


def test_the_examples_are_what_they_say(code: SimpleNamespace) -> None:
    squark, gluino = judged(code, SQUARK), judged(code, GLUINO)
    assert (squark.process, squark.mass_gev, squark.neutralino_gev, len(squark.produced)) == ("squark", 1600, 400, 8)
    assert (gluino.process, gluino.mass_gev, gluino.neutralino_gev) == ("gluino", 2200, 600)
    assert squark.notes == gluino.notes == []


SLEPTONS = "BLOCK MASS\n 1000011 300.\n 1000022 100.\nDECAY 1000011 1.\n 1.0 2 1000022 11\n"


@pytest.mark.parametrize(
    ("text", "process", "words"),
    [
        ("", "auto", "no BLOCK MASS"),
        (SQUARK.replace("BLOCK MASS", "BLOCK MINPAR"), "auto", "no BLOCK MASS"),
        (SQUARK.replace(" 1000001 1600.0", " 1000001 nan"), "auto", "nan is no number"),
        (SQUARK.replace("DECAY 1000001 1.0", "DECAY 1000001 inf"), "auto", "inf is no number"),
        (SQUARK.replace("BLOCK MASS", "BLOCK NMIX\n 1 1 NaN\nBLOCK MASS"), "auto", "NaN is no number"),
        (SQUARK.replace(" 1000001 1600.0", " 1000001"), "auto", "a number is missing"),
        (SQUARK.replace(" 1.0 2 1000022 1\n", " 0.7 2 1000022 1\n"), "auto", "add up to 0.7"),
        (SQUARK.replace(" 1.0 2 1000022 1\n", " 1.7 2 1000022 1\n"), "auto", "branching ratio of 1.7"),
        (SQUARK.replace(" 1.0 2 1000022 1\n", " 1.0 2 1000022\n"), "auto", "whole number is missing"),
        (SQUARK.replace("DECAY 1000001 1.0\n 1.0 2 1000022 1\n", ""), "auto", "DECAY 1000001 is missing"),
        (SQUARK.replace("DECAY 1000001 1.0", "DECAY 1000001 1e-16"), "auto", "flies"),
        (SQUARK.replace(" 1.0 2 1000022 1\n", " 1.0 2 1000021 1\n"), "auto", "needs 100000 GeV"),
        (SQUARK.replace("1600.0", "1.6"), "auto", "was TeV meant"),
        (SQUARK.replace("1000022 400.0", "1000022 1700.0"), "auto", "needs 1700 GeV"),
        (SQUARK.replace(" 1000022 400.0\n", ""), "auto", "no neutralino"),
        (SQUARK + " 1.0 3 2 1 3\n", "auto", "neutralino decays"),
        (SQUARK, "gluino", "no gluino below"),
        (SLEPTONS, "auto", "neither a light squark"),
    ],
)
def test_a_spectrum_that_cannot_be_used_is_refused_in_words(
    code: SimpleNamespace, text: str, process: str, words: str
) -> None:
    with pytest.raises(code.slha.Refused, match=words):
        judged(code, text, process)


def test_binary_files_are_no_spectra(code: SimpleNamespace, tmp_path: Path) -> None:
    (tmp_path / "a.slha").write_bytes(gzip.compress(SQUARK.encode()))
    with pytest.raises(code.slha.Refused, match="plain text"):
        code.slha.read_spectrum(tmp_path / "a.slha")


def test_a_point_outside_the_validated_range_is_noted(code: SimpleNamespace) -> None:
    (note,) = judged(code, SQUARK.replace("1000022 400.0", "1000022 1500.0")).notes
    assert "outside the validated range" in note
    assert any(
        "squark-gluino" in note for note in judged(code, SQUARK.replace("1000021 100000.0", "1000021 2200.0")).notes
    )


def table(code: SimpleNamespace, process: str) -> Path:
    return SCRIPTS.parent / f"tables/pp13_{process}_NNLO_NNLL.json"


def test_cross_sections_of_the_tables(code: SimpleNamespace) -> None:
    squark = judged(code, SQUARK)
    found = code.crosssection.from_table(table(code, "squark"), "squark", squark.produced)
    assert found.xsec_fb == pytest.approx(1.44)
    assert found.uncertainty_fb == pytest.approx(0.256)
    assert "NNLO" in found.source
    half = dict(list(squark.produced.items())[:4])
    assert code.crosssection.from_table(table(code, "squark"), "squark", half).xsec_fb == pytest.approx(0.72)
    gluino = code.crosssection.from_table(table(code, "gluino"), "gluino", {1000021: 2200.0})
    assert gluino.xsec_fb == pytest.approx(0.356)


def test_cross_sections_between_the_rows_are_interpolated_and_not_beyond(code: SimpleNamespace) -> None:
    _, rows = code.crosssection.load_table(table(code, "gluino"))
    low, middle, high = (code.crosssection.lookup(rows, mass)[0] for mass in (2000.0, 2002.5, 2005.0))
    assert middle == pytest.approx(math.sqrt(low * high))
    with pytest.raises(code.slha.Refused, match="give the cross section yourself"):
        code.crosssection.lookup(rows, 3000.5)


XSECTION = """XSECTION 1.30E+04 2212 2212 2 1000021 1000021
  0  0  0  0  0  0  1.0E-03 A 1
  0  1  0  0  0  0  2.0E-03 A 1
XSECTION 8.00E+03 2212 2212 2 1000021 1000021
  0  2  0  0  0  0  9.0E-03 A 1
"""


def point(code: SimpleNamespace, text: str) -> dict[str, Any]:
    spectrum = code.slha.parse(text, "my.slha")
    found = code.spectrum.judge(spectrum, "auto")
    sections = [list(section) for section in spectrum.cross_sections]
    return {"process": found.process, "produced": found.produced, "sections": sections}


def test_a_cross_section_comes_from_the_user_then_the_file_then_the_table(code: SimpleNamespace) -> None:
    tables = {name: table(code, name) for name in ("squark", "gluino")}
    with_sections = point(code, GLUINO + XSECTION)
    assert code.rate.rate_of(with_sections, 0.5, tables)[:2] == (0.5, None)
    assert code.rate.rate_of(with_sections, 0.0, tables).xsec_fb == pytest.approx(2.0)  # NLO, at 13 TeV
    assert "XSECTION" in code.rate.rate_of(with_sections, 0.0, tables).source
    assert code.rate.rate_of(point(code, GLUINO), 0.0, tables).xsec_fb == pytest.approx(0.356)


HEAD = """<LesHouchesEvents version='3.0'>
<init>
2212 2212 6500. 6500. 0 0 247000 247000 -4 1
0.0012 1e-5 1 1
</init>
"""
EVENT = """<event>
 4 1 {weight} 91. 0.0078 0.118
 2 -1 0 0 501 0 0 0 800. 800. 0 0 9
 -2 -1 0 0 0 501 0 0 -800. 800. 0 0 9
 1000022 1 1 2 0 0 300. 0 0 500. 400. 0 9
 1000022 1 1 2 0 0 -300. 0 0 500. 400. 0 9
<rwgt>
<wgt id='1'> 0.5 </wgt>
</rwgt>
</event>
"""
GOOD = HEAD + 5 * EVENT.format(weight="1.0") + "</LesHouchesEvents>\n"


@pytest.mark.parametrize("pack", [str.encode, lambda text: gzip.compress(text.encode())])
def test_events_are_checked_and_split(code: SimpleNamespace, tmp_path: Path, pack: Callable[[str], bytes]) -> None:
    (tmp_path / "a.lhe").write_bytes(pack(GOOD))
    found = code.lhe.check(tmp_path / "a.lhe")
    assert (found.events, found.xsec_pb, found.sum_of_weights) == (5, 0.0012, 5.0)
    batches = code.lhe.split(tmp_path / "a.lhe", tmp_path, 2, 10)
    assert [count for _, count in batches] == [3, 2]
    assert [code.lhe.check(path).events for path, _ in batches] == [3, 2]
    assert sum(count for _, count in code.lhe.split(tmp_path / "a.lhe", tmp_path, 2, 1)) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD[: len(GOOD) // 2], "cut off after event 2"),
        (GOOD.replace("</LesHouchesEvents>\n", ""), "cut off after event 5"),
        (HEAD + "</LesHouchesEvents>\n", "holds no events"),
        ("hello\n", "no LHE file"),
        (GOOD.replace("2212 2212 6500. 6500.", "2212 2212 4000. 4000."), "6500 GeV"),
        (GOOD.replace("2212 2212", "11 -11"), "protons"),
        (GOOD.replace(" 4 1 1.0 91. 0.0078 0.118", " 4 1"), "no weight"),
        (GOOD.replace(" 4 1 1.0 ", " 4 1 0.0 "), "weight zero"),
        (GOOD.replace(" 4 1 1.0 ", " 4 1 nan "), "nan is no number"),
    ],
)
def test_hostile_events_are_refused_in_words(code: SimpleNamespace, tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "a.lhe").write_text(text)
    with pytest.raises((code.slha.Refused, ValueError), match=words):
        code.lhe.check(tmp_path / "a.lhe")


def test_a_gzip_that_is_cut_off_is_refused(code: SimpleNamespace, tmp_path: Path) -> None:
    (tmp_path / "a.lhe.gz").write_bytes(gzip.compress(GOOD.encode())[:-20])
    with pytest.raises(code.slha.Refused, match="cut off or damaged"):
        code.lhe.check(tmp_path / "a.lhe.gz")


def checked(code: SimpleNamespace, folder: Path, monkeypatch: pytest.MonkeyPatch, **given: Any) -> int:
    options = {
        "slha": NOTHING, "lhe": NOTHING, "hepmc": NOTHING, "process": "auto", "events": 1000, "batches": 4, "seed": 7,
        "folder": folder / "batches", "point": folder / "point.json", "index": folder / "index.yml", **given,
    }  # fmt: skip
    arguments = [part for name, value in options.items() for part in (f"--{name}", *str(value).split(" "))]
    (folder / "batches").mkdir(exist_ok=True)
    monkeypatch.setattr("sys.argv", ["check", *arguments])
    result: int = code.check.main()
    return result


def test_seeds_are_base_plus_batch_and_recorded(
    code: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert checked(code, tmp_path, monkeypatch, slha=EXAMPLES / "sqsq_direct_1600_400.slha") == 0
    index = json.loads((tmp_path / "index.yml").read_text())
    assert index["seeds"] == [7, 8, 9, 10] == json.loads((tmp_path / "point.json").read_text())["seeds"]
    assert index["events"] == [1000] * 4
    assert index["searches"] == ["MB-SSd", "MB-C", "single-bin"]


def test_undecayed_particles_need_a_spectrum(
    code: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    events = tmp_path / "a.lhe"
    events.write_text(GOOD.replace(" 1000022 1 1 2", " 1000001 1 1 2"))
    assert checked(code, tmp_path, monkeypatch, lhe=events) == os.EX_DATAERR
    assert "hand in the spectrum" in capsys.readouterr().err
    assert checked(code, tmp_path, monkeypatch, lhe=events, slha=EXAMPLES / "sqsq_direct_1600_400.slha") == 0
    assert json.loads((tmp_path / "point.json").read_text())["file_xsec_pb"] == 0.0012


def test_nothing_handed_in_is_said(
    code: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked(code, tmp_path, monkeypatch) == os.EX_DATAERR
    assert "-p slha=@my.slha" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("process", "masses", "text"), [("squark", "1600 400", SQUARK), ("gluino", "2200 600", GLUINO)]
)
def test_masses_make_the_spectrum_of_the_simplified_model(
    code: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, process: str, masses: str, text: str
) -> None:
    assert checked(code, tmp_path, monkeypatch, process=process, masses=masses) == 0
    made = code.slha.read_spectrum(tmp_path / "batches/simplified.slha")
    wanted = code.slha.parse(text, "example")
    assert made.masses == wanted.masses
    assert made.decays == wanted.decays


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"masses": "1600 400"}, "say process=squark"),
        ({"masses": "1600", "process": "squark"}, "two numbers in GeV"),
        ({"masses": "400 1600", "process": "squark"}, "needs 1600 GeV"),
        ({"masses": "1600 400", "slha": EXAMPLES / "sqsq_direct_1600_400.slha"}, "both slha and masses"),
    ],
)
def test_masses_that_are_no_point_are_refused(
    code: SimpleNamespace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: dict[str, Any],
    words: str,
) -> None:
    assert checked(code, tmp_path, monkeypatch, **given) == os.EX_DATAERR
    assert words in capsys.readouterr().err
