"""What a scan is drawn against, what stands in one plane, and which lines its points carry."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from recast.charts.contour import lines, sigma_of
from recast.errors import InputError
from recast.paths import places as places_of_this_user
from recast.scans.answers import as_csv, best
from recast.scans.axes import choose_axes, column_of, panels
from recast.scans.declared import Declared
from recast.scans.lines import lines_results
from recast.scans.lists import inputs_of
from recast.scans.picture import draw, drawing
from recast.scans.points import parse_points
from recast.scans.record import Answer, ScanRecord

LEVEL = sigma_of(0.05)
PLANE = Declared(planes=(("m_a_gev", "m_b_gev"),))


def answer(columns: dict[str, Any], cls: float | None, more: dict[str, Any] | None = None, **own: Any) -> Answer:
    """A point, and a limit with what the analysis says of it in `more`."""
    limit = {
        "name": "limit", "type": "limit", "point": {**columns, **(more or {})}, "cls_obs": cls, "verdict": "",
        "cls_exp": None if cls is None else [cls] * 5, "mu_ul_obs": None, "mu_ul_exp": None,
        "excluded": None if cls is None else cls < 0.05, **own,
    }  # fmt: skip
    return Answer(columns, json.dumps([columns, more]), "r-1", [limit])


def record(answers: list[Answer], axes: tuple[str, ...] = ()) -> ScanRecord:
    return ScanRecord("s-1", 0.0, "plane-1", "1.0.0", "sha256:0", [], answers, asked_axes=list(axes))


def spectra(count: int = 4) -> list[Answer]:
    masses = [(1000.0 + 200 * i, 100.0 * (i % 2)) for i in range(count)]
    return [
        answer({"slha": f"p{i}.slha", "xsec_fb": 9.0 / a}, 0.01 * i,
               {"m_squark_gev": a, "m_neutralino_gev": b, "region": f"SR{i}"})
        for i, (a, b) in enumerate(masses)
    ]  # fmt: skip


def test_files_are_drawn_against_what_their_results_say() -> None:
    assert choose_axes(spectra(), (), Declared()).names == ("m_squark_gev", "m_neutralino_gev")
    (panel,) = panels(spectra(), ("m_squark_gev", "m_neutralino_gev"), Declared())
    assert panel.held == ""  # neither the file nor its cross section makes a slice


def test_lists_are_drawn_against_the_masses_not_against_rows() -> None:
    found = parse_points('masses,process\n"[1000, 0]",squark\n"[1200, 0]",squark\n', "p.csv", is_table=True)
    assert found == [{"masses[0]": a, "masses[1]": 0, "process": "squark"} for a in (1000, 1200)]
    answers = [answer(dict(point), 0.01, {"m_squark_gev": point["masses[0]"]}) for point in found]
    assert choose_axes(answers, (), Declared()).names == ("m_squark_gev",)
    assert column_of("m_squark_gev", answers) == "masses[0]"


def test_nothing_that_varies_is_a_table_with_a_reason() -> None:
    chosen = choose_axes([answer({"slha": f"p{i}.slha"}, 0.1) for i in range(3)], (), Declared())
    assert not chosen.names and "no number tells the points apart" in chosen.why
    many = [answer({"a": i, "b": i * i, "c": -i, "events": i}, 0.1) for i in range(3)]
    assert "a, b, c" in choose_axes(many, (), Declared()).why
    assert choose_axes(many, ("a", "c"), Declared()).names == ("a", "c")
    chosen = choose_axes(many, ("a", "mass"), Declared())
    assert not chosen.names and "mass is not a number of the points" in chosen.why


def test_declared_axes_come_before_others_and_kinds_of_points_are_apart() -> None:
    declared = Declared(planes=(("m_squark_gev", "m_n_gev"), ("m_gluino_gev", "m_n_gev")))
    answers = [
        answer({"i": i}, 0.1, {f"m_{kind}_gev": i, "m_n_gev": 1}) for kind in ("squark", "gluino") for i in (1, 2)
    ]
    assert choose_axes(answers, (), declared).names == ("m_squark_gev", "m_n_gev")
    assert [panel.axes[0] for panel in panels(answers, declared.planes[0], declared)] == [
        "m_squark_gev",
        "m_gluino_gev",
    ]


def grid_of(model: str, shift: int) -> list[Answer]:
    return [
        answer({"model": model, "m_a_gev": a, "m_b_gev": b}, 0.001 if math.hypot(a, b) < 500 + shift else 0.5)
        for a in range(0, 1001, 200) for b in range(0, 1001, 200)
    ]  # fmt: skip


def test_slices_are_never_in_one_plane() -> None:
    found = panels([*grid_of("x", 0), *grid_of("y", 300)], ("m_a_gev", "m_b_gev"), PLANE)
    assert [panel.held for panel in found] == ["model = x", "model = y"]
    masses = [(a, b, c) for a in (1000, 1100) for b in (200, 400, 600) for c in (60, b - 130)]
    answers = [answer({"name": f"{a}_{b}_{c}"}, 0.1, {"m_a_gev": a, "m_b_gev": b, "m_c_gev": c}) for a, b, c in masses]
    declared = Declared(planes=PLANE.planes, slices=("m_c_gev", "m_b_gev - m_c_gev"))
    found = panels(answers, ("m_a_gev", "m_b_gev"), declared)
    assert [(panel.held, len(panel.answers)) for panel in found] == [
        ("m_c_gev = 60", 6), ("m_b_gev - m_c_gev = 130", 6),
    ]  # fmt: skip


def test_regions_at_one_place_are_one_point_there() -> None:
    regions = [
        answer({"name": f"Region{r}/x", "m_a_gev": 1, "m_b_gev": 2}, cls)
        for r, cls in zip("ABC", (0.5, 0.1, 0.9), strict=True)
    ]
    (panel,) = panels(regions, ("m_a_gev", "m_b_gev"), PLANE)
    assert [best(it)["cls_obs"] for it in panel.answers] == [0.1]
    assert drawing(record(regions), PLANE).left_out.startswith("2 of 3 points are not in the plot")


def plane_of(rows: list[str], step: float = 100.0) -> list[tuple[float, float, float]]:
    """A picture of points, top row first: `x` excluded, `o` not, a blank for no point."""
    return [
        (column * step, (len(rows) - row) * step, LEVEL + (1.0 if mark == "x" else -1.0))
        for row, text in enumerate(rows) for column, mark in enumerate(text) if mark != " "
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        (["xo", "x "], 0),  # three points carry nothing
        (["ooo", "oxo", "ooo"], 0),  # an island of one point
        (["ooo", "ooo", "xoo"], 0),  # an open wedge at a corner
        (["ooooo", "ooooo", "xxooo", "xxooo"], 1),
        (["xxxx", "xxxx", "ooxx", "ooxx"], 1),
        (["ooooooo", "xxxoooo", "xxxooxo"], 1),  # the island beside a line that is carried
        (["xxx    ooo", "xxx    ooo", "xxx    ooo"], 0),  # a gap that nobody looked into
    ],
)
def test_a_line_is_drawn_only_where_points_carry_it(rows: list[str], count: int) -> None:
    assert len(lines(plane_of(rows), LEVEL)) == count
    assert len(lines(plane_of(rows), LEVEL, (100.0, 100.0))) == count


def test_no_triangle_is_longer_than_the_declared_step() -> None:
    points = plane_of(["xxooo", "xxooo", "xxooo"])
    assert lines(points, LEVEL, (100.0, None))
    assert not lines(points, LEVEL, (99.0, None))
    (line,) = lines(points, LEVEL)
    assert all(abs(x - 150.0) < 1e-9 for x, _ in line)


def test_an_undecided_point_carries_no_line_and_the_expected_one_decides_which_region_counts() -> None:
    two = answer({"a": 1}, 0.5)
    two.limits.append({**two.limits[0], "cls_obs": 0.001, "cls_exp": [0.6] * 5})
    assert best(two)["cls_obs"] == 0.5
    without = [{**two.limits[0], "cls_exp": None, "cls_obs": value} for value in (0.5, 0.001)]
    assert best(Answer({}, "k", "r", without))["cls_obs"] == 0.5
    bounds = answer({"a": 1}, None, xsec_ul_obs_fb=3.0, xsec_ul_exp_fb=[1, 2, 3, 4, 5])
    assert best(bounds)["xsec_ul_obs_fb"] == 3.0


@pytest.mark.parametrize(
    ("point", "found"),
    [
        ({"masses[0]": 1, "masses[1]": 2, "note": "x"}, {"masses": [1, 2]}),
        ({"m_a_gev": 1, "m_b_gev": 2}, {"masses": [1, 2]}),
        ({"masses": [3, 4], "m_a_gev": 1, "m_b_gev": 2}, {"masses": [3, 4]}),
        ({"events": 5}, {"events": 5}),
        ({"name": "p", "xsec_fb": 3.0}, {"xsecs_fb": [3.0]}),
    ],
)
def test_columns_become_inputs(point: dict[str, Any], found: dict[str, Any]) -> None:
    columns = {"masses": ("m_a_gev", "m_b_gev"), "xsecs_fb": ("xsec_fb",)}
    assert inputs_of(point, ("masses", "events", "xsec_fb"), columns) == found


@pytest.mark.parametrize("point", [{"masses[1]": 2}, {"masses[0]": 1, "masses": [1]}])
def test_a_list_with_a_gap_or_given_twice_is_refused(point: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        inputs_of(point, ("masses",), {})


def test_pictures_of_each_kind(tmp_path: Path) -> None:
    bounds = [answer({"m_a_gev": a}, None, xsec_ul_obs_fb=3.0 + a, xsec_ul_exp_fb=[1, 2, 3, 4, 5]) for a in (1, 2)]
    for number, answers in enumerate((spectra(), [*grid_of("$x", 0), *grid_of("y_^{", 200)], bounds, [bounds[0]])):
        (tmp_path / str(number)).mkdir()
        what = drawing(record(answers), Declared())
        if len(answers) > 1:
            assert draw(what, record(answers), Declared(), ["13 TeV"], tmp_path / str(number))[0].stat().st_size > 9000
    nothing = record([answer({"slha": f"{i}"}, 0.1) for i in range(3)])
    (tmp_path / "scan.png").write_bytes(b"of an earlier time")
    assert draw(drawing(nothing, Declared()), nothing, Declared(), [], tmp_path) == []
    assert not (tmp_path / "scan.png").exists()


def test_three_points_draw_no_line_and_the_paper_keeps_its_own_plane() -> None:
    three = [answer({"m_a_gev": a, "m_b_gev": b}, c) for a, b, c in ((0, 0, 0.001), (500, 0, 0.3), (0, 500, 0.4))]
    what = drawing(record(three), PLANE)
    assert what.panels[0][1] == {}
    mixed = record([*grid_of("x", 0), *grid_of("y", 300)])
    mixed.published = [[(0.0, 1.0), (1.0, 0.0)]]
    assert drawing(mixed, PLANE).published == ()
    alone = record(grid_of("x", 0))
    alone.published = mixed.published
    assert drawing(alone, PLANE).published == mixed.published
    alone.asked_axes = ["m_b_gev", "m_a_gev"]
    assert drawing(alone, PLANE).published == ()


def test_every_point_a_slice_of_its_own_is_no_picture() -> None:
    answers = [answer({"m_a_gev": i, "m_b_gev": i, "m_c_gev": -i, "m_d_gev": i * i}, 0.1) for i in range(4)]
    assert "slice of its own" in drawing(record(answers), PLANE).axes.why


def test_lines_of_a_scan_are_tables_one_a_panel(home: Path) -> None:
    places = places_of_this_user()
    folder = places.state_dir / "scans" / "s-1"
    own = record(grid_of("x", 0))
    own.runs, own.axes = ["r-1"], ["m_a_gev", "m_b_gev"]
    own.save(folder)
    curves = {"observed": [[(0.0, 1.0), (1.0, 0.0)]]}
    panel = {"axes": own.axes, "held": "model = x", "contours": curves}
    content = {"axes": own.axes, "contours": {}, "published": [], "panels": [panel, panel]}
    (folder / "contour.json").write_text(json.dumps(content))
    first, second = lines_results(places, "r-1")
    assert first["rows"] == [["observed", 0, 0.0, 1.0], ["observed", 0, 1.0, 0.0]]
    assert "model = x" in first["title"] and second["name"] == "scan_contour_2"
    (folder / "contour.json").write_text(json.dumps({"axes": own.axes, "contours": curves}))
    assert len(lines_results(places, "r-1")) == 1
    assert lines_results(places, "r-2") == []


@pytest.mark.parametrize("far", [1e308, -1e308, 1e150, 10**300])
@pytest.mark.parametrize("axes", [("m_a_gev", "m_b_gev"), ("m_a_gev",)])
def test_a_point_that_cannot_be_drawn_leaves_the_others_drawn(
    tmp_path: Path, far: float, axes: tuple[str, ...]
) -> None:
    near = [(a, b) for a in (100, 200, 300) for b in (1, 2, 3)]
    places = near if len(axes) == 2 else [(a, 1) for a, _ in near[::3]]
    own = {"mu_ul_obs": 1.7e308, "mu_ul_exp": [1.7e308] * 5}
    answers = [answer({"m_a_gev": a, "m_b_gev": b}, 0.01 * i, **own) for i, (a, b) in enumerate(places)]
    absurd = [answer({"m_a_gev": sign * far, "m_b_gev": 1}, 0.01) for sign in (1, -1)]
    what = drawing(record([*answers, *absurd], axes), PLANE)
    assert draw(what, record([], axes), PLANE, [], tmp_path)
    assert "2 of" in what.left_out
    nothing = drawing(record(absurd, axes), PLANE)
    assert not nothing.panels and "can be drawn" in nothing.axes.why


def test_limits_that_cannot_be_drawn_are_left_out(tmp_path: Path) -> None:
    said = [(1.5, 2.0), (1.7e308, 1.7e308), (2.5, 1.7e308)]
    answers = [
        answer({"m_a_gev": 100 * i}, None, {"xsec_fb": ul}, excluded=False, mu_ul_obs=ul, mu_ul_exp=[exp] * 5)
        for i, (ul, exp) in enumerate(said)
    ]
    assert draw(drawing(record(answers), Declared()), record(answers), Declared(), [], tmp_path)


def test_a_table_holds_nothing_that_a_terminal_would_obey() -> None:
    hostile = "\x1b]0;owned\x07\n=1"
    failed = Answer({"m": 1, "name": hostile}, "k", "r-1", [], reason=f"no {hostile}")
    table = as_csv([answer({"m": 2, "name": "p"}, 0.1, {hostile: hostile}), failed])
    assert "\x1b" not in table and "\\u001b]0;owned" in table and len(table.splitlines()) == 3
