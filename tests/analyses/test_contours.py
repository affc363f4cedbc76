"""A line of exclusion is drawn where points carry it, and nowhere else."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from tests.analyses.squarks import scripts
from tests.conftest import ROOT

FOLDER = ROOT / "specs/atlas-susy-2018-31/1.0.0/files/scripts"
STEP = (100.0, 100.0)


@pytest.fixture(scope="module")
def contours() -> Iterator[ModuleType]:
    with scripts(FOLDER, "contours") as (module,):
        yield module


def grid(value: Callable[[int, int], float], size: int = 6) -> list[tuple[float, float, float]]:
    return [(100.0 * x, 100.0 * y, value(x, y)) for x, y in itertools.product(range(size), repeat=2)]


def test_a_straight_line_through_a_full_grid_lies_where_it_must(contours: ModuleType) -> None:
    found = contours.contour(grid(lambda x, y: 2.5 - x), 0.0, STEP)
    (line,) = found.lines
    assert {x for x, _ in line} == {250.0}
    assert (min(y for _, y in line), max(y for _, y in line)) == (0.0, 500.0)
    assert found.why == ""


def test_a_closed_line_ends_where_it_begins(contours: ModuleType) -> None:
    (line,) = contours.contour(grid(lambda x, y: 2.0 - abs(x - 2.5) - abs(y - 2.5)), 0.0, STEP).lines
    assert line[0] == line[-1]
    assert len(line) > 6


def test_three_points_and_six_on_one_side_give_no_line(contours: ModuleType) -> None:
    three = [(0.0, 0.0, 1.0), (100.0, 0.0, -1.0), (0.0, 100.0, -1.0)]
    for points in (three, [], [(0.0, 0.0, 1.0)], grid(lambda x, y: 1.0)):
        found = contours.contour(points, 0.0, STEP)
        assert found.lines == ()
        assert "at least 3 on each" in found.why


@pytest.mark.parametrize("inside", [{(2, 2)}, {(2, 2), (2, 3)}])
def test_an_island_of_one_or_two_points_is_no_line(contours: ModuleType, inside: set[tuple[int, int]]) -> None:
    """A fair line on the left, and far from it an island: the line stays, the island is points."""
    left = grid(lambda x, y: 1.0 if x == 0 or (x, y) in inside else -1.0)
    found = contours.contour(left, 0.0, STEP)
    assert len(found.lines) == 1
    assert {x for x, _ in found.lines[0]} == {50.0}
    assert "fewer than 3" in found.why


def test_an_open_wedge_at_the_rim_is_no_line(contours: ModuleType) -> None:
    found = contours.contour(grid(lambda x, y: 1.0 if x == 0 or (x, y) in {(5, 0), (5, 1)} else -1.0), 0.0, STEP)
    assert [{x for x, _ in line} for line in found.lines] == [{50.0}]


def test_no_line_goes_where_nobody_looked(contours: ModuleType) -> None:
    """A band of the grid is missing: the two halves are not joined over the gap."""
    points = [point for point in grid(lambda x, y: 2.5 - x, 8) if point[1] not in (300.0, 400.0)]
    lines = contours.contour(points, 0.0, STEP).lines
    assert len(lines) == 2
    assert all(not 200.0 < y < 500.0 for line in lines for _, y in line)
    whole = contours.contour(points, 0.0, (100.0, 300.0)).lines
    assert len(whole) == 1
    far = contours.contour([(3 * x, 3 * y, value) for x, y, value in points], 0.0, STEP)
    assert far.lines == ()
    assert "within a step" in far.why


def test_two_values_at_one_place_carry_nothing(contours: ModuleType) -> None:
    found = contours.contour([*grid(lambda x, y: 2.5 - x), (0.0, 0.0, -3.0)], 0.0, STEP)
    assert (found.lines, found.why) == ((), "two values at one place")


def test_all_points_on_one_line_span_no_plane(contours: ModuleType) -> None:
    row = [(100.0 * x, 50.0 * x, 2.5 - x) for x in range(6)]
    assert contours.contour(row, 0.0, STEP).lines == ()


def limit(x: int, y: int, cls: float | None, **more: Any) -> dict[str, Any]:
    expected = None if cls is None else [cls] * 5
    return {"point": {"a": 100.0 * x, "b": 100.0 * y}, "cls_obs": cls, "cls_exp": expected, **more}


def test_limits_without_a_verdict_carry_no_line(contours: ModuleType) -> None:
    full = [limit(x, y, 0.001 if x < 3 else 0.5) for x, y in itertools.product(range(6), repeat=2)]
    assert all(found.lines for found in contours.of_limits(full, ("a", "b"), STEP).values())
    none = [{**one, "cls_obs": None, "cls_exp": None} for one in full]
    undecided = [{**one, "undecided": "more events"} for one in full]
    for limits in (none, undecided):
        assert not any(found.lines for found in contours.of_limits(limits, ("a", "b"), STEP).values())


def test_the_table_names_curve_slice_and_reason(contours: ModuleType) -> None:
    full = [limit(x, y, 0.001 if x < 3 else 0.5) for x, y in itertools.product(range(6), repeat=2)]
    planes = {
        "one": contours.of_limits(full, ("a", "b"), STEP),
        "two": contours.of_limits(full[:3], ("a", "b"), STEP),
    }
    table = contours.table(planes, ("a", "b"))
    assert [column["name"] for column in table["columns"]] == ["curve", "part", "a", "b", "slice"]
    assert {row[4] for row in table["rows"]} == {"one"}
    assert {row[0] for row in table["rows"]} == {"observed", "expected", "expected -1 sigma", "expected +1 sigma"}
    assert any(note.startswith("two, observed: 3 points on the one side") for note in table["notes"])
    assert "spans" not in str(table["notes"])
    assert contours.table({}, ())["notes"] == ["the signals span no plane, so there is no contour"]
