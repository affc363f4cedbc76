"""atlas-susy-2018-22: spectra of real programs and their faults, by kind: what is harmless is read, else refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from recast.applies.chains import chain_faults
from recast.applies.conserved import colourless
from recast.applies.slha import read_spectrum
from tests.analyses.squarks import EXAMPLES, SCRIPTS, scripts

SQUARK = (EXAMPLES / "sqsq_direct_1600_400.slha").read_text()
GLUINO = (EXAMPLES / "gogo_direct_2200_600.slha").read_text()
ONE_SQUARK = "DECAY 1000001 1.0\n 1.0 2 1000022 1\n"
HEAVY_HIGGS = " 35 800.\nDECAY 35 1.0\n 1.0 2 5 -5\n -4.29820122E-23  2  36  36\n"


@pytest.fixture(scope="module")
def code() -> Iterator[SimpleNamespace]:
    names = ("slha", "spectrum", "crosssection", "decaychain", "rate", "plaintext", "plausible")
    with scripts(SCRIPTS, *names) as modules:
        yield SimpleNamespace(**dict(zip(names, modules, strict=True)))


def judged(code: SimpleNamespace, text: str, process: str = "auto") -> Any:
    return code.spectrum.judge(code.slha.parse(text, "my.slha"), process)


def by_chargino(width: str, ratio: float = 1.0, more: str = "") -> str:
    """Return the squarks of the example, one of which decays to a chargino of 600 GeV."""
    rows = f" {ratio} 2 -1000024 2\n" + (f" {1.0 - ratio} 2 1000022 1\n" if ratio < 1.0 else "")
    chargino = f"DECAY 1000024 {width}\n 1.0 2 1000022 24\n" if width else ""
    text = SQUARK.replace(ONE_SQUARK, f"DECAY 1000001 1.0\n{rows}{chargino}{more}")
    return text.replace("1000024 100000.0", "1000024 600.0")


GRANDDAUGHTER = by_chargino("1.0").replace("1000022 24\n", "1000011 12\n").replace("1000011 100000", "1000011 500")


def test_rounding_noise_is_read_with_a_note_and_written_out_of_the_file(code: SimpleNamespace) -> None:
    for noise in (" -4.29820122E-23  2  36  36\n", " -9.9E-07 2 36 36\n", " 1.0000005 2 36 36\n"):
        text = SQUARK + HEAVY_HIGGS.replace(" 35 800.\n", "").replace(" -4.29820122E-23  2  36  36\n", noise)
        notes = judged(code, text).notes
        assert [note for note in notes if "rounding noise" in note] == notes
        assert len(notes) == noise.startswith(" -")
        assert "-4.29" not in code.slha.normalised(text, code.slha.parse(text, "x"))


def test_nonsense_is_refused_only_where_it_counts(code: SimpleNamespace) -> None:
    """A table of a particle that nothing decays to may be wrong: it is left out of what the generator reads."""
    text = SQUARK + "DECAY 35 1.0\n -0.3 2 5 -5\n 1.3 2 6 -6\n"
    assert judged(code, text).process == "squark"
    assert "DECAY 35" not in code.slha.normalised(text, code.slha.parse(text, "x"))
    with pytest.raises(code.slha.Refused, match=r"line \d+: a branching ratio of -0.3"):
        judged(code, SQUARK.replace(" 1.0 2 1000022 1\n", " -0.3 2 1000022 1\n 1.3 2 1000022 3\n"))


def first_to(channel: str) -> str:
    return SQUARK.replace(ONE_SQUARK, f"DECAY 1000001 1.0\n 1.0 {channel}\n")


def test_a_cross_section_of_nothing_is_refused(code: SimpleNamespace) -> None:
    with pytest.raises(code.slha.Refused, match="0 pb, which makes no events"):
        rate(code, HEAD + " 0 2 0 0 0 0 0.0\n")


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        ("2 1000022 22", "DECAY 1000001 to 1000022 22 cannot be: colour is not conserved"),
        ("2 -1 11", "colour is not conserved"),
        ("2 1000022 -1", "colour is not conserved"),
        ("2 1000022 999", "999 is no hadron"),
        ("2 1000022 1 21", "more particles than the 2 that it announces"),
    ],
)
def test_decays_that_cannot_be_are_refused(code: SimpleNamespace, channel: str, words: str) -> None:
    """The generator drops the events of such a channel: what is left is another mixture."""
    with pytest.raises(code.slha.Refused, match=words):
        judged(code, first_to(channel))
    spectrum = read_spectrum(first_to(channel).encode())
    assert words in "".join(chain_faults([1000001], spectrum.masses, spectrum.decays, [1000022], 1.0))


def test_what_pythia_would_make_stable_is_refused(code: SimpleNamespace) -> None:
    """Charm and bottom quarks weigh something: with 1 GeV to spare nothing is left to decay to."""
    with pytest.raises(code.slha.Refused, match=r"DECAY 1000004 to 1000022 4 needs 1600\.5 GeV of 1600 GeV"):
        judged(code, SQUARK.replace(" 1000022 400.0", " 1000022 1599.0"))


def test_a_width_that_is_hardly_one_is_noted(code: SimpleNamespace) -> None:
    assert judged(code, SQUARK.replace("DECAY 1000001 1.0", "DECAY 1000001 100.0")).notes == []
    (note,) = judged(code, SQUARK.replace("DECAY 1000001 1.0", "DECAY 1000001 900.0")).notes
    assert note.startswith("the width of 1000001 is 0.56 of its mass")


@pytest.mark.parametrize("channel", ["2 1000022 2", "2 1000024 2"])
def test_a_wrong_charge_is_noted_and_made(code: SimpleNamespace, channel: str) -> None:
    """Two of SModelS' own examples have one; jets and missing momentum are what they would be."""
    text = by_chargino("1.0") if "24" in channel else first_to(channel)
    notes = judged(code, text.replace("-1000024", "1000024")).notes
    assert f"DECAY 1000001 to {channel[2:]} does not conserve electric charge: taken as it is" in notes
    assert not [note for note in judged(code, by_chargino("1.0")).notes if "charge" in note]


@pytest.mark.parametrize(
    ("pdg", "daughters"),
    [
        (1000024, (1000022, 211)), (1000024, (1000022, -11, 12)), (1000023, (1000022, 130)), (1000023, (1000022, 511)),
        (1000002, (-1, -3)), (1000021, (2, 1, 3)), (1000021, (1000022, 21)), (37, (6, -5)), (1000021, (-1000005, 5)),
        (1000006, (1000024, 5)), (2000005, (1000005, 25)), (1000011, (1000039, 11)), (1000023, (5000522, 2)),
    ],
)  # fmt: skip
def test_decays_that_can_be_are_not(code: SimpleNamespace, pdg: int, daughters: tuple[int, ...]) -> None:
    assert code.decaychain.colourless(pdg, daughters) == colourless(pdg, daughters) == ""


def test_both_readers_refuse_the_same_decays(code: SimpleNamespace) -> None:
    numbers = [1, -2, 11, 21, 22, 24, 211, 999, 1000001, -2000002, 1000011, 1000021, 1000022, 5000522]
    for pdg in (1000001, 1000021, 1000024, 37):
        for pair in ((a, b) for a in numbers for b in numbers):
            assert code.decaychain.colourless(pdg, pair) == colourless(pdg, pair), (pdg, pair)
    assert colourless(1000021, (1000022, 22)) == "colour is not conserved"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (by_chargino("1.0E-16"), r"particle 1000024 flies 2 m"),
        (by_chargino("0.0"), "DECAY 1000024 has a width of 0 GeV beside its channels"),
        (by_chargino(""), "DECAY 1000024 is missing or empty"),
        (by_chargino("Auto"), "its width is 'Auto'"),
        (by_chargino("1.0").replace(" 1.0 2 1000022 24", " 0.5 2 1000022 24"), "ratios of DECAY 1000024 add up to 0.5"),
        (by_chargino("1.0").replace(" 1.0 2 1000022 24", " 1.0 2 1000037 22"), "DECAY 1000024 to 1000037 22 needs"),
        (GRANDDAUGHTER, "DECAY 1000011 is missing"),
        (SQUARK.replace(ONE_SQUARK, "DECAY 1000001 1.0\n 1.0 2 5000522 1\n") + "DECAY 5000522 1.\n 1. 2 1000022 1\n",
         "no program here knows the particle 5000522"),
        (by_chargino("1.0").replace("1000022 24\n", "1000001 24\n"), "in a circle: 1000001 to 1000024 to 1000001"),
    ],
)  # fmt: skip
def test_the_whole_chain_of_decays_is_walked(code: SimpleNamespace, text: str, words: str) -> None:
    with pytest.raises(code.slha.Refused, match=words):
        judged(code, text)


def test_what_hardly_counts_in_a_chain_is_noted(code: SimpleNamespace) -> None:
    (note, *_) = judged(code, by_chargino("1.0E-16", 0.001)).notes
    assert "1000024 flies 2 m" in note
    assert "in 0.001 of the decays" in note


def test_a_new_particle_that_the_file_defines_is_taken(code: SimpleNamespace) -> None:
    text = (
        SQUARK.replace(ONE_SQUARK, "DECAY 1000001 1.0\n 1.0 2 5000522 1\n") + "DECAY 5000522 1.\n 1. 3 1000022 1 -1\n"
    )
    defined = "BLOCK QNUMBERS 5000522 # x\n 1 0\n 2 2\n 3 1\n 4 0\n" + text.replace(
        "BLOCK MASS\n", "BLOCK MASS\n 5000522 700.\n"
    )
    assert judged(code, defined).process == "squark"
    with pytest.raises(code.slha.Refused, match="BLOCK MASS has no 5000522"):
        judged(code, defined.replace(" 5000522 700.\n", ""))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SQUARK + SQUARK.replace("1600.0", "1700.0"), r"1000001 weighs: 1600 GeV in line 6 and 1700 GeV in line"),
        (SQUARK + "BLOCK MASS\n 1000022 300.\n", r"1000022 weighs: 400 GeV in line \d+ and 300 GeV in line \d+"),
        (SQUARK + "DECAY 1000001 2.0\n 1.0 2 1000022 3\n", r"there in line \d+ and, otherwise, in line \d+"),
        ("BLOCK SPINFO\n 1 SPheno\n 4 Point invalid: [ tachyon ]\n" + SQUARK, r"not to be used: Point invalid: \["),
        ("Block DCINFO\n 4 # no convergence\n" + SQUARK, "not to be used: no convergence"),
        (SQUARK.replace(" 1000015 100000.0", " 1000015 -312.0"), "scalar 1000015 has a mass of -312 GeV: a tachyon"),
        (SQUARK.replace("MODSEL\n", "MODSEL\n 6 1 # FLV\n"), "MODSEL 6 .* VCKMIN is missing"),
        (SQUARK.replace(" 25 125.0", " 25 -12.0"), "scalar 25 .* tachyon"),
        (SQUARK.replace(" 1000001 1600.0", " 1000001 1_600.0"), "a number is missing"),
        (SQUARK.replace(" 1000001 1600.0", " 1000001 *******"), "a number is missing"),
        (SQUARK.replace(" 1000001 1600.0", " 1000001 1600,0"), "a number is missing"),
        ("# nothing but this\n", "no BLOCK MASS"),
    ],
)  # fmt: skip
def test_what_a_file_says_against_itself_is_refused(code: SimpleNamespace, text: str, words: str) -> None:
    with pytest.raises(code.slha.Refused, match=words):
        judged(code, text)


def test_the_same_block_twice_is_no_contradiction(code: SimpleNamespace) -> None:
    assert judged(code, SQUARK + SQUARK).mass_gev == 1600.0


def test_warnings_of_the_program_are_passed_on(code: SimpleNamespace) -> None:
    text = "BLOCK SPINFO\n 1 SOFTSUSY\n 3 # warnings\n 4 none\n 3 [Tau Yukawa is large]\n" + SQUARK.replace(
        "1000022 400", "1000022 -400"
    )
    assert [note for note in judged(code, text).notes if "Tau Yukawa" in note]


@pytest.mark.parametrize(
    "written",
    [
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: ("# Spektrum für m\xfcde Augen\n" + text).encode("latin-1"),
        lambda text: text.replace(" ", "\t").encode(),
        lambda text: text.replace("BLOCK", "Block").replace("DECAY", "decay").encode(),
        lambda text: text.replace("1600.0", "1.600D+03").replace("400.0", "4.0d2").encode(),
        lambda text: text.replace("1600.0", "1.6+003").encode(),
        lambda text: text.replace("BLOCK MASS", "BLOCK MASS Q=1.0D+03 # x").encode(),
    ],
)  # fmt: skip
def test_encodings_and_numbers_of_fortran_and_windows_are_read_and_passed_on_plainly(
    code: SimpleNamespace, tmp_path: Path, written: Any
) -> None:
    (tmp_path / "a.slha").write_bytes(written(SQUARK))
    spectrum = code.slha.read_spectrum(tmp_path / "a.slha")
    assert code.spectrum.judge(spectrum, "auto")[:3] == judged(code, SQUARK)[:3]
    plain = code.slha.normalised(code.slha.text_of(tmp_path / "a.slha"), spectrum)
    assert plain.isascii()
    masses = dict(line.split()[:2] for line in plain.splitlines() if line.startswith(" 1000001 "))
    assert float(masses["1000001"]) == 1600.0


@pytest.mark.parametrize("begin", [b"BZh91AY", b"PK\x03\x04", b"%PDF-1.4", b"\xfd7zXZ\0", b"a\0b"])
def test_what_is_no_text_is_called_by_its_name(code: SimpleNamespace, tmp_path: Path, begin: bytes) -> None:
    (tmp_path / "a.slha").write_bytes(begin + SQUARK.encode())
    with pytest.raises(code.slha.Refused, match="plain text with blocks"):
        code.slha.read_spectrum(tmp_path / "a.slha")


HEAD = "XSECTION 1.30E+04 2212 2212 2 1000021 1000021\n"
NOMINAL = " 0 1 0 1.0 1.0 21100 3.6E-04 A 1\n"
HALF, DOUBLE = " 0 1 0 0.5 0.5 21100 4.2E-04 A 1\n", " 0 1 0 2.0 2.0 21100 3.0E-04 A 1\n"


def rate(code: SimpleNamespace, sections: str, xsec_fb: float = 0.0, *, accepted: bool = False) -> Any:
    spectrum = code.slha.parse(GLUINO + sections, "my.slha")
    point = {
        "process": "gluino",
        "produced": {"1000021": 2200.0},
        "sections": [list(one) for one in spectrum.cross_sections],
    }
    tables = {"gluino": SCRIPTS.parent / "tables/pp13_gluino_NNLO_NNLL.json"}
    return code.rate.rate_of(point, xsec_fb, tables, accepted)


@pytest.mark.parametrize("rows", [HALF + NOMINAL + DOUBLE, NOMINAL + HALF + DOUBLE, DOUBLE + HALF + NOMINAL])
def test_the_unvaried_scale_is_the_cross_section_and_the_others_its_uncertainty(
    code: SimpleNamespace, rows: str
) -> None:
    found = rate(code, HEAD + rows)
    assert found.xsec_fb == pytest.approx(0.36)
    assert found.uncertainty_fb == pytest.approx(0.06)


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        (HEAD + HALF + DOUBLE, "all rows of the highest order have varied scales"),
        (HEAD + NOMINAL + NOMINAL.replace("21100", "90900").replace("3.6", "3.9"), "several values of one order"),
        (HEAD + NOMINAL + HEAD + NOMINAL.replace("3.6", "2.2"), "several values of one order"),
    ],
)
def test_a_cross_section_that_could_be_several_is_refused(code: SimpleNamespace, sections: str, words: str) -> None:
    with pytest.raises(code.slha.Refused, match=words):
        rate(code, sections)


@pytest.mark.parametrize(
    "head", ["XSECTION 13 2212 2212", "XSECTION 1.36E+04 2212 2212", "XSECTION 1.3E+04 2212 -2212"]
)
def test_cross_sections_of_other_colliders_are_named_and_not_used(code: SimpleNamespace, head: str) -> None:
    found = rate(code, HEAD.replace("XSECTION 1.30E+04 2212 2212", head) + NOMINAL)
    assert found.xsec_fb == pytest.approx(0.356)
    assert "not for protons at 13000 GeV" in found.notes[0]


def test_a_cross_section_far_from_the_table_is_said_and_very_far_is_refused(code: SimpleNamespace) -> None:
    assert rate(code, "", 0.5).notes == ()
    assert "a factor of 5.62 above 0.356 fb" in rate(code, "", 2.0).notes[0]
    assert "below" in rate(code, "", 0.05).notes[0]
    for value in (356.0, 0.000356):
        with pytest.raises(code.plausible.FarFromTable, match=r"fb and pb differ by 1000.*accept_cross_section"):
            rate(code, "", value)
        assert "factor of 1e+03" in rate(code, "", value, accepted=True).notes[0]
    with pytest.raises(code.plausible.FarFromTable):
        rate(code, HEAD + NOMINAL.replace("3.6E-04", "3.6E-01"))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("SPheno.spc", ""),
        ("softsusy.spc", "DECAY 1000001 is missing or empty"),
        ("isasusy.spc", "DECAY 1000001 is missing or empty"),
    ],
)
def test_spectra_of_real_programs_are_read_or_refused_for_a_reason(
    code: SimpleNamespace, name: str, words: str
) -> None:
    path = Path(__file__).parent / "data/spectra" / name
    if words:
        with pytest.raises(code.slha.Refused, match=words):
            code.spectrum.judge(code.slha.read_spectrum(path), "auto")
        return
    spectrum = code.slha.read_spectrum(path)
    again = code.slha.parse(code.slha.normalised(path.read_text(), spectrum), name)
    assert again.masses == spectrum.masses
    assert code.spectrum.judge(again, "auto")[:3] == code.spectrum.judge(spectrum, "auto")[:3]
