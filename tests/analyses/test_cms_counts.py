"""cms-sus-20-004 and cms-exo-20-004: published numbers come out, and would not with other statistics."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.analyses.chain import Bundle, items_of, verdicts

SUS, EXO = "cms-sus-20-004", "cms-exo-20-004"
POINTS = {
    SUS: ["T5HH_1500", "T5HH_2000", "T5HH_2300", "T5HH_2400", "TChiHH_500_0"],
    EXO: ["TRV1_500_1", "TRV1_1000_1", "TRV1_2000_1"],
}
ITEMS = {
    SUS: ("T5HH_1500", "T5HH_2000", "T5HH_2300", "T5HH_2400", "T5HH_mass_limit", "own_TChiHH_500_0"),
    EXO: ("atlas_500_1", "atlas_1000_1", "atlas_2000_1", "own_500_1", "own_1000_1", "own_2000_1"),
}
NAMES = {
    "limits": "limit",
    "yields": "yields",
    "comparison": "comparison",
    "mass-limits": "mass_limits",
    "contour": "contour",
}


def results(bundle: Bundle, **inputs: Any) -> Any:
    fixed = ("--table", bundle.files / "data/table.json", "--toys", inputs.get("toys", 0), "--seed", 1)
    data = bundle.files / "data"
    gathered = ("--published", data / "published_limits.json", "--figure", data / "figure.json")
    return bundle.results(fixed, gathered, NAMES, **inputs)


def limits(bundle: Bundle, **inputs: Any) -> dict[str, Any]:
    return {one["point"]["name"]: one for one in results(bundle, **inputs) if one["name"] == "limit"}


@pytest.fixture(params=[SUS, EXO])
def bundle(request: pytest.FixtureRequest, tmp_path: Path) -> Bundle:
    return Bundle.of(request.param, tmp_path)


def test_the_published_numbers_come_out(bundle: Bundle) -> None:
    found = verdicts(
        items_of(bundle.analysis, *ITEMS[bundle.analysis]), results(bundle, points=POINTS[bundle.analysis])
    )
    assert set(found.values()) == {"passed"}, found


def luminosity(table: Any) -> None:
    table["luminosity_inv_fb"] = 36.0


def regions_swapped(table: Any) -> None:
    """The covariance keeps its order, the regions lose theirs."""
    rows = table["regions"]
    names = [row["name"] for row in rows]
    for row, name in zip(rows, reversed(names), strict=True):
        row["name"] = name


def covariance_reversed(table: Any) -> None:
    table["covariance"] = [row[::-1] for row in table["covariance"][::-1]]


def no_uncertainty(table: Any) -> None:
    table["covariance"] = [[1e-4 * value for value in row] for row in table["covariance"]]


def no_correlation(table: Any) -> None:
    rows = table["covariance"]
    table["covariance"] = [[value if i == j else 0.0 for j, value in enumerate(row)] for i, row in enumerate(rows)]


def data_as_expected(table: Any) -> None:
    for row in table["regions"]:
        row["observed"] = round(row["background"])


MUTATIONS: list[Callable[[Any], None]] = [
    luminosity, regions_swapped, covariance_reversed, no_uncertainty, no_correlation, data_as_expected,
]  # fmt: skip


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_other_statistics_miss_the_published_numbers(bundle: Bundle, mutation: Callable[[Any], None]) -> None:
    bundle.edit("data/table.json", mutation)
    found = verdicts(
        items_of(bundle.analysis, *ITEMS[bundle.analysis]), results(bundle, points=POINTS[bundle.analysis])
    )
    assert "failed" in found.values(), found


def test_a_covariance_that_is_not_symmetric_is_a_failed_fit(bundle: Bundle) -> None:
    bundle.edit("data/table.json", lambda table: table["covariance"][0].__setitem__(1, 1e9))
    assert bundle.prepare(points=POINTS[bundle.analysis][:1]).code == 0
    arguments = ("--table", bundle.files / "data/table.json", "--toys", 0, "--seed", 1)
    answer = bundle.script("fit", *arguments, "--output", bundle.work / "l.json", *bundle.signals())
    assert (answer.code, "not symmetric" in answer.err) == (1, True)
    assert not (bundle.work / "l.json").exists()


def test_own_yields_give_what_the_point_gives(bundle: Bundle) -> None:
    """Yields, efficiencies with a cross section in pb, and the point itself: one signal, one answer."""
    point = POINTS[bundle.analysis][1]
    assert bundle.prepare(points=[point], xsecs_fb=[2.5]).code == 0
    events = json.loads(Path(bundle.signals()[0]).read_text())["events"]
    luminosity = json.loads((bundle.files / "data/table.json").read_text())["luminosity_inv_fb"]
    shares = {region: value / 2.5 / luminosity for region, value in events.items()}
    found = limits(bundle, points=[point], xsecs_fb=[2.5], yields=events, efficiencies=shares, xsec_pb=0.0025)
    assert len(found) == 3
    for one in found.values():
        assert one["xsec_ul_obs_fb"] == pytest.approx(found[point]["xsec_ul_obs_fb"], rel=1e-6)
        assert one["cls_exp"] == sorted(one["cls_exp"])


def test_an_upper_limit_does_not_depend_on_the_cross_section_that_is_assumed(bundle: Bundle) -> None:
    point = POINTS[bundle.analysis][1]
    given = ({"points": [point], "xsecs_fb": [xsec], "accept_cross_section": True} for xsec in (0.1, 1e5))
    found = [limits(bundle, **inputs)[point]["xsec_ul_obs_fb"] for inputs in given]
    assert found[0] == pytest.approx(found[1], rel=2e-3)


def test_without_a_cross_section_there_are_upper_limits_and_no_verdict(bundle: Bundle) -> None:
    """Points and efficiencies without a cross section: the limit is the one with any, and all that is said."""
    point = {SUS: "TChiHH_500_100", EXO: "TRV1_1000_1"}[bundle.analysis]
    given = limits(bundle, points=[point], xsecs_fb=[3.0])[point]
    luminosity = json.loads((bundle.files / "data/table.json").read_text())["luminosity_inv_fb"]
    events = json.loads(Path(bundle.signals()[0]).read_text())["events"]
    shares = {region: value / 3.0 / luminosity for region, value in events.items()}
    found = results(bundle, points=[point], efficiencies=shares)
    alone = [one for one in found if one["name"] == "limit"]
    assert [one["point"]["name"] for one in alone] == [point, "own-efficiencies"]
    for one in alone:
        assert [one[key] for key in ("cls_obs", "cls_exp", "mu_ul_obs", "mu_ul_exp")] == [None] * 4
        assert "xsec_fb" not in one["point"]
        assert one["xsec_ul_obs_fb"] == pytest.approx(given["xsec_ul_obs_fb"], rel=2e-3)
        assert one["xsec_ul_exp_fb"] == pytest.approx(given["xsec_ul_exp_fb"], rel=2e-3)
        assert any(note.startswith("no cross section was given: no CLs and no verdict") for note in one["notes"])
    named = {one["name"]: one for one in found}
    assert named["mass_limits"]["rows"] == []
    assert named["contour"]["rows"] == []
    assert "no verdict" in (bundle.work / "limits.csv").read_text()
    assert limits(bundle, points=[point], toys=10)[point]["cls_obs"] is None


def test_own_yields_without_a_cross_section_have_a_verdict_and_nothing_in_fb(bundle: Bundle) -> None:
    point = POINTS[bundle.analysis][1]
    assert bundle.prepare(points=[point], xsecs_fb=[2.5]).code == 0
    events = json.loads(Path(bundle.signals()[0]).read_text())["events"]
    own = limits(bundle, points=[point], xsecs_fb=[2.5], yields=events)
    assert own["own-yields"]["cls_obs"] == pytest.approx(own[point]["cls_obs"], rel=1e-9)
    assert own["own-yields"].get("xsec_ul_obs_fb") is None
    assert any("none is in fb" in note for note in own["own-yields"]["notes"])


def test_no_model_is_tested_with_a_cross_section_that_is_not_its_own(tmp_path: Path) -> None:
    """All higgsino pairs count for a nearly massless neutralino1; for a massive one only the neutral pair would."""
    bundle = Bundle.of(SUS, tmp_path)
    rows = json.loads((bundle.files / "data/xsecs.json").read_text())["tables"]["higgsino_pairs"]["rows"]
    found = limits(bundle, points=["TChiHH_500_0", "TChiHH_500_25", "T5HH_2000"])
    known = found["TChiHH_500_0"]["point"]
    assert [500, known["xsec_fb"], known["xsec_error_fb"]] in rows
    assert "xsec_fb" not in found["TChiHH_500_25"]["point"]
    assert any("neutral pair" in note for note in found["TChiHH_500_25"]["notes"])
    assert found["T5HH_2000"]["point"]["xsec_error_fb"] / found["T5HH_2000"]["point"]["xsec_fb"] < 0.3


def test_limits_of_another_search_are_not_called_published(bundle: Bundle) -> None:
    point = POINTS[bundle.analysis][0]
    found = {one["name"]: one for one in results(bundle, points=[point])}
    names = [column["name"] for column in found["comparison"]["columns"]]
    header, row = (bundle.work / "limits.csv").read_text().splitlines()[:2]
    assert "nuisances and auxiliary data at the fit to data" in row
    assert "nuisances and auxiliary data at the fit to data" in str(found["mass_limits"]["notes"])
    assert found["limit"]["expected_convention"] == "fitted"
    assert len(found["comparison"]["rows"]) == 1
    if bundle.analysis == EXO:
        assert names == ["point", "ours", "ATLAS-EXOT-2018-06", "ratio"]
        assert "published" not in header + str(found["limit"])
    else:
        assert names == ["point", "ours", "published", "ratio"]
        assert "CMS" in found["limit"]["published"]["source"]


def test_cls_at_the_upper_limit_is_five_per_cent(bundle: Bundle) -> None:
    point = POINTS[bundle.analysis][1]
    bound = limits(bundle, points=[point])[point]["xsec_ul_obs_fb"]
    assert limits(bundle, points=[point], xsecs_fb=[bound])[point]["cls_obs"] == pytest.approx(0.05, rel=5e-3)


@pytest.mark.parametrize(
    ("analysis", "inputs", "words"),
    [
        (SUS, {}, "nothing was asked for"),
        (SUS, {"points": ["T5HH_999"]}, "outside the efficiency map"),
        (SUS, {"points": ["TChiHH_500_450"]}, "outside the efficiency map"),
        (SUS, {"points": ["T5HH_2000_1"]}, "takes 1"),
        (SUS, {"points": ["T1bbbb_2000"]}, "models are: T5HH, TChiHH"),
        (SUS, {"yields": {"SR1": 1.0}}, "21 are"),
        (SUS, {"yields": {"SR99": 1.0}}, "unknown region 'SR99'"),
        (SUS, {"yields": {f"SR{i}": 0.0 for i in range(1, 23)}}, "0 in every region"),
        (SUS, {"yields": {f"SR{i}": 1.0 for i in range(1, 23)}, "xsec_fb": 1.0, "xsec_pb": 1.0}, "not both"),
        (SUS, {"points": ["T5HH_2000"], "xsecs_fb": [1.0, 2.0]}, "2 values for 1 points"),
        (EXO, {"points": ["TRV1_1000_900"]}, "outside the efficiency map"),
        (EXO, {"yields": {"SR_2016_1": 1.0}}, "65 are"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_words(
    tmp_path: Path, analysis: str, inputs: dict[str, Any], words: str
) -> None:
    answer = Bundle.of(analysis, tmp_path).prepare(**inputs)
    assert answer.code == os.EX_DATAERR
    assert words in answer.err
    assert "Traceback" not in answer.err


def test_masses_between_the_points_are_interpolated_and_own_ranges_noted(tmp_path: Path) -> None:
    found = limits(Bundle.of(SUS, tmp_path), points=["T5HH_2000", "T5HH_2050", "T5HH_2100", "T5HH_1200"])
    low, middle, high = (found[f"T5HH_{mass}"]["xsec_ul_obs_fb"] for mass in (2100, 2050, 2000))
    assert low < middle < high
    assert any("outside the validated range" in note for note in found["T5HH_1200"]["notes"])
    assert found["T5HH_2050"]["point"]["xsec_fb"] == pytest.approx(0.776)


def test_toys_are_near_the_asymptotic_answer_and_repeatable(tmp_path: Path) -> None:
    bundle = Bundle.of(EXO, tmp_path)
    wanted = {"points": ["TRV1_1000_1"], "xsecs_fb": [900.0]}
    asymptotic = limits(bundle, **wanted)["TRV1_1000_1"]
    first, second = (limits(bundle, **wanted, toys=150)["TRV1_1000_1"] for _ in range(2))
    assert first["cls_obs"] == second["cls_obs"]
    assert first["cls_obs"] == pytest.approx(asymptotic["cls_obs"], abs=0.12)
    assert any("150 toys" in note for note in first["notes"])
    assert first["toys"] == 150  # so that a CLs of 0 is written as below 3/150
