"""What the steps of the shipped entries refuse and their declarations know: refused without a container."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from recast.applies.outside import points_outside
from recast.applies.plausible import far_from_tables, sections_far_from_tables
from recast.applies.slha import read_spectrum
from recast.catalogue.entries.declaring import applies_of, points_in, rules_of, tables_of
from recast.catalogue.entries.entry import load_entry
from recast.inputs.rules import rule_faults
from tests.analyses.squarks import EXAMPLES
from tests.conftest import ROOT

COUPLINGS = [0.1] * 8
SBOTTOM = "RegionA/sbottom_1400_950_60"
REGIONS = {f"SR{number}": 0.0 for number in range(1, 23)}


def faults(analysis: str, inputs: dict[str, Any]) -> list[str]:
    version = load_entry(ROOT / f"catalogue/{analysis}.yml").entry.version()
    folder = ROOT / "specs" / analysis / version.version
    rules = rules_of({"checks": version.checks})
    points = {rule.file: points_in((folder / rule.file).read_bytes()) for rule in rules if rule.file}
    schema = json.loads((folder / version.inputs).read_bytes())
    return [f"{fault.pointer}: {fault.what}. {fault.allowed}" for fault in rule_faults(rules, inputs, schema, points)]


@pytest.mark.parametrize(
    ("analysis", "inputs", "words"),
    [
        ("atlas-susy-2018-22", {}, "none of slha, masses, lhe and hepmc is given"),
        ("atlas-susy-2018-22", {"slha": "a.slha", "masses": [1200, 300]}, "only one of them can be meant"),
        ("atlas-susy-2018-22", {"lhe": "a.lhe", "hepmc": "a.hepmc"}, "only one of them can be meant"),
        ("atlas-susy-2018-22", {"masses": [1200], "process": "squark"}, "it has 1 item"),
        ("atlas-susy-2018-22", {"masses": [1200, 300]}, "process is 'auto'"),
        ("atlas-exot-2018-dilepton", {"masses": [3000], "model": "custom"}, "couplings is missing"),
        ("atlas-exot-2018-dilepton", {"masses": [3000], "model": "psi", "couplings": COUPLINGS}, "model is 'psi'"),
        ("atlas-exot-2018-dilepton", {"masses": [3000], "model": "custom", "couplings": COUPLINGS[:5]}, "5 items"),
        ("atlas-susy-2018-31", {}, "none of points, yields and patch is given"),
        ("atlas-susy-2018-31", {"points": ["RegionA/sbottom_1401_950_60"]}, "RegionA/sbottom_1400_950_60"),
        ("atlas-susy-2018-31", {"yields": {"A": {"CRtt_meff": [1, 1, 1]}}}, "/yields/A/SR_meff"),
        ("atlas-susy-2018-31", {"patch": "a", "xsec_fb": 1, "xsec_pb": 1}, "only one of them can be meant"),
        ("atlas-susy-2019-08", {"points": ["C1N2_Wh_hbb_500_1"]}, "C1N2_Wh_hbb_500_0"),
        ("atlas-susy-2019-08", {"efficiencies": {"SRLMEM_mct2": [1, 1, 1]}}, "xsec_fb or xsec_pb is missing"),
        ("cms-sus-20-004", {"points": ["T5HH_2000"], "xsecs_fb": [1, 2]}, "points has 1 and xsecs_fb has 2"),
        ("cms-sus-20-004", {"yields": {"SR1": 1}}, "'SR2' is missing (21 are)"),
        ("cms-sus-20-004", {"yields": REGIONS}, "0 everywhere"),
        ("cms-exo-20-004", {"yields": {"SR_2016_1": 1}}, "is missing (65 are)"),
        ("atlas-susy-2018-31", {"yields": {"A": {"SR_meff": [0, 0, 0]}}}, "/yields/A: it is 0 everywhere"),
        ("atlas-susy-2019-08", {"efficiencies": {"SRLMEM_mct2": [0, 0, 0]}}, "/efficiencies: it is 0 everywhere"),
        # A cross section beside a point was passed over in silence, and the verdict was that of the table's.
        (
            "atlas-susy-2018-31",
            {"points": [SBOTTOM], "xsec_fb": 0.1},
            "yields or patch is missing. Needed with xsec_fb",
        ),
        ("atlas-susy-2018-31", {"points": [SBOTTOM], "xsec_pb": 0.1}, "the result has the upper limit"),
        ("atlas-susy-2018-31", {"points": [SBOTTOM], "signal_uncertainty": 0.3}, "yields is missing"),
        ("atlas-susy-2018-31", {"points": [SBOTTOM], "patch_region": "B"}, "patch is missing"),
        ("atlas-susy-2019-08", {"points": ["C1N2_Wh_hbb_500_0"], "xsec_fb": 5}, "yields, efficiencies or patch is"),
        ("atlas-susy-2019-08", {"points": ["C1N2_Wh_hbb_500_0"], "signal_uncertainty": 0.3}, "yields or efficiencies"),
        ("cms-sus-20-004", {"points": ["T5HH_2000"], "xsec_fb": 1}, "For points it is xsecs_fb, one for each"),
        ("cms-exo-20-004", {"points": ["TRV1_500_1"], "xsec_pb": 1}, "For points it is xsecs_fb, one for each"),
        ("atlas-susy-2018-22", {"lhe": "a.lhe", "process": "gluino"}, "Events say themselves what was produced"),
        ("atlas-susy-2018-22", {"slha": "a.slha", "weight": "MUR"}, "hepmc is missing"),
    ],
)
def test_what_a_step_refuses_is_known_before(analysis: str, inputs: dict[str, Any], words: str) -> None:
    found = faults(analysis, inputs)
    assert any(words in fault for fault in found), found


@pytest.mark.parametrize(
    ("analysis", "inputs", "words"),
    [
        ("atlas-susy-2018-22", {"masses": [1.6, 0.4], "process": "squark"}, "/masses: 1.6 GeV, and it takes m(squark)"),
        (
            "atlas-susy-2018-22",
            {"masses": [400, 1600], "process": "gluino"},
            "/masses: gluino -> quark quark neutralino1",
        ),
        ("cms-sus-20-004", {"points": ["T5HH_2000", "T5HH_2600"]}, "/points/1: T5HH_2600: 2600 GeV, and it takes"),
        (
            "cms-sus-20-004",
            {"points": ["TChiHH_300_400"]},
            "/points/0: TChiHH_300_400: neutralino2 -> higgs neutralino1",
        ),
        ("cms-exo-20-004", {"points": ["TRV1_500_400"]}, "mediator -> dark_matter dark_matter needs 800 GeV of 500"),
    ],
)
def test_masses_that_a_search_does_not_take(analysis: str, inputs: dict[str, Any], words: str) -> None:
    (found,) = outside(analysis, inputs)
    assert words in found


@pytest.mark.parametrize(
    ("analysis", "inputs"),
    [
        ("atlas-susy-2018-22", {"masses": [3500, 100], "process": "squark"}),
        ("atlas-susy-2018-22", {"masses": [600, 590], "process": "gluino"}),
        ("atlas-exot-2018-dilepton", {"masses": [500, 6000]}),
        ("cms-sus-20-004", {"points": ["T5HH_1000", "TChiHH_500_0", "TChiHH_500_1", "TChiHH_500_100"]}),
        ("cms-exo-20-004", {"points": ["TRV1_500_1", "TRV1_3000_1400"]}),
    ],
)
def test_masses_that_it_takes_though_they_are_not_validated(analysis: str, inputs: dict[str, Any]) -> None:
    assert outside(analysis, inputs) == []


@pytest.mark.parametrize("path", sorted((ROOT / "catalogue").glob("*.yml")), ids=lambda path: path.stem)
def test_what_an_entry_offers_it_takes(path: Path) -> None:
    version = load_entry(path).entry.version()
    offered = [*(item.inputs for item in version.examples.values()), *(item.inputs for item in version.validation)]
    assert offered
    assert [found for inputs in offered for found in outside(path.stem, dict(inputs))] == []


def outside(analysis: str, inputs: dict[str, Any]) -> list[str]:
    version = load_entry(ROOT / f"catalogue/{analysis}.yml").entry.version()
    applies = applies_of({"applies": version.applies})
    assert applies is not None
    return [f"{fault.pointer}: {fault.what}" for fault in points_outside(applies, inputs)]


SQUARK = EXAMPLES / "sqsq_direct_1600_400.slha"


@pytest.mark.parametrize(
    ("analysis", "inputs", "words"),
    [
        ("atlas-susy-2018-22", {"slha": SQUARK, "xsec_fb": 1440.0}, "1440 fb is a factor of 1e+03 from 1.44 fb"),
        ("atlas-susy-2018-22", {"slha": SQUARK, "xsec_fb": 1.44e-3}, "fb and pb differ by 1000"),
        ("atlas-susy-2018-22", {"slha": SQUARK, "xsec_fb": 20.0}, ""),
        ("atlas-susy-2018-22", {"slha": SQUARK, "xsec_fb": 1440.0, "accept_cross_section": True}, ""),
        ("atlas-susy-2018-22", {"slha": SQUARK}, ""),
        ("atlas-susy-2018-22", {"masses": [1200, 300], "process": "squark", "xsec_fb": 17100.0}, "If it is meant"),
        ("atlas-susy-2018-22", {"masses": [1200, 300], "process": "squark", "xsec_fb": 17.1}, ""),
        ("cms-sus-20-004", {"points": ["T5HH_2000", "T5HH_2100"], "xsecs_fb": [1.0, 600.0]}, "/xsecs_fb/1: 600 fb"),
        ("cms-sus-20-004", {"points": ["TChiHH_500_100"], "xsecs_fb": [1e6]}, ""),
    ],
)  # fmt: skip
def test_a_cross_section_in_another_unit(analysis: str, inputs: dict[str, Any], words: str) -> None:
    version = load_entry(ROOT / f"catalogue/{analysis}.yml").entry.version()
    applies = applies_of({"applies": version.applies})
    assert applies is not None
    tables = tables_of(applies, lambda path: (ROOT / "specs" / analysis / "1.0.0" / path).read_bytes())
    spectrum = read_spectrum(SQUARK.read_bytes()) if "slha" in inputs else None
    found = far_from_tables(applies, tables, {"process": "auto", **inputs}, spectrum)
    said = [f"{fault.pointer}: {fault.what}. {fault.allowed}" for fault in found]
    assert len(said) == bool(words) and all(words in one for one in said), said


@pytest.mark.parametrize(
    ("value", "inputs", "words"),
    [
        ("1.44", {}, "/slha: XSECTION: 1440 fb is a factor of 1e+03 from 1.44 fb"),
        ("0.0", {}, "/slha: XSECTION: 0 fb makes no events"),
        ("1.44E-03", {}, ""),
        ("1.44", {"xsec_fb": 1.4}, ""),
        ("1.44", {"accept_cross_section": True}, ""),
    ],
)
def test_the_cross_section_of_a_spectrum_in_another_unit(value: str, inputs: dict[str, Any], words: str) -> None:
    version = load_entry(ROOT / "catalogue/atlas-susy-2018-22.yml").entry.version()
    applies = applies_of({"applies": version.applies})
    assert applies is not None
    tables = tables_of(applies, lambda path: (ROOT / "specs/atlas-susy-2018-22/1.0.0" / path).read_bytes())
    section = f"XSECTION 1.30E+04 2212 2212 2 1000001 1000001\n 0 2 0 0 0 0 {value}\n"
    spectrum = read_spectrum(SQUARK.read_bytes() + section.encode())
    found = sections_far_from_tables(applies, tables, {"process": "auto", **inputs}, spectrum, "slha", 13.0)
    assert len(found) == bool(words) and all(words in f"{one.pointer}: {one.what}" for one in found), found


@pytest.mark.parametrize(
    ("analysis", "inputs"),
    [
        ("atlas-susy-2018-22", {"lhe": "a.lhe", "slha": "a.slha"}),
        ("atlas-susy-2018-22", {"masses": [1200, 300], "process": "squark"}),
        ("atlas-susy-2018-31", {"points": ["RegionA/sbottom_1400_950_60"], "patch": "a", "yields": {}}),
        ("atlas-susy-2019-08", {"points": "all"}),
        ("cms-sus-20-004", {"points": ["T5HH_2000"]}),
    ],
)
def test_what_is_fine_is_let_pass(analysis: str, inputs: dict[str, Any]) -> None:
    assert faults(analysis, inputs) == []
