"""atlas-susy-2018-22: the parts of the selection, the detector, the counts and the choice of a region by themselves."""

from __future__ import annotations

import json
import math
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.analyses.squarks import ANALYSIS, POINT, SAMPLE, SCRIPTS, scripts
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def code() -> Iterator[SimpleNamespace]:
    names = ("particles", "detector", "regions", "selection", "counts", "analyse", "merge", "limit", "fit")
    with scripts(SCRIPTS, *names) as modules:
        yield SimpleNamespace(**dict(zip(names, modules, strict=True)))


def seen(code: SimpleNamespace, *jets: tuple[float, float, float], met: float = 600.0) -> Any:
    """Return the observables of jets (pT, eta, phi) with missing momentum along +x."""
    made = tuple(code.particles.Jet(*jet, 0.0) for jet in jets)
    return code.selection.observables(code.detector.Reconstructed(1.0, made, 0, met, 0.0))


def test_observables_are_those_of_the_paper(code: SimpleNamespace) -> None:
    found = seen(code, (800.0, 0.1, 3.0), (400.0, 1.0, -2.0), (60.0, 0.0, 0.5), (55.0, 0.0, 0.1), (45.0, 0.0, 0.0))
    assert len(found.jets) == 4  # 45 GeV is no jet
    assert found.meff == pytest.approx(600.0 + 800.0 + 400.0 + 60.0 + 55.0)
    assert found.significance == pytest.approx(600.0 / math.sqrt(1315.0))
    assert found.dphi_first == pytest.approx(0.5)
    assert found.dphi_rest == pytest.approx(0.1)


def test_the_preselection_asks_for_each_of_its_cuts(code: SimpleNamespace) -> None:
    good = seen(code, (400.0, 0.0, 3.0), (300.0, 0.0, 2.0))
    assert code.selection.preselected(good)
    for change in (
        {"leptons": 1},
        {"met": 299.0},
        {"meff": 799.0},
        {"jets": good.jets[:1]},
        {"jets": good.jets[1:] * 2},
    ):
        changed = good._replace(**change)
        assert code.selection.preselected(changed) is ("jets" in change and len(change["jets"]) == 2)


def test_a_cutflow_stops_at_the_first_cut_that_fails(code: SimpleNamespace) -> None:
    region = next(one for one in code.regions.SINGLE_BIN if one.name == "SR-2j-1600")
    names = code.selection.cut_names(region)
    assert names == [
        "dphi(j1,2,(3),MET)>0.8", "dphi(j>3,MET)>0.4", "pT(j2)>250", "|eta(j1,2)|<2.0", "MET/sqrt(HT)>16", "meff>1600",
    ]  # fmt: skip
    good = seen(code, (800.0, 0.0, 3.0), (500.0, 0.0, 2.0))
    assert code.selection.passed_cuts(good, region) == 6
    assert code.selection.passed_cuts(good._replace(meff=1500.0), region) == 5
    assert code.selection.passed_cuts(good._replace(significance=15.0), region) == 4
    assert code.selection.passed_cuts(seen(code, (800.0, 2.1, 3.0), (500.0, 0.0, 2.0)), region) == 3
    assert code.selection.passed_cuts(good._replace(dphi_first=0.7), region) == 0


def test_names_of_published_steps(code: SimpleNamespace) -> None:
    region = next(one for one in code.regions.SINGLE_BIN if one.name == "SR-4j-2200")
    assert code.selection.cut_names(region) == [
        "Njet>=4", "dphi(j1,2,(3))>0.4", "dphi(j>3)>0.2", "pT(j4)>100", "|eta(j1-4)|<2.0", "aplanarity>0.04",
        "MET/sqrt(HT)>16", "meff>2200",
    ]  # fmt: skip


def test_aplanarity_of_known_shapes(code: SimpleNamespace) -> None:
    jet = code.particles.Jet
    plane = (jet(100, 0, 0.3, 0), jet(100, 0, 2.0, 0), jet(50, 0, -1.0, 0))
    assert code.selection.aplanarity(plane) == pytest.approx(0.0, abs=1e-9)
    # Six equal momenta along the axes: the tensor is a third of the unit matrix.
    axes = [jet(1e-3, eta, 0, 0) for eta in (math.asinh(1e5), -math.asinh(1e5))]
    round_shape = (
        jet(100, 0, 0, 0),
        jet(100, 0, math.pi, 0),
        jet(100, 0, math.pi / 2, 0),
        jet(100, 0, -math.pi / 2, 0),
    )
    assert code.selection.aplanarity((*round_shape, *axes)) == pytest.approx(0.5, abs=1e-3)


def test_the_bins_are_those_of_the_public_likelihoods_and_exclude_each_other(code: SimpleNamespace) -> None:
    for search, bins in code.regions.MULTI_BIN.items():
        workspace = json.loads((SCRIPTS.parent / f"simplified_{search}_noCR_bkgonly.json").read_text())
        assert sorted(one.channel for one in bins) == sorted(channel["name"] for channel in workspace["channels"])
    _, events = code.particles.read_events(SAMPLE)
    numbers = random.Random(1)
    for event in list(events)[:300]:
        names = code.analyse.names_passed(code.selection.observables(code.detector.reconstruct(event, numbers)))
        for search in code.regions.MULTI_BIN:
            assert sum(name.startswith(f"{search}/") for name in names) <= 1


def test_the_detector_smears_as_it_says(code: SimpleNamespace) -> None:
    assert code.detector.jet_resolution(20.0) == pytest.approx(0.24, abs=0.01)
    assert code.detector.jet_resolution(300.0) == pytest.approx(0.06, abs=0.005)
    numbers = random.Random(3)
    event = code.particles.Event(1.0, (100.0, 0.0), (code.particles.Jet(300.0, 0.0, math.pi, 5.0),))
    found = [code.detector.reconstruct(event, numbers) for _ in range(2000)]
    spread = [one.jets[0].pt / 300.0 - 1.0 for one in found]
    assert math.sqrt(sum(x * x for x in spread) / 2000) == pytest.approx(code.detector.jet_resolution(300.0), rel=0.1)
    # What the jet gains, the missing momentum loses on the other side: here both point to +x.
    gained = sum(x * (one.met - 100.0) for x, one in zip(spread, found, strict=True))
    assert gained > 0.0


def test_leptons_in_jets_are_no_leptons(code: SimpleNamespace) -> None:
    jet, lepton = code.particles.Jet(300.0, 0.0, 0.0, 5.0), code.particles.Lepton
    inside = code.particles.Event(1.0, (0.0, 0.0), (jet,), (lepton(20.0, 0.1, 0.1),))
    alone = code.particles.Event(1.0, (0.0, 0.0), (jet,), (lepton(20.0, 1.5, 2.0),))
    numbers = random.Random(1)
    assert not any(code.detector.reconstruct(inside, numbers).leptons for _ in range(50))
    assert sum(code.detector.reconstruct(alone, numbers).leptons for _ in range(500)) == pytest.approx(450, abs=40)


weights = st.lists(st.floats(-2.0, 5.0).filter(lambda w: abs(w) > 1e-3), min_size=1, max_size=30)


@given(st.lists(weights, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_sums_do_not_depend_on_the_order_of_batches(batches: list[list[float]], order: random.Random) -> None:
    with scripts(SCRIPTS, "counts") as (counts,):
        tables = []
        for batch in batches:
            total = counts.Count()
            for weight in batch:
                total = total.with_event(weight)
            tables.append({"all": list(total)})
        first = counts.added(tables)
        order.shuffle(tables)
        assert counts.added(tables) == first
        assert first["all"].raw == sum(map(len, batches))


def test_errors_are_binomial_without_weights_and_effective_with(code: SimpleNamespace) -> None:
    total, part = code.counts.Count(100.0, 100.0, 100), code.counts.Count(20.0, 20.0, 20)
    assert part.fraction_of(total) == (0.2, pytest.approx(math.sqrt(0.2 * 0.8 / 100)))
    assert code.counts.Count(100.0, 400.0, 100).effective == 25.0


def test_a_batch_that_is_there_twice_is_refused(code: SimpleNamespace) -> None:
    batch = {"seed": 3, "counts": {"all": [1.0, 1.0, 1]}}
    with pytest.raises(code.merge.NotMergeable, match="twice"):
        code.merge.merged([batch, batch])
    with pytest.raises(code.merge.NotMergeable, match="add up to"):
        code.merge.merged([{"seed": 1, "counts": {"all": [-1.0, 1.0, 1]}}])


def test_events_that_are_cut_off_are_noticed(code: SimpleNamespace, tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(SAMPLE.read_bytes()[:5000])
    with pytest.raises(code.particles.Lost, match="cannot be read to its end"):
        list(code.particles.read_events(tmp_path / "a.gz")[1])


def row(region: str, expected: float, observed: float) -> dict[str, Any]:
    band = [expected / 4, expected / 2, expected, expected * 2, expected * 4]
    return {
        "region": region, "raw": 100, "cls_obs": observed, "cls_exp": band, "mu_ul_obs": 1.0, "mu_ul_exp": [1.0] * 5,
        "notes": [],
    }  # fmt: skip


def test_the_region_is_chosen_by_what_was_expected_and_not_by_what_was_seen(code: SimpleNamespace) -> None:
    rows = [row("A", 0.04, 0.9), row("B", 0.10, 0.001), {"region": "C", "raw": 0, "notes": []}]
    assert code.limit.best_row(rows)["region"] == "A"
    assert code.limit.best_row(rows[::-1])["region"] == "A"
    signal = {
        "point": POINT, "rate": {"xsec_fb": 2.0}, "notes": ["n"], "searches": {"A": {"relative_error": 0.5}},
    }  # fmt: skip
    found = code.limit.limit_of(rows, signal)
    assert found["point"]["region"] == "A"
    assert found["xsec_ul_obs_fb"] == 2.0
    assert any("Monte Carlo error" in note for note in found["notes"])


class Failing:
    """Pythia as far as a generator asks it, which makes no event."""

    def __init__(self, ended: bool) -> None:
        self.ended, self.told = ended, 0

    def next(self) -> bool:
        return False

    def infoPython(self) -> Failing:  # Pythia's name
        return self

    def atEndOfFile(self) -> bool:
        return self.ended

    def stat(self) -> None:
        self.told += 1


@pytest.mark.parametrize(
    ("analysis", "ended", "words"),
    [
        (ANALYSIS, True, "the events ended, and of 20 Pythia could use 0: its messages are in the log"),
        (ANALYSIS, False, "12 events went wrong, and Pythia could use 0: its messages are in the log"),
        ("atlas-exot-2018-dilepton", False, "103 events went wrong, 0 did not: Pythia's messages are in the log"),
    ],
)
def test_when_pythia_makes_no_events_its_messages_are_printed(
    analysis: str, ended: bool, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is quiet while it runs, so nothing would be in the log."""
    monkeypatch.setitem(sys.modules, "pythia8mc", SimpleNamespace(SlowJet=lambda *_: None))
    with scripts(ROOT / "specs" / analysis / "1.0.0/files/scripts", "generate") as (generate,):
        events_of, pythia = getattr(generate, "generated", None) or generate.events_of, Failing(ended)
        with pytest.raises(generate.GenerationFailed, match=words):
            list(events_of(pythia, 20))
    assert pythia.told == 1
