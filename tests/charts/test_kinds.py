"""What each kind of chart draws, from real results and from such as are easily got wrong."""

from __future__ import annotations

import math
from typing import Any

import pytest

from recast.charts import Spot, beside, contours_of, cutflow_of, limits_of, plane_of, point_of, regions_of
from recast.charts.contour import lines, sigma_of
from recast.charts.kinds import placed as placed_kind
from recast.charts.kinds import plane as plane_kind
from recast.charts.kinds.regions import poisson_errors
from recast.charts.model import Band, Figure, Level, Line, Marks
from recast.charts.table import as_csv, as_json, lines_table
from tests.charts.real import AXES, LABELS, STEP, figures, growing, plane_spots


def kinds(figure: Figure) -> list[str]:
    return [series.kind for panel in figure.panels for series in panel.series]


def marks(figure: Figure, kind: str) -> list[Any]:
    return [
        it for panel in figure.panels for s in panel.series if isinstance(s, Marks) and s.kind == kind for it in s.marks
    ]


def limit(cls: float | None, **more: Any) -> dict[str, Any]:
    expected = None if cls is None else [cls / 4, cls / 2, cls, 2 * cls, 4 * cls]
    return {"type": "limit", "point": {}, "cls_obs": cls, "cls_exp": expected, "excluded": cls and cls < 0.05, **more}


def test_a_plane_has_every_point_and_the_lines_of_the_contour() -> None:
    figure = plane_of(plane_spots(), AXES, labels=LABELS, step=STEP)
    assert len(marks(figure, "excluded")) == 77 and len(marks(figure, "allowed")) == 48
    assert {"contour", "expected", "expected-1"} <= set(kinds(figure))
    triples = [(float(s.coordinates[AXES[0]]), float(s.coordinates[AXES[1]]), sigma_of(s.limit["cls_obs"]))
               for s in plane_spots() if s.limit]  # fmt: skip
    (drawn,) = [it.points for it in figure.panels[0].series if isinstance(it, Line) and it.kind == "contour"]
    assert [list(drawn)] == lines(triples, sigma_of(0.05), STEP) == contours_of(plane_spots(), AXES, STEP)["observed"]
    assert figure.panels[0].x.label == "m(chargino 1) = m(neutralino 2)" and figure.panels[0].x.unit == "GeV"
    assert len(figure.table.rows) == 125 and figure.notes == ()


def test_a_growing_plane_tells_open_and_failed_points_apart() -> None:
    figure = plane_of(growing(), AXES, step=STEP)
    (failed,) = marks(figure, "failed")
    assert "the fit does not converge" in failed.words
    assert len(marks(figure, "open")) == 65
    assert "1 no answer, 65 not answered yet" in figure.words


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_few_points_carry_no_line_and_the_chart_says_so(count: int) -> None:
    figure = plane_of(plane_spots()[38 : 38 + count], AXES, step=STEP)
    assert not any(isinstance(it, Line) for it in figure.panels[0].series)
    assert figure.panels[0].words == ("too few points for a line" if count > 1 else "")
    assert count == 1 or figure.notes[0].startswith("No line of exclusion")


def test_an_island_beside_a_line_is_shown_as_points_and_told() -> None:
    places = {(x, y): 0.001 if x < 200 else 0.5 for x in range(0, 700, 100) for y in range(0, 400, 100)}
    places[500, 200] = 0.001
    spots = [Spot({"a": x, "b": y}, limit(cls)) for (x, y), cls in places.items()]
    figure = plane_of(spots, ("a", "b"), step=(100.0, 100.0))
    assert "contour" in kinds(figure)
    assert "1 point has too few neighbours with the same verdict to carry a line: shown as points only." in figure.notes


def test_points_at_one_place_are_one_by_expectation_never_by_data() -> None:
    strong, weak = limit(0.01, cls_obs=0.9, excluded=False), limit(0.5, cls_obs=0.001, excluded=True)
    figure = plane_of([Spot({"a": 1, "b": 2}, weak), Spot({"a": 1.0, "b": 2}, strong)], ("a", "b"))
    assert kinds(figure) == ["allowed"]
    assert "1 point of 2 not shown" in figure.notes[0]


def test_many_points_are_thinned_and_the_chart_says_so() -> None:
    spots = [Spot({"a": i % 100, "b": i // 100}, limit(0.001 if i % 100 < 50 else 0.4)) for i in range(10_000)]
    figure = plane_of(spots, ("a", "b"))
    assert sum(len(it.marks) for it in figure.panels[0].series if isinstance(it, Marks)) <= plane_kind.MOST
    assert "1429 of 10,000 points are drawn; lines and table are those of all." in figure.notes
    assert len(figure.table.rows) == 10_000 and "contour" in kinds(figure)


def test_a_plane_without_matplotlib_has_its_points(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: Any) -> None:
        raise ImportError

    monkeypatch.setattr(placed_kind, "lines_by_name", missing)
    figure = plane_of(plane_spots(), AXES)
    assert len(marks(figure, "excluded")) == 77 and "needs matplotlib" in figure.notes[0]


def test_limits_against_an_axis_have_bands_and_bounds() -> None:
    figure = figures()["limits-cls"]
    assert kinds(figure)[:3] == ["band-2", "band-1", "expected"]
    bounds = [it for it in marks(figure, "observed") if it.bound == "below"]
    assert len(bounds) == 14 and {it.y for it in bounds} == {1e-6}
    (level,) = [it for it in figure.panels[0].series if isinstance(it, Level)]
    assert level.y == 0.05


def test_a_cls_of_few_toys_is_a_bound_where_they_end() -> None:
    figure = limits_of([Spot({"m": m}, limit(0.4, cls_obs=0.0, toys=300)) for m in (1, 2)], "m")
    assert {(it.y, it.bound) for it in marks(figure, "observed")} == {(0.01, "below")}


def test_no_line_goes_through_a_point_that_is_undecided_or_missing() -> None:
    found = [limit(0.1), limit(None), limit(0.2, undecided="more toys"), limit(0.3), limit(0.4)]
    figure = limits_of([Spot({"m": m}, it) for m, it in enumerate(found)], "m")
    (line,) = [it for it in figure.panels[0].series if isinstance(it, Line) and it.kind == "observed"]
    assert [math.isnan(y) for _, y in line.points] == [False, True, True, False, False]
    (band,) = [it for it in figure.panels[0].series if isinstance(it, Band) and it.kind == "band-1"]
    assert math.isnan(band.low[1]) and "1 point of 5 not shown" in figure.notes[0]


def test_limits_on_the_cross_section_have_the_signals_and_other_sets_beside() -> None:
    xsec = [{**limit(None), "xsec_ul_obs_fb": 3.0 / m, "xsec_ul_exp_fb": [1, 2, 3, 4, 5], "point": {"xsec_fb": 9 / m}}
            for m in (1, 2)]  # fmt: skip
    spots = [Spot({"m_a_gev": m}, it) for m, it in zip((1, 2), xsec, strict=True)]
    figure = limits_of(spots, "m_a_gev", others={"version 2": spots, "version 3": spots[:1]})
    assert {"theory", "other-1", "other-2"} <= set(kinds(figure)) and "level" not in kinds(figure)
    assert figure.panels[0].y.unit == "fb"


def test_a_point_has_a_panel_for_each_quantity() -> None:
    figure = figures()["point"]
    assert [panel.y.label for panel in figure.panels] == [
        "CL_{s} at μ = 1", "Upper limit on μ at 95% CL", "Upper limit on σ at 95% CL",
    ]  # fmt: skip
    assert len(figure.table.rows) == 3 and figure.table.rows[0][1] == pytest.approx(0.000873688156)
    many = point_of([Spot({}, limit(0.1), words=f"SR{n}") for n in range(50)])
    assert len(many.panels[0].x.names) == 40 and "10 limits of 50 not shown" in many.notes[0]


@pytest.mark.parametrize(("count", "low", "high"), [(0, 0.0, 1.84), (1, 0.83, 2.30), (9, 2.94, 4.11)])
def test_errors_of_counts_are_those_of_a_poisson_mean(count: int, low: float, high: float) -> None:
    """The exact central intervals of 68.3% (Garwood)."""
    assert poisson_errors(count) == pytest.approx((low, high), abs=0.02)


def test_regions_have_data_background_signal_and_a_ratio() -> None:
    figure = figures()["regions"]
    assert [panel.below for panel in figure.panels] == [False, True]
    assert len(marks(figure, "no-data")) == 8  # four regions, in both panels
    assert "4 regions without an observed event" in figure.notes[0]
    lonely = regions_of({"regions": [{"region": "A", "signal": 3.0}]})
    assert kinds(lonely) == ["signal", "bin"]


def test_a_cutflow_says_what_each_cut_keeps() -> None:
    figure = figures()["cutflow"]
    kept = [row[4] for row in figure.table.rows]
    assert kept[0] is None and kept[1] == pytest.approx(1054 / 1331)
    nothing = cutflow_of({"steps": [{"name": "a", "events": 0.0}, {"name": "b", "events": -1.0}]})
    assert nothing.panels[0].series == ()


def test_numbers_of_a_chart_are_rows_for_machines() -> None:
    figure = figures()["plane"]
    document = as_json(figure)
    assert document["columns"][0] == {"name": "m(chargino 1) = m(neutralino 2)", "unit": "GeV"}
    observed = [(x, y) for _, curve, _, x, y in document["lines"] if curve == "contour"]
    assert [observed] == contours_of(plane_spots(), AXES, STEP)["observed"]
    first = as_csv(figure.table).splitlines()
    assert first[0].startswith("m(chargino 1) = m(neutralino 2) [GeV],m(neutralino 1) [GeV],CLs observed")
    assert len(first) == 126
    both = beside("two", [figure, figures()["limits-cls"]])
    assert len(both.panels) == 2 and len(both.table.rows) == 125 + 21
    assert {row[0] for row in lines_table(both).rows} == {0, 1}


def test_a_plane_may_be_one_without_lines_and_says_nothing_of_them() -> None:
    figure = plane_of(plane_spots(), AXES, with_lines=False)
    assert kinds(figure) == ["excluded", "allowed"] and figure.notes == () and figure.panels[0].words == ""
    known = plane_of(plane_spots(), AXES, curves={})
    assert known.panels[0].words == "too few points for a line"
