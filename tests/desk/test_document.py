"""What people write, in every form that they may write it, and every fault of it at once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from recast.desk.document import as_document, read_draft, request_document, request_row
from recast.desk.points import MOST_POINTS
from recast.desk.transitions import TRANSITIONS
from recast.errors import InputError
from tests.desk.people import ALICE, CAROL, STRANGER, Desk


def _coordinates(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [dict(point.coordinates) for point in read_draft(document).points]


def test_a_list_a_grid_and_a_csv_say_the_same() -> None:
    said = [{"a": 1, "b": 0.5}, {"a": 1, "b": 2}, {"a": 3, "b": 0.5}, {"a": 3, "b": 2}]
    assert _coordinates({"points": [{"coordinates": it} for it in said]}) == said
    assert _coordinates({"points": said}) == said
    assert _coordinates({"axes": {"a": [1, 3], "b": [0.5, 2]}}) == said
    assert _coordinates({"csv": "a,b\n1,0.5\n1,2\n\n3,0.5\n3,2\n"}) == said


def test_a_grid_may_have_points_beside_it() -> None:
    draft = read_draft({"axes": {"a": [1, 2]}, "points": [{"coordinates": {"a": -1}}]})
    assert draft.axes == ("a",)
    assert [point.coordinates["a"] for point in draft.points] == [1, 2, -1]


def test_columns_of_a_csv_may_be_inputs() -> None:
    (point,) = read_draft({"csv": "mass,inputs.spectrum\n100,upload:sha256:ab\n"}).points
    assert (dict(point.coordinates), dict(point.inputs)) == ({"mass": 100}, {"spectrum": "upload:sha256:ab"})


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ({"titel": "x"}, "there is no `titel`"),
        ({"title": 7}, "`title` is not a text"),
        ({"title": "x" * 301}, "301 characters"),
        ({"title": "a\x1b[31m"}, "invisible character (U+001B)"),
        ({"audience": "friends"}, "`audience` is one of"),
        ({"analysis": "a", "wanted": "b"}, "does not go with"),
        ({"points": {"a": 1}}, "`points` is not a list"),
        ({"points": [3]}, "point 1 is not an object"),
        ({"points": [{"coordinates": [1]}]}, "are objects"),
        ({"points": [{"coordinates": {"a": 1}, "weight": 2}]}, "there is no `weight`"),
        ({"points": [{"coordinates": {"a": [1]}}]}, "neither a number nor a text"),
        ({"points": [{"coordinates": {"a": float("inf")}}]}, "not a finite number"),
        ({"points": [{"coordinates": {"": 1}}]}, "is empty or padded"),
        ({"points": [{"coordinates": {"a": 1}}, {"coordinates": {"a": 1}}]}, "the same as point 1"),
        ({"points": [{"inputs": {"a": [[[[[[[[[1]]]]]]]]]}}]}, "nested too deep"),
        ({"axes": ["a"], "points": [{"coordinates": {"b": 1}}]}, "no coordinate `a`"),
        ({"axes": ["a", "a"]}, "different names"),
        ({"axes": {"a": 3}}, "is not a list of values"),
        ({"axes": {"a": []}}, "is not a list of values"),
        ({"axes": {name: list(range(50)) for name in "abcdefgh"}}, "more than"),
        ({"axes": 3}, "`axes` are at most"),
        ({"csv": "a,a\n1,2\n"}, "different names"),
        ({"csv": "a,b\n1\n"}, "a row has 1 cells"),
        ({"csv": 'a\n"1'}, "`csv`"),
        ({"csv": "a\n" + "\n".join(map(str, range(MOST_POINTS + 2)))}, "more than"),
    ],
)
def test_faults_are_named(document: dict[str, Any], fault: str) -> None:
    with pytest.raises(InputError) as refused:
        read_draft(document)
    assert refused.value.code == "request.invalid"
    assert fault in refused.value.why


def test_all_faults_are_said_at_once() -> None:
    points = [{"coordinates": {"a": None}} for _ in range(3)]
    with pytest.raises(InputError) as refused:
        read_draft({"titel": "x", "audience": "friends", "points": points})
    assert len(refused.value.why.splitlines()) == 5


_TEXTS = some.text(some.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=20)
_SCALARS = (
    some.integers(-(2**53), 2**53) | some.floats(allow_nan=False, allow_infinity=False) | _TEXTS | some.booleans()
)
_NAMES = some.text("abcdefgh_[]0", min_size=1, max_size=8)
_POINTS = some.fixed_dictionaries(
    {"coordinates": some.dictionaries(_NAMES, _SCALARS, min_size=1, max_size=3)},
    optional={"inputs": some.dictionaries(_NAMES, _SCALARS | some.lists(_SCALARS, max_size=3), max_size=3)},
)


@given(some.lists(_POINTS, max_size=5, unique_by=repr), _TEXTS)
def test_what_is_written_again_asks_the_same(points: list[dict[str, Any]], title: str) -> None:
    try:
        desk = Desk().up_to("draft", title=title, points=points)
    except InputError as problem:
        assert "the same as point" in problem.why
        return
    document = as_document(desk.now)
    again = Desk()
    again.do("draft", ALICE, **document)
    assert as_document(again.now) == document
    assert again.now.points == desk.now.points


@given(some.recursive(_SCALARS | some.none(), lambda inner: some.lists(inner) | some.dictionaries(_TEXTS, inner)))
def test_any_document_is_read_or_refused(anything: Any) -> None:
    document = anything if isinstance(anything, dict) else {"points": anything, "axes": anything, "csv": anything}
    try:
        read_draft(document)
    except InputError as problem:
        assert problem.why


def test_the_document_says_of_every_action_whether_it_may_be_done_and_why_not() -> None:
    desk = Desk().up_to("submitted", audience="public")
    for reader in (STRANGER, ALICE, CAROL):
        allowed = request_document(desk.now, reader)["allowed"]
        assert len(allowed) == len({it["action"] for it in allowed}) >= len(TRANSITIONS) - 11
        assert all(it["may"] or it["why"] for it in allowed)
    may = {it["action"]: it for it in request_document(desk.now, CAROL)["allowed"]}
    assert may["accept"]["may"] and not may["release"]["may"]
    assert "submitted" in may["release"]["why"]
    assert {it["why"] for it in request_document(desk.now, STRANGER)["allowed"]} >= {"log in first"}


def test_a_row_counts_points() -> None:
    row = request_row(Desk().up_to("answered").now, CAROL)
    assert row["points"] == {"open": 0, "running": 0, "answered": 3, "failed": 0, "all": 3}
