"""Spectra on this side of a container: what is read, what is refused in words, and that both readers say the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from recast.applies.slha import BadSpectrum, read_spectrum
from recast.catalogue.entries.declaring import applies_of
from recast.catalogue.entries.entry import load_entry
from recast.prepare.what_file import fault_of_file, spectrum_fault
from tests.analyses.squarks import EXAMPLES, SCRIPTS, scripts
from tests.conftest import ROOT

SQUARK = (EXAMPLES / "sqsq_direct_1600_400.slha").read_text()
GLUINO = (EXAMPLES / "gogo_direct_2200_600.slha").read_text()
FIRST = "DECAY 1000001 1.0\n 1.0 2 1000022 1\n"
NOISE = "DECAY 35 4.0\n -4.29820122E-23  2  36  36\n 1.0 2 5 -5\n"
CHARGINO = "DECAY 1000001 1.0\n 1.0 2 -1000024 2\n"
FLIES = CHARGINO + "DECAY 1000024 1.0E-16\n 1.0 2 1000022 24\n"
LEPTON = CHARGINO + "DECAY 1000024 1.0\n 1.0 2 -1000011 12\n"

REFUSED = {
    "nothing": ("", "no BLOCK MASS"),
    "no masses": (SQUARK.replace("BLOCK MASS", "BLOCK MINPAR"), "no BLOCK MASS"),
    "nan": (SQUARK.replace(" 1000001 1600.0", " 1000001 nan"), "nan is not a number"),
    "nan elsewhere": (SQUARK.replace("BLOCK MASS", "BLOCK NMIX\n 1 1 NaN\nBLOCK MASS"), "NaN is not a number"),
    "no number": (SQUARK.replace(" 1000001 1600.0", " 1000001"), "a number is missing"),
    "stars of Fortran": (SQUARK.replace(" 1000001 1600.0", " 1000001 ********"), "a number is missing"),
    "two masses": (SQUARK + "BLOCK MASS\n 1000022 300.\n", "says twice what 1000022 weighs: 400 GeV in line 36"),
    "tachyon": (SQUARK.replace(" 1000001 1600.0", " 1000001 -1600.0"), "a tachyon"),
    "failed": ("BLOCK SPINFO\n 4 Point invalid: [ MuSqWrongsign ]\n" + SQUARK, "says that it failed: Point invalid"),
    "binary": ("BLOCK MASS\n\0", "bytes that no text has"),
    "packed": ("\x1f\x8b\x08", "gzip"),
    "negative cross section": (SQUARK + "XSECTION 13000 2212 2212 2 1000001 -1000001\n 0 0 0 1 1 0 -1\n", "-1 pb"),
}
"""What no search can use."""

NOT_FOR_SQUARKS = {
    "no squark": ("BLOCK MASS\n 1000011 300.\n 1000022 100.\nDECAY 1000011 1.\n 1.0 2 1000022 11\n", "squark"),
    "no neutralino": (SQUARK.replace(" 1000022 400.0\n", ""), "no neutralino1"),
    "no table": (SQUARK.replace(FIRST, ""), "DECAY 1000001 is missing or empty"),
    "no tables": (SQUARK.partition("DECAY")[0], "DECAY 1000001 (squark) is missing or empty"),
    "ratios": (SQUARK.replace(" 1.0 2 1000022 1\n", " 0.7 2 1000022 1\n"), "add up to 0.7"),
    "a ratio": (SQUARK.replace(" 1.0 2 1000022 1\n", " 1.7 2 1000022 1\n"), "1.7 is not a branching ratio"),
    "flies": (SQUARK.replace("DECAY 1000001 1.0", "DECAY 1000001 1e-16"), "1000001 flies"),
    "closed": (SQUARK.replace(" 1.0 2 1000022 1\n", " 1.0 2 1000021 1\n"), "needs 100000 GeV"),
    "TeV": (SQUARK.replace("1600.0", "1.6").replace(" 400.0", " 0.4"), "was TeV meant"),
    "heavy neutralino": (SQUARK.replace("1000022 400.0", "1000022 1700.0"), "needs 1700 GeV"),
    "neutralino decays": (SQUARK.replace("DECAY 1000022 0.0", "DECAY 1000022 1.0\n 1.0 3 1 2 3"), "needs it stable"),
}
"""What is a spectrum, but not one for a search for squarks and gluinos."""

DOWN_THE_CHAIN = {
    "two tables": (SQUARK + "DECAY 1000001 2.0\n 1.0 2 1000022 1\n", "several files in one"),
    "daughter flies": (SQUARK.replace(FIRST, FLIES).replace(" 1000024 100000.0", " 1000024 900.0"), "1000024 flies"),
    "granddaughter": (
        SQUARK.replace(FIRST, LEPTON).replace(" 1000024 100000.0", " 1000024 900.").replace("1000011 1e5", ""),
        "DECAY 1000024 to -1000011 12 needs 100000 GeV",
    ),
    "circle": (
        SQUARK.replace(FIRST, "DECAY 1000001 1.0\n 1.0 2 1000002 24\n").replace(
            "DECAY 1000002 1.0\n 1.0 2 1000022 2\n", "DECAY 1000002 1.0\n 1.0 2 1000001 24\n"
        ),
        "go in a circle",
    ),
}
"""The same, further down the chain."""

READ = {
    "squarks": SQUARK,
    "gluinos": GLUINO,
    "noise": SQUARK + NOISE,
    "Windows": SQUARK.replace("\n", "\r\n"),
    "Fortran": SQUARK.replace("1600.0", "1.6D+03"),
    "a mark": "\ufeff" + SQUARK,
    "a nonsense table of what is not made": SQUARK + NOISE.replace("-4.29820122E-23", "-0.5"),
    "the same mass again": SQUARK + "BLOCK MASS\n 1000022 400.\n",
    "two tables of what is not made": SQUARK + "DECAY 1000006 1.0\nDECAY 1000006 2.0\n 1.0 2 1000022 6\n",
    "a warning": "BLOCK SPINFO\n 3 something\n" + SQUARK,
}
"""What must be read; `1.0 2` counts for a squark as it did."""


@pytest.fixture(scope="module")
def step() -> Iterator[SimpleNamespace]:
    names = ("slha", "spectrum")
    with scripts(SCRIPTS, *names) as modules:
        yield SimpleNamespace(**dict(zip(names, modules, strict=True)))


@pytest.fixture(scope="module")
def applies():
    return applies_of({"applies": load_entry(ROOT / "catalogue/atlas-susy-2018-22.yml").entry.version().applies})


@pytest.mark.parametrize(("text", "words"), REFUSED.values(), ids=REFUSED)
def test_what_nobody_can_use(text: str, words: str) -> None:
    with pytest.raises(BadSpectrum) as caught:
        read_spectrum(text.encode("latin-1"))
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [*NOT_FOR_SQUARKS.values(), *DOWN_THE_CHAIN.values()],
    ids=[*NOT_FOR_SQUARKS, *DOWN_THE_CHAIN],
)
def test_what_a_search_cannot_take(text, words, applies, tmp_path) -> None:
    path = tmp_path / "my.slha"
    path.write_text(text)
    fault = spectrum_fault(applies, path, {"process": "auto"}, 13.0)
    assert words in fault and fault.startswith("my.slha: ")


@pytest.mark.parametrize(
    "text",
    [text for cases in (NOT_FOR_SQUARKS, DOWN_THE_CHAIN, REFUSED) for text, _ in cases.values()],
    ids=[*NOT_FOR_SQUARKS, *DOWN_THE_CHAIN, *REFUSED],
)
def test_what_is_refused_before_a_run_is_refused_by_the_step_too(text, step, tmp_path) -> None:
    path = tmp_path / "my.slha"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(step.slha.Refused):
        step.spectrum.judge(step.slha.read_spectrum(path), "auto")


@pytest.mark.parametrize("text", READ.values(), ids=READ)
def test_what_is_read(text, applies, tmp_path) -> None:
    path = tmp_path / "my.slha"
    path.write_text(text, newline="")
    assert spectrum_fault(applies, path, {"process": "auto"}, 13.0) == ""
    assert read_spectrum(path.read_bytes()).masses[1000022] in (400.0, 600.0)


@pytest.mark.parametrize(
    "content",
    [SQUARK.encode("utf-16"), SQUARK.encode("utf-8-sig"), SQUARK.replace("\n", "\r").encode(), SQUARK.upper().encode()],
    ids=["UTF-16", "a mark", "old Mac", "capitals"],
)
def test_a_spectrum_in_any_encoding_is_one(content: bytes, step: SimpleNamespace, tmp_path: Path) -> None:
    path = tmp_path / "my.slha"
    path.write_bytes(content)
    assert fault_of_file("slha", path, 13.0) == ""
    assert step.slha.read_spectrum(path).masses[1000022] == 400.0


@pytest.mark.parametrize("text", READ.values(), ids=READ)
def test_both_readers_find_the_same(text: str, step: SimpleNamespace, tmp_path: Path) -> None:
    path = tmp_path / "my.slha"
    path.write_text(text, newline="")
    here, there = read_spectrum(path.read_bytes()), step.slha.read_spectrum(path)
    assert here.masses == there.masses
    assert {pdg: decay[:2] for pdg, decay in here.decays.items()} == {p: d[:2] for p, d in there.decays.items()}


def test_noise_is_named() -> None:
    assert "rounding noise" in read_spectrum((SQUARK + NOISE).encode()).notes[0]


def test_the_process_that_is_asked_for_counts(applies, tmp_path) -> None:
    path = tmp_path / "my.slha"
    path.write_text(GLUINO)
    assert "squark (1000001, 1000002, 1000003, 1000004, ...) is heavier" in spectrum_fault(
        applies, path, {"process": "squark"}, 13.0
    )
    assert spectrum_fault(applies, path, {"process": "gluino"}, 13.0) == ""
