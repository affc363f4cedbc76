"""atlas-susy-2018-22: the published cutflow, yields and limits come out of fixed events, and would not with other cuts.

The events are a file, so that a change of the selection or the statistics is all that can move the numbers.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.analyses.chain import Bundle, items_of, verdicts
from tests.analyses.squarks import ANALYSIS, analysed, answered

OF_CUTFLOW = tuple(
    item for item in items_of(ANALYSIS) if item.name.startswith("squark_1600_400_") and item.result == "cutflow"
)
OF_LIMIT = items_of(ANALYSIS, "squark_1600_400_upper_limit")
OF_REGIONS = tuple(item for item in items_of(ANALYSIS) if item.result == "regions")


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return Bundle.of(ANALYSIS, tmp_path)


def cutflow(bundle: Bundle) -> dict[str, str]:
    results = [{"name": "cutflow", **flow} for flow in analysed(bundle)["cutflow"]]
    return verdicts(OF_CUTFLOW, results)


def limit(bundle: Bundle) -> dict[str, str]:
    return verdicts(OF_LIMIT, [{"name": "limit", **answered(bundle, "MB-SSd", "MB-C")["limit"]}])


def test_the_published_cutflow_and_upper_limit_come_out(bundle: Bundle) -> None:
    found = cutflow(bundle)
    assert len(found) > 12
    assert set(found.values()) == {"passed"}, found
    assert limit(bundle) == {"squark_1600_400_upper_limit": "passed"}


def spoil(bundle: Bundle, script: str, old: str, new: str) -> None:
    file = bundle.files / f"scripts/{script}.py"
    text = file.read_text()
    assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {script}.py"
    file.write_text(text.replace(old, new))


SPOILED_SELECTION = {
    "luminosity": ("regions", "LUMINOSITY_INV_FB = 139.0", "LUMINOSITY_INV_FB = 36.1"),
    "met-flipped": ("selection", 'seen.met > PRESELECTION["met"]', 'seen.met < PRESELECTION["met"]'),
    "met-looser": ("selection", '"met": 300.0', '"met": 100.0'),
    "lepton-veto-flipped": ("selection", "seen.leptons == 0", "seen.leptons != 0"),
    "first-jet": ("selection", '"pt_first": 200.0', '"pt_first": 700.0'),
    "dphi-flipped": ("selection", "yield seen.dphi_first >", "yield seen.dphi_first <"),
    "significance-flipped": ("selection", "yield seen.significance > region", "yield seen.significance < region"),
    "eta-flipped": ("selection", "abs(jet.eta) < region.eta", "abs(jet.eta) > region.eta"),
    "meff-without-met": ("selection", "meff=ht + event.met", "meff=ht"),
    "regions-swapped": ("regions", 'Region("SR-2j-2800", 2, 0.8, 0.4, 250, 250, 1.2, 0.00, 16, 2800)',
                        'Region("SR-2j-2800", 2, 0.8, 0.4, 250, 250, 2.0, 0.00, 16, 1600)'),
    "resolution": ("detector", "NOISE_GEV, STOCHASTIC_SQRT_GEV, CONSTANT = 3.4, 0.74, 0.04",
                   "NOISE_GEV, STOCHASTIC_SQRT_GEV, CONSTANT = 3.4, 7.4, 0.4"),
}  # fmt: skip


@pytest.mark.rare
@pytest.mark.parametrize("name", SPOILED_SELECTION)
def test_another_selection_misses_the_published_cutflow(bundle: Bundle, name: str) -> None:
    spoil(bundle, *SPOILED_SELECTION[name])
    assert "failed" in cutflow(bundle).values()


def test_another_cross_section_misses_the_published_yields(bundle: Bundle) -> None:
    results = [{"name": "cutflow", **flow} for flow in analysed(bundle, xsec_fb=0.8 * 1.44)["cutflow"]]
    assert "failed" in verdicts(OF_CUTFLOW, results).values()


def bins_swapped(workspace: Any) -> None:
    """The bins keep their data, and lose their names."""
    names = [channel["name"] for channel in workspace["channels"]]
    for channel, observation, name in zip(
        workspace["channels"], workspace["observations"], reversed(names), strict=True
    ):
        channel["name"] = observation["name"] = name


def more_background(workspace: Any) -> None:
    for channel in workspace["channels"]:
        channel["samples"][0]["data"] = [4.0 * value for value in channel["samples"][0]["data"]]


def other_data(workspace: Any) -> None:
    for observation in workspace["observations"]:
        observation["data"] = [2.0 * value + 5.0 for value in observation["data"]]


@pytest.mark.rare
@pytest.mark.parametrize("mutation", [bins_swapped, more_background, other_data])
def test_other_statistics_miss_the_published_limit(bundle: Bundle, mutation: Any) -> None:
    analysed(bundle)
    bundle.edit("simplified_MB-SSd_noCR_bkgonly.json", mutation)
    assert limit(bundle) == {"squark_1600_400_upper_limit": "failed"}


@pytest.mark.rare
@pytest.mark.parametrize(
    ("script", "old", "new"),
    [
        ("likelihood", "ALPHA = 0.05", "ALPHA = 0.32"),
        ("likelihood", "0.017  #", "2.5  #"),
        ("limit", '"xsec_ul_obs_fb": best["mu_ul_obs"] * xsec_fb', '"xsec_ul_obs_fb": best["mu_ul_obs"] / xsec_fb'),
        ("limit", "return min((row for row in rows", "return max((row for row in rows"),
    ],
)
def test_another_confidence_or_unit_misses_the_published_limit(bundle: Bundle, script: str, old: str, new: str) -> None:
    spoil(bundle, script, old, new)
    analysed(bundle)
    assert limit(bundle) == {"squark_1600_400_upper_limit": "failed"}


@pytest.mark.rare
def test_limits_on_visible_events_are_the_published_ones_and_not_those_of_other_data(bundle: Bundle) -> None:
    analysed(bundle)
    table = {"name": "regions", **answered(bundle, "MB-SSd", "MB-C", "single-bin")["regions"]}
    found = verdicts(OF_REGIONS, [table])
    assert set(found.values()) == {"passed"}, found

    def swapped(document: Any) -> None:
        regions = document["regions"]
        regions["SR-2j-2200"], regions["SR-2j-2800"] = regions["SR-2j-2800"], regions["SR-2j-2200"]

    bundle.edit("backgrounds.json", swapped)
    table = {"name": "regions", **answered(bundle, "MB-SSd", "MB-C", "single-bin")["regions"]}
    assert "failed" in verdicts(OF_REGIONS, [table]).values()


def test_no_event_left_gives_no_upper_limit(bundle: Bundle) -> None:
    """What was written as one was what the true one is above: between the two nothing is excluded."""
    signal = analysed(bundle)["signal"]
    for search in signal["searches"].values():
        search |= {"events": dict.fromkeys(search["events"], 0.0), "raw": 0, "relative_error": 1.0}
    found = answered(bundle, "MB-SSd", "MB-C", "single-bin", signal=signal)["limit"]
    assert found["cls_obs"] == 1.0
    assert found["mu_ul_obs"] is None is found["mu_ul_exp"]
    assert not {"xsec_ul_obs_fb", "xsec_ul_exp_fb"} & found.keys()
    for words in ("has room for", "no generated event", "the true upper limit on the cross section is above"):
        assert any(words in note for note in found["notes"])
    files = {name: bundle.work / f"{name}.json" for name in ("limit", "rate")}
    files["limit"].write_text(json.dumps(found))
    yields = ("--yields", bundle.work / "merged/yields.json", "--figure", bundle.files / "figure.json")
    drawn = bundle.script("plot", "--limit", files["limit"], "--rate", files["rate"], *yields, "--folder", bundle.work)
    assert drawn.code == 0, drawn.err
    assert (bundle.work / "limit.png").stat().st_size > 10_000


def test_few_observed_events_are_flagged(bundle: Bundle) -> None:
    analysed(bundle)
    notes = answered(bundle, "single-bin")["regions"]["notes"]
    assert notes == ["SR-6j-3400: asymptotics unreliable: 0 events observed"]


def test_a_signal_for_other_channels_is_a_failed_fit(bundle: Bundle) -> None:
    signal = analysed(bundle)["signal"]
    events = signal["searches"]["MB-SSd"]["events"]
    events["SR_9_9_9_cuts"] = events.pop("SR_2_1000_10_cuts")
    place = bundle.work / "signal.json"
    place.write_text(json.dumps(signal))
    answer = bundle.script(
        "fit", "--search", "MB-SSd", "--workspaces", *bundle.files.glob("simplified_*.json"),
        "--backgrounds", bundle.files / "backgrounds.json", "--signal", place,
        "--output", bundle.work / "f.json", "--patch", bundle.work / "p.json",
    )  # fmt: skip
    assert answer.code == 1
    assert "SR_9_9_9_cuts" in answer.err
    assert "Traceback" not in answer.err
    assert not (bundle.work / "f.json").exists()
