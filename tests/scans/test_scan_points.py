"""The points of a scan as people write them, and the line through them."""

from __future__ import annotations

import csv
import io
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.charts.contour import crossing_edges, lines, near, sigma_of
from recast.errors import InputError
from recast.scans.passes import coarse, middles, refined
from recast.scans.points import parse_points, point_key
from recast.workflow.pointwise import stage_of_point

names = st.text("abcdefgh_", min_size=1, max_size=6)
numbers = st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6, allow_nan=False)


@given(st.lists(names, min_size=1, max_size=4, unique=True), st.data())
def test_a_table_is_read_as_it_was_written(header: list[str], data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.lists(numbers, min_size=len(header), max_size=len(header)), min_size=1, max_size=9))
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    found = parse_points(text.getvalue(), "points.csv", is_table=True)
    wanted = {point_key(dict(zip(header, row, strict=True))) for row in rows}
    assert {point_key(point) for point in found} == wanted
    assert len(found) == len(wanted)


def test_a_map_of_lists_is_a_grid() -> None:
    found = parse_points("x: [1, 2]\ny: [10, 20, 30]\nevents: 100\n", "grid.yml", is_table=False)
    assert len(found) == 6
    assert found[1] == {"x": 1, "y": 20, "events": 100}


def test_a_list_of_words_has_one_column() -> None:
    assert parse_points("[a, b, a]", "points.yml", is_table=False) == [{"point": "a"}, {"point": "b"}]


@pytest.mark.parametrize("text", ["name;xsec\nT5HH_1800;1.6D-01\n", "# of Excel\nname;xsec\nT5HH_1800;0.16\n"])
def test_tables_of_other_countries_and_languages(text: str) -> None:
    assert parse_points(text, "grid.csv", is_table=True) == [{"name": "T5HH_1800", "xsec": 0.16}]


def test_equal_masses_are_one_point() -> None:
    assert point_key({"m": 500}) == point_key({"m": 500.0})
    assert point_key({"m": 500}) != point_key({"m": "500"})


@pytest.mark.parametrize(
    ("text", "table", "what"),
    [
        ("", True, "no points"),
        ("x,y\n", True, "no points"),
        ("x,x\n1,2\n", True, "twice"),
        ("x,y\n1\n", True, "1 value under 2 columns"),
        ("x\nnan\n", True, "nan"),
        ("x\ninf\n", True, "inf"),
        ("- {x: 1}\n- {y: 1}\n", False, "other columns"),
        ("just words", False, "not a list"),
        ("x: [1, 2\n", False, "YAML"),
        ("".join(f"{name}: {list(range(100))}\n" for name in "abc"), False, "more than"),
    ],
)
def test_points_that_cannot_be_read(text: str, table: bool, what: str) -> None:
    with pytest.raises(InputError) as problem:
        parse_points(text, "here", is_table=table)
    assert what in f"{problem.value.what} {problem.value.why}"
    assert "here" in problem.value.where


@given(st.floats(0, 1))
def test_more_excluded_is_more_sigma(cls: float) -> None:
    assert -8 <= sigma_of(cls) <= 8
    assert sigma_of(cls) >= sigma_of(min(1.0, cls + 0.01))


def grid(radius: float, step: int = 100) -> list[tuple[float, float, float]]:
    """CLs falls towards the origin; it is 0.05 at the radius."""
    level = sigma_of(0.05)
    return [
        (float(x), float(y), level + (radius - math.hypot(x, y)) / 100)
        for x in range(0, 1001, step)
        for y in range(0, 1001, step)
    ]


@pytest.mark.parametrize("radius", [333.0, 512.0, 777.0])
def test_the_line_lies_where_cls_is_one_in_twenty(radius: float) -> None:
    found = lines(grid(radius), sigma_of(0.05))
    assert len(found) == 1
    assert all(abs(math.hypot(x, y) - radius) < 5 for x, y in found[0])


@pytest.mark.parametrize("points", [[], [(0.0, 0.0, 1.0)], [(float(x), 0.0, float(x)) for x in range(5)]])
def test_too_few_points_have_no_line(points: list[tuple[float, float, float]]) -> None:
    assert lines(points, 0.5) == []
    assert crossing_edges(points, 0.5) == []


def test_points_near_the_line_are_found() -> None:
    known = grid(500, step=250)
    candidates = [(x, y) for x in range(0, 1001, 125) for y in range(0, 1001, 125)]
    found = {candidates[index] for index in near(known, candidates, sigma_of(0.05))}
    assert (500, 125) in found or (375, 375) in found
    assert (0, 0) not in found
    assert (1000, 1000) not in found


def test_a_second_pass_halves_the_distance() -> None:
    points = [{"x": x, "y": y, "model": "m"} for x in range(0, 1001, 125) for y in range(0, 1001, 125)]
    first = coarse(points, ["x", "y"])
    assert len(first) == 25
    left = [point for point in points if point not in first]
    second = refined(grid(500, step=250), left, ["x", "y"])
    assert 0 < len(second) < len(left)
    between = middles(grid(500, step=250), ["x", "y"], {"model": "m"})
    assert all(point["model"] == "m" for point in between)
    assert min(abs(math.hypot(point["x"], point["y"]) - 500) for point in between) < 125


def test_stages_of_a_point() -> None:
    assert stage_of_point("gather", 3) == "point[3].gather"
    assert stage_of_point("a, b[*].c", 0) == "point[0].a,point[0].b[*].c"
