"""The six entries against models: stored spectra, points, couplings, files of events, and what nothing covers."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import pytest

from recast.applies.events import beam_energies_gev, kind_of, needs_of_events
from recast.applies.which import Answer
from recast.errors import InputError, NotFound, UsageError
from recast.operations.which import ask, model_asked, searches_of_entries
from recast.prepare.what_file import fault_of_file
from tests.analyses.squarks import EXAMPLES
from tests.applies.test_slha import SQUARK
from tests.conftest import ROOT

SQSQ, GOGO = EXAMPLES / "sqsq_direct_1600_400.slha", EXAMPLES / "gogo_direct_2200_600.slha"
WINO = """BLOCK MASS
 25 125.
 1000022 50.
 1000023 400.
 1000024 402.
DECAY 1000023 1.0E-2
 0.6 2 1000022 25
 0.4 2 1000022 23
DECAY 1000024 1.0E-2
 1.0 2 1000022 24
"""
STOP = "BLOCK MASS\n 1000006 800.\n 1000022 100.\nDECAY 1000006 2.0\n 1.0 2 1000022 6\n"
ZPRIME = "BLOCK MASS\n 32 3000.\nDECAY 32 90.\n 0.03 2 11 -11\n 0.97 2 1 -1\n"


@pytest.fixture(scope="module")
def searches():
    return list(searches_of_entries([ROOT / "catalogue"]))


def asked(searches, *words: str, file: str | None = None) -> dict[str, Answer]:
    model, name = model_asked(file, words)
    return {answer.search.analysis: answer for answer in ask(searches, model, name)}


def written(tmp_path: Path, text: str, name: str = "my.slha") -> str:
    path = tmp_path / name
    path.write_text(text)
    return str(path)


def takers(answers: dict[str, Answer]) -> dict[str, str]:
    return {name: answer.takes for name, answer in answers.items() if answer.takes != "no"}


def test_every_entry_declares_what_it_applies_to(searches) -> None:
    assert len(searches) == 6
    assert [search.analysis for search in searches if search.applies is None] == []


def test_the_stored_spectra(searches) -> None:
    squarks, gluinos = asked(searches, file=str(SQSQ)), asked(searches, file=str(GOGO))
    assert takers(squarks) == takers(gluinos) == {"atlas-susy-2018-22": "yes"}
    best = squarks["atlas-susy-2018-22"]
    assert best.best is not None and best.best.topology.name == "T2"
    # The table of the LHC SUSY cross section group for eight squarks, as ATLAS takes it (crosssection.py).
    assert best.best.cross_section_fb == pytest.approx(1.44, rel=0.01)
    assert best.command == f"recast run atlas-susy-2018-22 -p process=squark -p slha=@{SQSQ}"
    other = gluinos["cms-sus-20-004"].clause
    assert (other.name, other.says) == ("decays", "no") and "gluino -> quark quark neutralino2" in other.why


def test_a_cross_section_in_another_unit_is_not_taken(searches, tmp_path) -> None:
    """The line to type next would have been refused."""
    section = "XSECTION 1.30E+04 2212 2212 2 1000001 1000001\n 0 2 0 0 0 0 {}\n"
    for value, takes in (("1.44", "no"), ("0.0", "no"), ("1.44E-03", "yes")):
        answers = asked(searches, file=written(tmp_path, SQSQ.read_text() + section.format(value)))
        found = answers["atlas-susy-2018-22"]
        assert found.takes == takes
        assert takes == "yes" or ("XSECTION" in found.clause.why and found.command == "")
    assert (
        asked(searches, "accept_cross_section=true", file=written(tmp_path, SQSQ.read_text() + section.format("1.44")))[
            "atlas-susy-2018-22"
        ].takes
        == "yes"
    )


def test_a_wino_goes_to_the_search_for_w_and_h_with_its_branching_ratio(searches, tmp_path) -> None:
    answers = asked(searches, file=written(tmp_path, WINO))
    found = answers["atlas-susy-2019-08"]
    assert found.best is not None and found.best.branching == pytest.approx(0.6)
    # 121.01 fb is the tabulated cross section at 400 GeV; the chargino has 402.
    assert found.best.cross_section_fb == pytest.approx(0.6 * 121.01, rel=0.03)
    assert found.takes == "outside" and "C1N2_Wh_hbb_400_50" in found.command
    assert answers["cms-sus-20-004"].takes == "no"


def test_its_own_cross_sections_come_before_the_table(searches, tmp_path) -> None:
    head = "XSECTION 13000 2212 2212 2 {}\n"
    own = head.format("-1000024 1000023") + " 0 0 0 1 1 0 0.01\n 0 1 0 0.5 0.5 0 0.09\n 0 1 0 1 1 0 0.02\n"
    own += head.format("1000023 1000024") + " 0 1 0 1 1 0 0.03\n"
    best = asked(searches, file=written(tmp_path, WINO + own))["atlas-susy-2019-08"].best
    assert best is not None and best.rate is not None
    assert best.rate.total_fb == pytest.approx(50.0)
    assert best.cross_section_fb == pytest.approx(30.0)
    assert "XSECTION" in best.rate.source


def test_cross_sections_for_another_energy_are_said(searches, tmp_path) -> None:
    own = "XSECTION 13 2212 2212 2 1000023 1000024\n 0 1 0 1 1 0 0.03\n"
    best = asked(searches, file=written(tmp_path, WINO + own))["atlas-susy-2019-08"].best
    assert best is not None and best.rate is not None
    assert "XSECTION blocks are for 13 GeV, not 13 TeV" in best.rate.source


def test_a_chargino_that_flies_is_not_for_a_prompt_search(searches, tmp_path) -> None:
    slow = WINO.replace("DECAY 1000024 1.0E-2", "DECAY 1000024 1.0E-16")
    clause = asked(searches, file=written(tmp_path, slow))["atlas-susy-2019-08"].clause
    assert (clause.name, clause.says) == ("lifetime", "no") and "flies 2e+03 mm" in clause.why


def test_a_resonance_with_its_width(searches, tmp_path) -> None:
    found = asked(searches, file=written(tmp_path, ZPRIME))["atlas-exot-2018-dilepton"]
    assert found.takes == "yes" and found.clause.says == "unknown"
    assert "'masses=[3000]'" in found.command and "SSM" in found.notes[0]
    wide = asked(searches, file=written(tmp_path, ZPRIME.replace("90.", "900.")))["atlas-exot-2018-dilepton"]
    assert wide.takes == "no" and "width of zprime is 0.3 of its mass" in wide.clause.why


@pytest.mark.parametrize(
    ("words", "analysis", "takes", "command"),
    [
        (["m_squark=1200", "m_neutralino=300"], "atlas-susy-2018-22", "yes", "-p 'masses=[1200, 300]'"),
        (["m_squark_gev=700", "m_lsp=300"], "atlas-susy-2018-22", "outside", "-p process=squark"),
        (["m_gluino=2000"], "cms-sus-20-004", "yes", "T5HH_2000"),
        (["m_chargino=500", "m_neutralino=0"], "atlas-susy-2019-08", "yes", "C1N2_Wh_hbb_500_0"),
        (["m_chargino=512", "m_neutralino=3"], "atlas-susy-2019-08", "outside", "C1N2_Wh_hbb_500_0"),
        (["m_b1=1400", "m_neutralino2=950", "m_neutralino1=60"], "atlas-susy-2018-31", "yes", "A/sbottom_1400_950_60"),
        (["m_sbottom=1000", "m_neutralino2=230"], "atlas-susy-2018-31", "yes", "sbottom_1000_230_100"),
        (["m_higgsino=500", "m_lsp=0"], "cms-sus-20-004", "outside", "TChiHH_500_0"),
        (["m_neutralino2=500", "m_lsp=100"], "cms-sus-20-004", "outside", "TChiHH_500_100"),
        (["m_mediator=1000", "m_dm=1"], "cms-exo-20-004", "yes", "TRV1_1000_1"),
        (["m_zprime=3500", "model=psi"], "atlas-exot-2018-dilepton", "yes", "-p 'masses=[3500]' -p model=psi"),
        (['points=["T5HH_2000"]'], "cms-sus-20-004", "yes", "T5HH_2000"),
    ],
)  # fmt: skip
def test_points_and_couplings(searches, words, analysis, takes, command) -> None:
    found = asked(searches, *words)[analysis]
    assert (found.takes, command in found.command) == (takes, True), found


@pytest.mark.parametrize(
    ("words", "analysis", "topology", "takes"),
    [
        (["points=[T5HH_2000]"], "cms-sus-20-004", "T5HH", "yes"),
        (["points=[T5HH_1200]"], "cms-sus-20-004", "T5HH", "outside"),
        (["points=[TChiHH_500_0]"], "cms-sus-20-004", "TChiHH-massless", "outside"),
        (["points=[C1N2_Wh_hbb_500_0]"], "atlas-susy-2019-08", "TChiWH", "yes"),
        (["points=[RegionC/sbottom_1400_950_60]"], "atlas-susy-2018-31", "T6bbHH-m60", "yes"),
        (["masses=[1200, 300]", "process=gluino"], "atlas-susy-2018-22", "T1", "outside"),
        (["masses=[1200, 300]", "process=squark"], "atlas-susy-2018-22", "T2", "yes"),
        (["masses=[1200, 1300]", "process=squark"], "atlas-susy-2018-22", "T2", "no"),
        (["masses=[3000]"], "atlas-exot-2018-dilepton", "Zprime_ee", "yes"),
        (["points=[T5HH_2000, T5HH_2100]"], "cms-sus-20-004", None, "yes"),
    ],
)
def test_inputs_that_are_a_point(searches, words, analysis, topology, takes) -> None:
    found = asked(searches, *words)[analysis]
    assert (found.takes, found.best.topology.name if found.best else None) == (takes, topology), found.clause


def test_masses_that_nobody_gave_are_said(searches) -> None:
    found = asked(searches, "m_gluino=2000")["cms-sus-20-004"]
    assert found.notes[0].startswith("m(neutralino2) = 1950 GeV, m(neutralino1) = 1 GeV: as in T5HH")


@pytest.mark.parametrize(
    ("words", "analysis", "why"),
    [
        (["m_gluino=2000", "m_neutralino=300"], "cms-sus-20-004", "m(neutralino1) at most 10 GeV"),
        (["m_squark=2900", "m_neutralino=1"], "atlas-susy-2018-22", "least that the search excludes anywhere"),
        (["m_mediator=1000", "m_dm=600"], "cms-exo-20-004", "needs 1200 GeV of 1000 GeV"),
        (["m_squark=1.2", "m_neutralino=0.3"], "atlas-susy-2018-22", "was TeV meant"),
        (["m_zprime=300"], "atlas-exot-2018-dilepton", "from 500 to 6000 GeV"),
        (["m_zprime=3500", "model=custom"], "atlas-exot-2018-dilepton", "couplings is missing"),
        (["m_zprime=3500", "model=nonsense"], "atlas-exot-2018-dilepton", "/model"),
    ],
)  # fmt: skip
def test_the_clause_that_says_no(searches, words, analysis, why) -> None:
    found = asked(searches, *words)[analysis]
    assert found.takes == "no" and why in found.clause.why, found.clause
    assert found.command == ""


def test_what_decays_otherwise_in_part_was_not_validated(searches, tmp_path) -> None:
    half = SQUARK.replace(" 1.0 2 1000022 1\n", " 0.4 2 1000022 1\n 0.6 3 1000022 1 25\n")
    found = asked(searches, file=written(tmp_path, half))["atlas-susy-2018-22"]
    assert (found.takes, found.clause.name) == ("outside", "validity")
    direct = next(finding for finding in found.findings if finding.topology.name == "T2")
    # Two of the eight squarks go to d; of their pairs 0.4 x 0.4 go so on both sides.
    assert direct.branching == pytest.approx((6 + 2 * 0.16) / 8)
    assert found.best is not None and found.best.cross_section_fb == pytest.approx(1.44, rel=0.01)


def test_a_table_that_ends_is_a_bound(searches, tmp_path) -> None:
    heavy = GOGO.read_text().replace("1000021 2200.0", "1000021 4000.0")
    clause = asked(searches, file=written(tmp_path, heavy))["atlas-susy-2018-22"].clause
    assert clause.says == "no" and clause.why.startswith("at most 0.006") and "ends at 3000 GeV" in clause.why


def test_what_nothing_covers(searches, tmp_path) -> None:
    for answers in (
        asked(searches, "m_stop=800", "m_neutralino=100"),
        asked(searches, file=written(tmp_path, STOP)),
    ):
        assert takers(answers) == {}
        assert all(answer.clause.why for answer in answers.values())


def test_files_of_events(searches, tmp_path) -> None:
    lhe = '<LesHouchesEvents version="3.0">\n<init>\n2212 2212 {0} {0} 0 0 0 0 -4 1\n</init>\n'
    path = tmp_path / "events.lhe.gz"
    path.write_bytes(gzip.compress(lhe.format("6.5D+03").encode()))
    assert takers(asked(searches, file=str(path))) == {"atlas-susy-2018-22": "yes"}
    path.write_bytes(gzip.compress(lhe.format("4.0E+03").encode()))
    answers = asked(searches, file=str(path))
    assert takers(answers) == {} and "4000 and 4000 GeV" in answers["atlas-susy-2018-22"].clause.why
    for head in ("HepMC::Version 3.02.06\nHepMC::Asciiv3-START_EVENT_LISTING\n", "HepMC::Version 2.06.09\n"):
        assert takers(asked(searches, file=written(tmp_path, head, "e.hepmc"))) == {"atlas-susy-2018-22": "yes"}
    patch = asked(searches, file=written(tmp_path, '[{"op": "add"}]', "patch.json"))
    assert set(takers(patch)) == {"atlas-susy-2018-31", "atlas-susy-2019-08"}


@pytest.mark.parametrize(
    ("header", "event", "words"),
    [
        ("  1 = ickkw ! turning on the matching", "<event>", "1 = ickkw"),
        ("  30.0   = xqcut", "<event>", "30.0 = xqcut"),
        ("# Matched Integrated weight (pb) : 0.3", "<event>", "Matched Integrated weight"),
        ("", '<event npLO=" 1 " npNLO=" -1 ">', "npLO"),
        ("  0 = ickkw\n  0.0 = xqcut\n  1 = ickkwish", '<event npLO=" -1 ">', ""),
    ],
)
def test_events_that_need_matching(searches, tmp_path, header, event, words) -> None:
    text = f"<LesHouchesEvents>\n<header>\n{header}\n</header>\n<init>\n2212 2212 6500 6500 0 0\n</init>\n{event}\n"
    found = asked(searches, file=written(tmp_path, text, "e.lhe"))["atlas-susy-2018-22"]
    assert found.takes == ("no" if words else "yes")
    assert words in found.clause.why
    assert bool(fault_of_file("lhe", tmp_path / "e.lhe", 13.0)) == bool(words)


def test_what_is_not_a_model(tmp_path) -> None:
    with pytest.raises(InputError, match="is not a valid spectrum"):
        model_asked(written(tmp_path, SQUARK.replace(" 1000001 1600.0", " 1000001 nan")), ())
    with pytest.raises(InputError, match="is neither"):
        model_asked(written(tmp_path, "hello"), ())
    with pytest.raises(NotFound):
        model_asked(str(tmp_path / "nowhere.slha"), ())
    with pytest.raises(InputError, match="not a mass in GeV"):
        model_asked(None, ["m_squark=heavy"])
    with pytest.raises(UsageError):
        model_asked(None, [])
    with pytest.raises(UsageError):
        model_asked(str(SQSQ), ["m_squark=1200"])


@pytest.mark.parametrize(
    "text", [b"\n #" * 333_000, (b"#" * 40 + b"\n") * 25_000, b"<event " * 140_000, b"<init " * 160_000]
)
def test_a_hostile_head_takes_no_time(text) -> None:
    began = time.process_time()
    kind_of(text), beam_energies_gev(text), needs_of_events(text)
    assert time.process_time() - began < 10  # what is quadratic takes minutes
