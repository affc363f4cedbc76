"""atlas-susy-2018-22: LHE files of real generators and their faults, by kind, through the first step and Pythia."""

from __future__ import annotations

import bz2
import gzip
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.analyses.squarks import EXAMPLES, SCRIPTS, scripts
from tests.conftest import ROOT

PYTHON = ROOT / ".venv-hepmc/bin/python"
NOTHING = SCRIPTS.parent / "nothing.txt"
HEADER = "<LesHouchesEvents version='3.0'>\n<header>\n{header}</header>\n"
INIT = """<init>
2212 2212 6.500D+03 6500. 0 0 247000 247000 {strategy} 1
1.2D-03 1e-5 1 1
<generator name='x'>1 2</generator>
</init>
"""
MASS = 741.6198487095663
EVENT = """<event>
 4 1 {weight} 91. 0.0078 0.118
 21 -1 0 0 501 502 0 0 8.0D+02 8.0D+02 0 0 9
 21 -1 0 0 502 503 0 0 -800. 800. 0 0 9
 1000001\t1 1 2 501 0 300. 0 0 8.0D+02 741.6198487095663 {flight} 9
 -1000001 1 1 2 0 503 -300. 0 0 800. 741.6198487095663 0 9
#rwgt 1 2 3
<rwgt>
<wgt id='1'> 0.5D0 </wgt>
</rwgt>
<weights> 1.0 2.0 </weights>
</event>
"""
SPECTRUM = "".join(
    f"BLOCK MODSEL\n 1 1\nBLOCK MASS\n 1000001 {MASS}\n 1000022 1.0D+02\nDECAY 1000001 1.0\n 1.0 2 1000022 1\n"
)


def lhe(*weights: str, header: str = "", strategy: int = 3, flight: str = "0.") -> str:
    events = "".join(EVENT.format(weight=weight, flight=flight) for weight in weights or ("1.0",) * 5)
    return HEADER.format(header=header) + INIT.format(strategy=strategy) + events + "</LesHouchesEvents>\n"


@pytest.fixture(scope="module")
def code() -> Iterator[SimpleNamespace]:
    names = ("slha", "lhe", "check", "rate", "plausible")
    with scripts(SCRIPTS, *names) as modules:
        yield SimpleNamespace(**dict(zip(names, modules, strict=True)))


@pytest.fixture
def first_step(code: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    def run(text: str | bytes, spectrum: str = SPECTRUM, **given: str) -> int:
        (tmp_path / "a.lhe").write_bytes(text.encode() if isinstance(text, str) else text)
        (tmp_path / "my.slha").write_text(spectrum)
        options = {
            "slha": tmp_path / "my.slha" if spectrum else NOTHING, "lhe": tmp_path / "a.lhe", "hepmc": NOTHING,
            "process": "auto", "events": 1000, "batches": 1, "seed": 7, "folder": tmp_path / "batches",
            "point": tmp_path / "point.json", "index": tmp_path / "index.yml", **given,
        }  # fmt: skip
        monkeypatch.setattr("sys.argv", ["check", *(part for k, v in options.items() for part in (f"--{k}", str(v)))])
        result: int = code.check.main()
        return result

    return run


CARD = """ {0}  = ickkw            ! 0 no matching, 1 MLM
 {1} = xqcut   ! minimum kt jet measure between partons
 {2} = ktdurham
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (lhe(header=CARD.format(1, "0.0", "-1.0")), r"MLM matching \(1 = ickkw\)"),
        (lhe(header=CARD.format(0, "30.0d0", "-1.0")), r"MLM matching \(30.0d0 = xqcut\)"),
        (lhe(header=CARD.format(0, "0.0", "55.")), r"CKKW-L merging \(55. = ktdurham\)"),
        (lhe(header=" 1.0 ! ickkw\n"), "MLM matching"),
        (lhe(header=" PYTHIA8 = parton_shower\n"), "MC@NLO"),
        (lhe(header="#  Matched Integrated weight (pb)  :  0.0012\n"), "MLM matching"),
        (lhe(header="?mlm_matching = true\n"), "WHIZARD"),
        (lhe().replace("<event>", "<event npLO=' 2 ' npNLO=' -1 '>"), r"event 1 was made for merging \(event npLO"),
        (lhe().replace("<event>", '<event npNLO="1">'), "merging"),
        (lhe().replace("#rwgt 1 2 3", "#aMCatNLO 2 5 3 1"), "event 1 was made for MC@NLO"),
    ],
)  # fmt: skip
def test_events_that_their_generator_wants_matched_are_refused(
    first_step: Callable[..., int], capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    assert first_step(text) == os.EX_DATAERR
    capsys_err = capsys.readouterr().err
    assert "shower it with its own program and settings, and hand in HepMC" in capsys_err
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(capsys_err)


def test_a_card_that_asks_for_no_matching_is_taken(first_step: Callable[..., int]) -> None:
    card = CARD.format(0, "0.0", "-1.0") + "?ckkw_matching = false\n# xqcut is not used\n"
    assert first_step(lhe(header=card).replace("<event>", '<event npLO="-1" npNLO="-1">')) == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (lhe() + lhe(), "several files in one"),
        (lhe().replace("</init>\n", "</init>\n" + INIT.format(strategy=3)), "<init> is there a second time"),
        (lhe("1.0", "-1.0"), "add up to 0; an efficiency needs a sum above 0"),
        (lhe("-1.0", "-1.0"), "add up to -2"),
        (lhe("0.0", "0.0"), "weight zero"),
        (lhe("NaN"), "NaN is no number"),
        (lhe(strategy=0), "IDWTUP is 0"),
        (lhe(flight="80."), "1000001 flies 40 mm on average"),
        (lhe().replace("8.0D+02", "8.0D+05"), "LHE files count in GeV"),
        (lhe().replace(" 4 1 1.0 91.", " 7 1 1.0 91."), "event 1 is cut off: 4 of 7 particles"),
        (lhe().replace("</event>\n", "", 1), "cut off in event 1: the next one begins"),
        (lhe().replace("1000001\t1", "9000042\t1"), "BLOCK QNUMBERS 9000042|DECAY 9000042"),
        (bz2.compress(lhe().encode()), "packed or of another kind (bzip2)"),
        (gzip.compress(lhe().encode())[:-9], "cut off or damaged"),
        ("HepMC::Version 2\n", "a HepMC file"),
        (b"", "no LHE file"),
        (lhe().split("<event>")[0], "cut off after event 0"),
        (lhe().split("<event>")[0] + "</LesHouchesEvents>\n", "holds no events"),
        (lhe().replace("6500. 0 0", "6800. 0 0"), "saw protons of 6500 GeV"),
    ],
)
def test_events_that_cannot_be_showered_are_refused(
    first_step: Callable[..., int], capsys: pytest.CaptureFixture[str], text: str | bytes, words: str
) -> None:
    assert first_step(text) == os.EX_DATAERR
    error = capsys.readouterr().err
    assert any(word in error for word in words.split("|")), error


@pytest.mark.parametrize(
    ("spectrum", "words"),
    [
        ("", "no decay tables"),
        (SPECTRUM.replace("DECAY 1000001 1.0", "DECAY 1000001 1e-16"), "flies"),
        (SPECTRUM.replace("1000022 1\n", "1000024 2\n"), "DECAY 1000024 is missing"),
    ],
)
def test_the_decays_of_what_the_events_hold_are_walked_too(
    first_step: Callable[..., int], capsys: pytest.CaptureFixture[str], spectrum: str, words: str
) -> None:
    in_header = lhe(header=f"<slha>\n{spectrum}</slha>\n")
    for text, beside in ((lhe(), spectrum), (in_header if spectrum else lhe(), "")):
        assert first_step(text, beside) == os.EX_DATAERR
        error = capsys.readouterr().err
        assert any(word in error for word in words.split("|")), error


def notes(folder: Path) -> list[str]:
    found: list[str] = json.loads((folder / "point.json").read_text())["notes"]
    return found


def test_masses_that_differ_from_those_of_the_spectrum_are_noted(
    first_step: Callable[..., int], tmp_path: Path
) -> None:
    assert first_step(lhe(), SPECTRUM.replace(str(MASS), "1600.")) == 0
    assert any("weighs 741.62 GeV" in note and "1600 GeV" in note for note in notes(tmp_path))


def test_the_cross_section_of_the_events_is_held_beside_the_table(
    code: SimpleNamespace, first_step: Callable[..., int], tmp_path: Path
) -> None:
    tables = {name: SCRIPTS.parent / f"tables/pp13_{name}_NNLO_NNLL.json" for name in ("squark", "gluino")}
    for value, answer in (("5.0D-02", 0), ("2.0D-02", 1), ("2.0D+01", None)):
        assert first_step(lhe().replace("1.2D-03", value)) == 0
        point = json.loads((tmp_path / "point.json").read_text())
        if answer is None:
            with pytest.raises(code.plausible.FarFromTable, match="fb and pb"):
                code.rate.rate_of(point, 0.0, tables)
        else:
            assert len(code.rate.rate_of(point, 0.0, tables).notes) == answer


SHOWER = """
import sys, json
from pathlib import Path
scripts, slha, *sources = sys.argv[1:]
sys.path.insert(0, scripts)
import generate
for source in sources:
    path, _, number = source.partition(":")
    pythia = generate.configured(Path(path), Path(slha), "lhe", 1, [])
    weights = [event.weight for event in generate.generated(pythia, int(number))]
    print("ANSWER", json.dumps([weights, pythia.particleData.m0(1000001), pythia.particleData.m0(1000022)]))
"""
WEIGHTS = {
    (3, ("1.0", "2.0", "0.0")): [1.0, 2.0],  # not what IDWTUP says
    (1, ("1.0D-03", "4.0D-03")): [0.001, 0.004],  # to be thrown away by weight
    (4, ("1.0", "-0.5", "2.0")): [1.0, -0.5, 2.0],
}


def test_pythia_showers_them_with_the_weights_and_numbers_of_the_file(
    first_step: Callable[..., int], tmp_path: Path
) -> None:
    sources = []
    for number, ((strategy, weights), wanted) in enumerate(WEIGHTS.items()):
        assert first_step(lhe(*weights, strategy=strategy)) == 0
        index = json.loads((tmp_path / "index.yml").read_text())
        place = Path(index["sources"][0]).rename(tmp_path / f"{number}.lhe")
        sources.append(f"{place}:{len(wanted)}")
    given = [PYTHON, "-c", SHOWER, SCRIPTS, index["slha"], *sources]
    answer = subprocess.run(given, check=True, capture_output=True, text=True).stdout
    found: list[Any] = [json.loads(line.split("ANSWER")[1]) for line in answer.splitlines() if "ANSWER" in line]
    assert found == [[pytest.approx(wanted), pytest.approx(MASS), pytest.approx(100.0)] for wanted in WEIGHTS.values()]


@pytest.mark.parametrize(
    "written",
    [
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: gzip.compress(text.replace("\n", "\r\n").encode("utf-16")),
        lambda text: text.replace("<header>\n", "<header>\n# f\xfcr\n").encode("latin-1"),
    ],
)
def test_line_ends_and_encodings_of_others_are_read(
    code: SimpleNamespace, first_step: Callable[..., int], tmp_path: Path, written: Callable[[str], bytes]
) -> None:
    assert first_step(written(lhe("1.0", "1.0"))) == 0
    (batch,) = json.loads((tmp_path / "index.yml").read_text())["sources"]
    assert Path(batch).read_bytes().isascii()
    assert b"\r" not in Path(batch).read_bytes()
    assert b"D+02" not in Path(batch).read_bytes()
    assert code.lhe.check(Path(batch)).events == 2


def test_powheg_is_showered_from_its_scale_and_that_is_said(first_step: Callable[..., int], tmp_path: Path) -> None:
    assert first_step(lhe(header="<!-- POWHEG-BOX V2 -->\nfile generated with POWHEG-BOX\n")) == 0
    assert json.loads((tmp_path / "point.json").read_text())["from_scale"] is True
    assert any("SCALUP" in note for note in notes(tmp_path))


def test_the_spectrum_that_is_generated_from_is_the_one_that_was_read(
    code: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pythia takes 1.600D+03 for 1.6: it gets what we understood, not what it would have read."""
    text = (EXAMPLES / "sqsq_direct_1600_400.slha").read_text().replace("1600.0", "1.600D+03")
    (tmp_path / "a.slha").write_text(text)
    options = {
        "slha": tmp_path / "a.slha", "lhe": NOTHING, "hepmc": NOTHING, "process": "auto", "events": 1, "batches": 1,
        "seed": 1, "folder": tmp_path, "point": tmp_path / "p", "index": tmp_path / "i",
    }  # fmt: skip
    monkeypatch.setattr("sys.argv", ["check", *(part for k, v in options.items() for part in (f"--{k}", str(v)))])
    assert code.check.main() == 0
    (source,) = json.loads((tmp_path / "i").read_text())["sources"]
    assert " 1000001 1.600E+03" in Path(source).read_text()


def test_weights_that_are_not_what_idwtup_says_are_noted(first_step: Callable[..., int], tmp_path: Path) -> None:
    for text, words in (
        (
            lhe("5.0D-03", "5.0D-03", strategy=4),
            "the mean weight, 0.005, is not the cross section of <init>, 0.0012 pb",
        ),
        (lhe("1.0", "2.0"), "the weights differ, though IDWTUP is 3"),
    ):
        assert first_step(text) == 0
        assert any(words in note for note in notes(tmp_path))
    for weight in ("1.2D-03", "6.0D-04", "1.0"):  # the cross section, its share of two events, one
        assert first_step(lhe(weight, weight, strategy=-4)) == 0
        assert not any("weight" in note for note in notes(tmp_path))


@pytest.mark.parametrize("given", [{"process": "squark"}, {"masses": "1600"}, {"weight": "PDF1"}])
def test_inputs_that_have_no_say_beside_events_are_refused(
    first_step: Callable[..., int], capsys: pytest.CaptureFixture[str], given: dict[str, str]
) -> None:
    assert first_step(lhe(), **given) == os.EX_DATAERR
    assert "no say" in (error := capsys.readouterr().err) or "which chooses among" in error


def test_events_without_anything_new_are_doubted(first_step: Callable[..., int], tmp_path: Path) -> None:
    doubt = "no particle beyond the Standard Model is in the file: are these events the signal?"
    for pdg in ("1000001", "5"):
        text = lhe().replace("\n 1000001", f"\n {pdg}").replace("\n -1000001", f"\n -{pdg}")
        assert first_step(text, SPECTRUM if pdg != "5" else "") == 0
        assert (doubt in json.loads((tmp_path / "point.json").read_text())["notes"]) is (pdg == "5")
