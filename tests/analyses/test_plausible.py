"""A cross section that is far from the entry's own table is said, and refused if units are the likely reason."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.analyses.chain import Bundle
from tests.analyses.squarks import SCRIPTS, scripts
from tests.analyses.test_susy_2018_31_fits import unpack
from tests.conftest import Answer

SBOTTOM, HIGGS = "atlas-susy-2018-31", "atlas-susy-2019-08"
SUS, EXO = "cms-sus-20-004", "cms-exo-20-004"
YIELDS: dict[str, Any] = {
    SBOTTOM: {"A": {"SR_meff": [0.1, 1.3, 4.4]}},
    SUS: {f"SR{number}": 1.0 for number in range(1, 23)},
    EXO: {f"SR_{year}_{number}": 1.0 for year in (2016, 2017, 2018) for number in range(1, 23)},
}


@pytest.fixture(scope="module")
def rule() -> Iterator[ModuleType]:
    with scripts(SCRIPTS, "plausible") as (module,):
        yield module


@pytest.mark.parametrize(("given", "notes"), [(1.0, 0), (2.9, 0), (3.1, 1), (0.3, 1), (99.0, 1), (0.0101, 1)])
def test_a_factor_of_three_is_said(rule: ModuleType, given: float, notes: int) -> None:
    assert len(rule.compared(given, 1.0, 1.0, "table", accepted=False)) == notes


@pytest.mark.parametrize("given", [101.0, 0.0099, 1000.0, 0.001])
def test_a_factor_of_a_hundred_is_refused_unless_insisted_on(rule: ModuleType, given: float) -> None:
    with pytest.raises(rule.FarFromTable, match=r"\(table\): fb and pb differ by 1000.*accept_cross_section: true"):
        rule.compared(given, 1.0, 1.0, "table", accepted=False)
    assert len(rule.compared(given, 1.0, 1.0, "table", accepted=True)) == 1


@pytest.mark.parametrize("accepted", [True, False])
def test_a_cross_section_of_nothing_is_refused(rule: ModuleType, accepted: bool) -> None:
    with pytest.raises(rule.FarFromTable, match="0 fb makes no events"):
        rule.compared(0.0, 1.0, 1.0, "table", accepted=accepted)


def test_hardly_any_event_of_a_large_cross_section_is_doubted(rule: ModuleType) -> None:
    """24 events of 46400 fb: without a mass the table alone does not tell that pb were meant to be fb."""
    (note,) = rule.enough(24.0, 46400.0, 139.0, accepted=False)
    assert note.startswith(
        "24 signal events are 3.7e-06 of those that 4.64e+04 fb make: is the cross section in the unit"
    )
    assert rule.enough(24.0, 46.4, 139.0, accepted=False) == rule.enough(24.0, 4640.0, 139.0, accepted=False) == []


def test_between_the_rows_and_without_a_mass(rule: ModuleType) -> None:
    rows = [[100, 100.0, 1.0], [200, 1.0, 0.1]]
    assert rule.range_of(rows, 150.0) == (pytest.approx(10.0), pytest.approx(10.0))
    assert rule.range_of(rows, None) == rule.range_of(rows, 250.0) == (1.0, 100.0)
    assert rule.compared(50.0, 1.0, 100.0, "table", accepted=False) == []


@pytest.fixture
def bundle(request: pytest.FixtureRequest, tmp_path: Path) -> Bundle:
    return Bundle.of(request.param, tmp_path)


def first_step(bundle: Bundle, **inputs: Any) -> Answer:
    return unpack(bundle, **inputs) if bundle.analysis == SBOTTOM else bundle.prepare(**inputs)


def own_yields(bundle: Bundle) -> dict[str, Any]:
    if bundle.analysis != HIGGS:
        found: dict[str, Any] = YIELDS[bundle.analysis]
        return found
    workspace = json.loads((bundle.files / "data/BkgOnly.json").read_text())
    names = [(one["name"], len(one["samples"][0]["data"])) for one in workspace["channels"]]
    return {name: [1.0] * bins for name, bins in names if name.startswith("SR")}


@pytest.mark.parametrize("bundle", [SBOTTOM, HIGGS, SUS, EXO], indirect=True)
def test_more_events_than_were_produced_are_refused(bundle: Bundle) -> None:
    answer = first_step(bundle, yields=own_yields(bundle), xsec_fb=0.001)
    assert answer.code == os.EX_DATAERR
    assert "events are more than a cross section of 0.001 fb makes" in answer.err
    assert first_step(bundle, yields=own_yields(bundle), xsec_fb=0.001, accept_cross_section=True).code == 0
    assert first_step(bundle, yields=own_yields(bundle), xsec_pb=0.001).code == 0


@pytest.mark.parametrize("bundle", [SBOTTOM, HIGGS], indirect=True)
def test_own_events_outside_of_all_that_the_table_holds_are_refused(bundle: Bundle) -> None:
    answer = first_step(bundle, yields=own_yields(bundle), xsec_pb=1e6)
    assert answer.code == os.EX_DATAERR
    assert "this search's table" in answer.err


@pytest.mark.parametrize("bundle", [SUS], indirect=True)
def test_points_of_the_map_are_held_beside_the_table(bundle: Bundle) -> None:
    assert bundle.prepare(points=["T5HH_2000"], xsecs_fb=[981.0]).code == os.EX_DATAERR
    assert bundle.prepare(points=["T5HH_2000"], xsecs_fb=[9.81]).code == 0
    (signal,) = (json.loads(Path(path).read_text()) for path in bundle.signals())
    assert any("a factor of 9.71 above 1.01 fb" in note for note in signal["notes"]), signal["notes"]


@pytest.mark.parametrize("bundle", [HIGGS], indirect=True)
def test_a_patch_of_a_point_of_the_grid_is_held_beside_its_mass(bundle: Bundle) -> None:
    patchset = json.loads((bundle.files / "data/patchset.json").read_text())
    workspace = json.loads((bundle.files / "data/BkgOnly.json").read_text())
    with scripts(bundle.files / "scripts", "patches") as (patches,):
        patchset["metadata"]["digests"]["sha256"] = patches.digest(workspace)
    patchset["patches"] = [one for one in patchset["patches"] if one["metadata"]["name"] == "C1N2_Wh_hbb_500_0"]
    (bundle.work / "p.json").write_text(json.dumps(patchset))
    assert first_step(bundle, patch=str(bundle.work / "p.json"), xsec_pb=46.353).code == os.EX_DATAERR
    assert first_step(bundle, patch=str(bundle.work / "p.json"), xsec_fb=463.53).code == 0
    (signal,) = (json.loads(Path(path).read_text()) for path in bundle.signals())
    assert any("a factor of 10 above 46.35 fb" in note for note in signal["notes"])


@pytest.mark.parametrize("bundle", [SBOTTOM], indirect=True)
def test_the_fit_of_own_events_notes_an_odd_cross_section(bundle: Bundle) -> None:
    with scripts(bundle.files / "scripts", "fit") as (fit,):
        table = bundle.files / "xsec_sbottom_13tev.json"
        assert len(fit.cross_section_notes("RegionA/own-sbottom_1400_950_60", 20.0, 1.0, table)) == 1
        assert fit.cross_section_notes("RegionA/own-yields", 20.0, 1.0, table) == []
        assert fit.cross_section_notes("RegionA/sbottom_1400_950_60", 20.0, 1.0, table) == []
