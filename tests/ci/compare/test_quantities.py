"""Quantities out of results: every type, with pointers that depend on what was asked and not on what came out."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recast.ci.compare import Quantity, Rules, compare, published_values, quantities
from tests.ci.compare.sample import POINT, limit, results, rows
from tests.results.test_results_schemas import EXAMPLES


def by_pointer(found: list[dict[str, Any]], name: str = "demo") -> dict[str, Quantity]:
    return {one.pointer: one for one in quantities(found, name)}


def test_each_number_has_its_pointer() -> None:
    found = by_pointer(results())
    assert found["demo/limit/squark_1600_400/cls_obs"].kind == "cls"
    assert found["demo/limit/squark_1600_400/cls_exp/median"].value == 0.02
    assert (found["demo/limit/squark_1600_400/xsec_ul_obs_fb"].unit, found["demo/cutflow/SR/met"].unit) == (
        "fb",
        "events",
    )
    assert found["demo/limit/squark_1600_400/region"].text == "SR"
    assert found["demo/limit/squark_1600_400/excluded"].text == "excluded"
    met = found["demo/cutflow/SR/met"]
    assert met.raw and met.error and met.value == pytest.approx(met.raw * 0.25)
    assert found["demo/yields/squark_1600_400/SR/observed"].kind == "given"
    assert found["demo/efficiency/squark_1600_400/SR"].kind == "efficiency"
    assert not any(pointer.startswith("demo/p") for pointer in found)  # plots are no numbers


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_every_type_of_result_is_read(kind: str) -> None:
    found = quantities([{"name": "x", "type": kind, **EXAMPLES[kind]}], "run")
    assert bool(found) is (kind not in ("file", "plot"))
    assert all(one.pointer.startswith("run/x") and one.run == "run" for one in found)


def test_a_type_that_nobody_knows_is_named() -> None:
    (one,) = quantities([{"name": "x", "type": "spectrum"}], "run")
    assert (one.kind, one.text) == ("word", "results of type spectrum are not compared")


def test_the_chosen_region_does_not_name_the_point() -> None:
    other = limit(point={**POINT, "region": "another", "xsec_fb": 1.3})
    assert by_pointer([limit()]).keys() == by_pointer([other]).keys()


def test_names_come_first_and_no_two_pointers_are_the_same() -> None:
    named = [limit(point={"name": f"RegionA/sbottom_{i}", "m_gev": i}) for i in (1, 2)]
    assert "demo/limit/RegionA/sbottom_2/cls_obs" in by_pointer(named)
    twice = quantities([limit(), limit(), limit(point={**POINT, "region": "B"})], "demo")
    assert len({one.pointer for one in twice}) == len(twice)
    assert {"demo/limit/squark_1600_400/B/cls_obs", "demo/limit/squark_1600_400/SR#2/cls_obs"} <= {
        one.pointer for one in twice
    }


def test_a_slash_in_a_cut_is_no_part_of_the_pointer() -> None:
    cut = {"name": "MET/sqrt(HT) > 16", "events": 1.0}
    (one,) = quantities([{"name": "c", "type": "cutflow", "region": "R", "steps": [cut]}], "demo")
    assert one.pointer == "demo/c/R/MET:sqrt(HT) > 16"


def test_strangers_names_are_one_visible_line() -> None:
    cut = {"name": "cut\n| x |\u202e", "events": 1.0}
    (one,) = quantities([{"name": "c", "type": "cutflow", "region": "R", "steps": [cut]}], "demo")
    assert one.pointer == "demo/c/R/cut | x |\\u202e"


def test_the_size_of_the_sample_follows_from_an_efficiency() -> None:
    assert by_pointer(results())["demo/yields/squark_1600_400/MB/bin0/signal"].generated == 4000
    without = [one for one in results() if one["type"] != "efficiency"]
    found = by_pointer(without)["demo/cutflow/SR/met"]
    assert (found.sample, found.generated) == (
        "events before the first cut",
        by_pointer(without)["demo/cutflow/SR/preselection"].raw,
    )


def test_yields_and_efficiencies_know_the_events_of_their_cutflow() -> None:
    found = by_pointer(results())
    raw = found["demo/cutflow/SR/met"].raw
    assert found["demo/yields/squark_1600_400/SR/signal"].raw == raw
    assert found["demo/efficiency/squark_1600_400/SR"].raw == raw
    assert found["demo/yields/squark_1600_400/MB/bin0/signal"].raw is None


def test_limits_have_the_error_of_the_signal() -> None:
    found = by_pointer(results())
    signal = found["demo/yields/squark_1600_400/SR/signal"]
    assert signal.error and signal.value
    share = signal.error / signal.value
    mu, cls = found["demo/limit/squark_1600_400/mu_ul_obs"], found["demo/limit/squark_1600_400/cls_obs"]
    assert mu.error == pytest.approx(0.8 * share)
    assert cls.error == pytest.approx(2.0 * 0.031 * -math.log(0.031) * share)
    assert "signal's Monte Carlo error" in cls.error_from


def test_an_error_that_a_limit_states_is_taken() -> None:
    found = by_pointer(results(cls_obs_mc=[0.041, 0.021]))["demo/limit/squark_1600_400/cls_obs"]
    assert (found.error, found.error_from) == (pytest.approx(0.01), "")


def test_pseudo_experiments_have_an_error_too() -> None:
    alone = by_pointer([limit(toys=1000)])["demo/limit/squark_1600_400/cls_exp/plus1sigma"]
    assert (alone.error, alone.error_from) == (
        pytest.approx(math.sqrt(0.1 * 0.9 / 1000)),
        "from 1,000 pseudo-experiments",
    )
    both = by_pointer(results(toys=1000))["demo/limit/squark_1600_400/cls_exp/plus1sigma"]
    plain = by_pointer(results())["demo/limit/squark_1600_400/cls_exp/plus1sigma"]
    assert both.error == pytest.approx(math.hypot(alone.error or 0.0, plain.error or 0.0))
    assert both.error_from.startswith("from 1,000 pseudo-experiments and from the signal's")


def test_a_point_says_the_error_of_its_signal() -> None:
    found = by_pointer([limit(point={"m_gev": 1, "signal_events": 10.0, "signal_error": 1.0})])
    assert found["demo/limit/1/mu_ul_obs"].error == pytest.approx(0.08)


def test_bins_of_yields_are_a_histogram() -> None:
    found = by_pointer(results())["demo/yields/squark_1600_400/MB/signal"]
    assert (found.kind, [one.name for one in found.bins]) == ("histogram", [f"bin{i}" for i in range(5)])
    assert [it.pointer for it in quantities(results(), "demo") if it.kind == "histogram"] == [found.pointer]


def test_a_table_of_bins_is_a_histogram() -> None:
    spectrum = rows(["low", "high", "events", "events_error", "raw"], [0, 100, 5.0, 1.0, 25], [100, 200, 3.0, 0.8, 14])
    (one,) = quantities([spectrum], "demo")
    assert (one.pointer, one.kind) == ("demo/table/events", "histogram")
    assert [(it.low, it.high, it.value, it.error, it.raw) for it in one.bins] == [
        (0.0, 100.0, 5.0, 1.0, 25),
        (100.0, 200.0, 3.0, 0.8, 14),
    ]


def test_a_table_of_curves_is_contours() -> None:
    table = rows(
        ["curve", "part", "x", "y", "slice"], ["obs", 0, 1.0, 2.0, "s"], ["obs", 0, 3.0, 4.0, "s"], ["exp", 0, 1, 1, ""]
    )
    found = by_pointer([table])
    assert found["demo/table/s/obs"].lines == (((1.0, 2.0), (3.0, 4.0)),)
    assert found["demo/table/exp"].value == 1.0


def test_cells_of_a_table_have_their_errors_counts_and_words() -> None:
    table = rows(
        ["region", "entries", "events", "events_error", "cls_obs", "ok", "note"],
        ["A", 7, 1.5, 0.2, 0.1, True, None],
        ["B", 0, 0.0, 0.0, None, False, "few"],
    )
    found = by_pointer([table])
    assert (found["demo/table/A/entries"].kind, found["demo/table/A/entries"].raw) == ("count", 7)
    assert (found["demo/table/A/events"].error, found["demo/table/A/cls_obs"].kind) == (0.2, "cls")
    assert found["demo/table/B/ok"].text == "False"
    assert found["demo/table/B/note"].text == "few"
    assert found["demo/table/B/cls_obs"].is_missing
    assert "demo/table/A/events_error" not in found


def test_rows_without_names_are_numbered() -> None:
    assert set(by_pointer([rows(["points"], [1], [2])])) == {"demo/table/row#1/points", "demo/table/row#2/points"}
    assert set(by_pointer([rows(["a", "b"], ["x", 1], ["x", 2])])) == {"demo/table/x#1/b", "demo/table/x#2/b"}
    assert quantities([rows(["points"])], "demo") == ()


def test_published_values_find_their_quantities() -> None:
    item = {
        "result": "cutflow",
        "point": {"region": "SR"},
        "quantity": "/steps/1/events",
        "published": 136,
        "source": "s",
    }
    (one,) = published_values(
        [item, {**item, "point": {"region": "none"}}, {**item, "quantity": "/steps/9"}], results(), "demo"
    )
    assert (one.pointer, one.value, one.source) == ("demo/cutflow/SR/meff", 136.0, "s")
    cell = {"result": "table", "point": {}, "quantity": "/rows/0/1", "published": 3.0, "source": "s"}
    assert published_values([cell], [rows(["r", "n"], ["A", 2.0])], "demo")[0].pointer == "demo/table/A/n"


def test_a_limit_brings_published_values_of_its_own() -> None:
    found = by_pointer([limit(published={"cls_obs": 0.03, "xsec_ul_obs_fb": None, "source": "HEPData"})])
    theirs = found["demo/limit/squark_1600_400/cls_obs"].published
    assert theirs is not None and (theirs.value, theirs.source) == (0.03, "HEPData")
    assert found["demo/limit/squark_1600_400/xsec_ul_obs_fb"].published is None


def test_numbers_that_are_none() -> None:
    found = by_pointer([rows(["r", "n"], ["A", float("nan")], ["B", 10**400], ["C", None])])
    assert math.isnan(found["demo/table/A/n"].value or 0.0)
    assert found["demo/table/B/n"].value == math.inf
    assert found["demo/table/C/n"].is_missing


ANY = st.one_of(
    st.floats(), st.sampled_from([0.0, 1.0, 1e-200, 1e300, -1.0, 10**400]), st.none(), st.integers(0, 10**9)
)


@settings(max_examples=200)
@given(numbers=st.lists(ANY, min_size=12, max_size=12), toys=st.sampled_from([None, 1, 1000]))
def test_any_numbers_are_read_and_compared(numbers: list[Any], toys: int | None) -> None:
    a, b, c, d, e, f, g, h, i, j, k, m = numbers
    found = [
        limit(
            cls_obs=a,
            cls_exp=[b] * 5,
            mu_ul_obs=c,
            xsec_ul_obs_fb=d,
            cls_obs_mc=[e, f],
            toys=toys,
            point={"signal_events": g, "signal_error": h},
        ),
        {
            "name": "y",
            "type": "yields",
            "regions": [{"region": f"M/{n}", "signal": g, "signal_error": h} for n in range(3)],
        },
        {"name": "e", "type": "efficiency", "regions": [{"region": "A", "efficiency": i, "error": j}]},
        {
            "name": "c",
            "type": "cutflow",
            "region": "A",
            "steps": [{"name": "s", "events": k, "error": m, "raw": n} for n in (None, 0, 7)],
        },
        rows(["low", "high", "x", "x_error"], [0, 1, a, b], [1, c, d, e]),
        rows(["curve", "part", "x", "y"], ["o", 0, f, g], ["o", 0, h, i]),
    ]
    made = quantities(found, "demo")
    moved = [replace(one, value=one.value * 1.5) if one.value is not None else one for one in made]
    for paired in (True, False):
        assert compare(made, made, paired=paired, rules=Rules()).word in ("passed", "undecided")
        assert compare(made, moved, paired=paired, rules=Rules()).as_json()
