"""Where the simulation's statistics decide, nobody is told that a point is excluded, or that it is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.analyses.chain import Bundle
from tests.analyses.squarks import ANALYSIS, POINT, SCRIPTS, analysed, answered, scripts
from tests.conftest import ROOT

SKELETON = ROOT / "specs/skeletons/events/spec/files/scripts"


@pytest.fixture(scope="module")
def rule() -> Iterator[ModuleType]:
    with scripts(SCRIPTS, "undecided") as (module,):
        yield module


@pytest.mark.parametrize(
    ("mu_ul", "effective", "decided"),
    [
        (0.001, 4.0, False),  # four events, and CLs far below 0.05
        (0.001, 100.0, True),
        (0.85, 100.0, True),
        (0.95, 100.0, False),
        (1.05, 100.0, False),
        (1.15, 100.0, True),
        (0.95, 10_000.0, True),
        (2.0, 4.0, False),
        (100.0, 4.0, True),  # not even many times as many events would be excluded
        (100.0, 1.0, True),
        (100.0, 0.0, False),
    ],
)
def test_a_verdict_holds_if_one_error_more_or_less_says_the_same(
    rule: ModuleType, mu_ul: float, effective: float, decided: bool
) -> None:
    assert (not rule.by_events(mu_ul, effective, 2000)) == decided


@pytest.mark.parametrize(("mu_ul", "effective"), [(0.9, 40.0), (1.04, 200.0), (0.5, 3.0), (1.5, 8.0)])
def test_so_many_events_as_are_asked_for_decide(rule: ModuleType, mu_ul: float, effective: float) -> None:
    words = rule.by_events(mu_ul, effective, 1000)
    wanted = int(words.split("about ")[1].split()[0])
    assert wanted > 1000
    assert rule.by_events(mu_ul, effective * wanted / 1000, wanted) == ""


def test_toys_decide_if_their_error_does_not_reach_the_limit(rule: ModuleType) -> None:
    assert rule.by_toys(0.045, 1000).startswith("more toys: CLs is 0.045 +- 0.009")
    assert rule.by_toys(0.04, 10_000) == ""
    assert rule.by_toys(0.0, 500) == ""
    assert rule.by_toys(0.5, 50) == ""


def four_events(signal: dict[str, Any]) -> dict[str, Any]:
    """Return a signal of which four generated events are left in each search, worth a lot of cross section."""
    for search in signal["searches"].values():
        kept = sorted(search["events"], key=search["events"].__getitem__)[-4:]
        events = {name: 50.0 if name in kept else 0.0 for name in search["events"]}
        search |= {"events": events, "errors": events, "raw": 4, "effective": 4.0, "relative_error": 0.5}
    return signal


def test_four_events_exclude_nothing_and_four_hundred_do(tmp_path: Path) -> None:
    bundle = Bundle.of(ANALYSIS, tmp_path)
    signal = analysed(bundle)["signal"]
    found = answered(bundle, "MB-SSd", signal=four_events(signal))["limit"]
    assert found["cls_obs"] < 1e-3
    assert found["undecided"].startswith("more events: ")
    (row,) = json.loads((bundle.work / "fit_MB-SSd.json").read_text())
    assert 1.0 <= row["effective"] <= 4.0
    with scripts(SCRIPTS, "limit") as (limit,):
        assert "undecided" not in limit.limit_of([{**row, "effective": 400.0}], signal)


@pytest.mark.parametrize(("bound", "decided"), [(0.5, False), (2.0, True)])
def test_no_event_at_all_decides_only_if_the_largest_efficiency_would(
    rule: ModuleType, bound: float, decided: bool
) -> None:
    assert (rule.without_events(1.0, bound, 1000) == "") == decided


def test_a_region_with_few_generated_events_is_not_preferred() -> None:
    with scripts(SCRIPTS, "limit") as (limit,):
        band = [0.001, 0.005, 0.01, 0.03, 0.1]
        rows = [
            {"region": name, "raw": raw, "cls_obs": cls, "cls_exp": [cls * value / 0.01 for value in band],
             "mu_ul_obs": 0.3, "mu_ul_exp": [0.3] * 5, "notes": []}
            for name, raw, cls in (("A", 3, 0.001), ("B", 300, 0.01))
        ]  # fmt: skip
        searches = {"A": {"effective": 3.0, "relative_error": 0.6}, "B": {"effective": 300.0, "relative_error": 0.06}}
        signal = {"point": POINT, "rate": {"xsec_fb": 2.0}, "notes": [], "searches": searches, "generated": 2000}
        found = limit.limit_of(rows, signal)
        assert found["point"]["region"] == "B"
        assert any("A may be more sensitive, but 3 generated events" in note for note in found["notes"])
        assert "undecided" not in found
        assert limit.limit_of(rows[:1], signal)["undecided"]
        assert limit.table_of([{**rows[0], "cls_obs": 1e-11}])["rows"][0][2] == 1e-6


def test_a_mass_of_the_zprime_with_few_events_in_the_window_is_undecided(tmp_path: Path) -> None:
    bundle = Bundle.of("atlas-exot-2018-dilepton", tmp_path)
    spectra = json.loads((bundle.files / "spectra.json").read_text())
    bins = {name: len(spectra[name]["observed"]) for name in ("ee", "mm")}
    for raw, decided in ((4, False), (400, True)):
        channels = {
            name: {"signal": [0.0] * (n - 1) + [40.0], "error": [0.0] * (n - 1) + [40.0 * (2.0 / raw) ** 0.5]}
            for name, n in bins.items()
        }
        counted = {"model": "SSM", "mass_gev": 3000.0, "width_gev": 90.0, "xsec_fb": 2.0, "events": 1000, "seed": 1}
        counted["channels"] = channels
        (tmp_path / "c.json").write_text(json.dumps(counted))
        given = (
            "--counts",
            tmp_path / "c.json",
            "--spectra",
            bundle.files / "spectra.json",
            "--output",
            tmp_path / "l",
        )
        assert bundle.script("fit", *given).code == 0
        assert ("undecided" not in json.loads((tmp_path / "l").read_text())) == decided


def test_the_skeleton_shows_how() -> None:
    with scripts(SKELETON, "limit") as (limit,):
        assert "more events: 4 effective ones of 1000" in limit.undecided(0.001, 8.0, 4.0, 1000)
        assert limit.undecided(0.5, 8.0, 0.4, 1000) == ""


@pytest.mark.parametrize("toys", [20, 0])
def test_few_toys_at_the_limit_decide_nothing(tmp_path: Path, toys: int) -> None:
    bundle = Bundle.of("cms-sus-20-004", tmp_path)
    table = ("--table", bundle.files / "data/table.json", "--seed", 1, "--output", tmp_path / "part.json")
    assert bundle.prepare(points=["T5HH_2330"]).code == 0
    assert bundle.script("fit", *table, "--toys", toys, *bundle.signals()).code == 0
    (row,) = json.loads((tmp_path / "part.json").read_text())
    assert row["limit"].get("undecided", "").startswith("more toys") == (toys > 0)


def test_one_event_in_a_clean_bin_is_what_the_sensitivity_rests_on(rule: ModuleType) -> None:
    signal, errors, background = [10.0, 1.0], [1.0, 1.0], [1e4, 0.0]  # a hundred events, and one
    assert rule.effective(signal, errors, background) == pytest.approx(1.0, rel=0.05)
    assert rule.effective([10.0], [1.0], [7.0]) == pytest.approx(100.0)
    assert rule.effective([10.0, 0.0], [1.0, 0.0], [7.0, 7.0]) == pytest.approx(100.0)
    assert rule.effective([0.0], [0.0], [7.0]) == 0.0
    assert rule.effective([5e300, 5e300], [5e299, 5e299], [1.0, 1.0]) == pytest.approx(200.0)
