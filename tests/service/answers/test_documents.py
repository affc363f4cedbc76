"""The documents of answers, from results that are real, and from those that nobody should have to draw."""

from __future__ import annotations

import json
import math
import random
import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.desk.document import request_document
from recast.desk.model import Actor, Answer, Point, Request
from recast.json_types import JsonDict
from recast.scans.declared import Declared, declared_plot
from recast.scans.picture import drawing
from recast.scans.record import Answer as ScanAnswer
from recast.scans.record import ScanRecord
from recast.service.answers.compared import Side, compared_document
from recast.service.answers.document import answers_document
from recast.service.answers.figures import figures_of_answer, figures_of_request
from recast.service.answers.listed import View
from recast.service.answers.point import point_document
from tests.service.answers.plane import AXES, LIMITS, PLOT, results_of

OWNER = Actor("ada")
DECLARED = declared_plot(PLOT)
ALL = View()


def answer(results: list[Any], number: int = 1, **given: Any) -> Answer:
    plain = {"authority": "automatic", "state": "released", "by": "ada", "at": "2026-01-01T00:00:00Z"}
    about = {"analysis": "atlas-x", "version": "1.0.0", "digest": "sha256:1", "results": tuple(results)}
    return Answer(f"a{number}", **{**plain, **about, **given})


def asked(points: list[Point], **given: Any) -> JsonDict:
    request = Request(
        "q1", 1, "released", "ada", "public", analysis="atlas-x", analysis_version="1.0.0", points=tuple(points)
    )
    return request_document(replace(request, **given), OWNER)


def point(number: int, coordinates: dict[str, Any], *answers: Answer, state: str = "answered") -> Point:
    return Point(f"p{number}", coordinates, state=state, answers=answers)


def of_limits(limits: list[dict[str, Any]]) -> JsonDict:
    found = []
    for number, limit in enumerate(limits, 1):
        where = {axis: limit["point"][axis] for axis in AXES if axis in limit["point"]}
        found.append(point(number, where, answer(results_of(limit), number)))
    return asked(found, axes=AXES)


def told(request: JsonDict, view: View = ALL, declared: Declared = DECLARED) -> JsonDict:
    found = answers_document(request, declared, view)
    json.dumps(found, allow_nan=False)
    for figure in figures_of_request(found):
        assert figure.panels
    return found


def test_the_contour_is_that_of_a_scan_to_the_last_digit_in_whatever_order() -> None:
    columns = ("name", *AXES)
    answers = [ScanAnswer({key: it["point"][key] for key in columns}, it["point"]["name"], "r", [it]) for it in LIMITS]
    record = ScanRecord("s", 0.0, "a", "1.0.0", "d", list(AXES), answers)
    ((_, scanned),) = drawing(record, DECLARED).panels
    assert len(scanned["observed"][0]) > 10
    for seed in range(5):
        limits = random.Random(seed).sample(LIMITS, len(LIMITS))
        (chart,) = told(of_limits(limits))["charts"]
        assert chart["contours"] == scanned and chart["axes"] == list(AXES)


def test_the_published_line_is_beside_it_and_says_what_it_is_made_of() -> None:
    (chart,) = told(of_limits(LIMITS))["charts"]
    assert len(chart["published"][0]) > 10 and "published limits at these points" in chart["published_how"]
    (carried,) = told(of_limits(LIMITS), declared=replace(DECLARED, published=("lines", "published")))["charts"]
    assert carried["published"] == chart["published"]  # no result carries one
    rows = [
        ["published", 0, 600.0, 0.0],
        ["published", 0, 700.0, 100.0],
        ["other", 0, 1.0, 1.0],
        ["published", 0, None, 1],
    ]
    table = {"name": "lines", "type": "table", "columns": [{"name": it} for it in "abcd"], "rows": rows}
    found = [point(n, {}, answer([limit, table], n)) for n, limit in enumerate(LIMITS, 1)]
    (carried,) = told(asked(found), declared=replace(DECLARED, published=("lines", "published")))["charts"]
    assert carried["published"] == [[(600.0, 0.0), (700.0, 100.0)]] and "carries it" in carried["published_how"]


def test_a_chart_grows_while_points_come_in() -> None:
    whole = of_limits(LIMITS)
    for number in (0, 1, 8, 30):
        points = [
            {**it, "answers": it["answers"] if at < number else [], "state": "answered" if at < number else "running"}
            for at, it in enumerate(whole["points"])
        ]
        found = told({**whole, "points": points})
        (chart,) = found["charts"]
        assert len(chart["spots"]) == 30 and sum(it["limit"] is not None for it in chart["spots"]) == number
        assert found["verdicts"].get("waiting", 0) == 30 - number
        assert ("observed" in chart["contours"]) == (number == 30)


def test_limits_along_one_axis() -> None:
    row = [it for it in LIMITS if it["point"][AXES[1]] == 100]
    found = told(of_limits(row), View(x=AXES[0]))
    (chart,) = found["charts"]
    assert chart["kind"] == "line" and chart["axes"] == [AXES[0]]
    assert [it["at"][AXES[0]] for it in chart["spots"]] == [600, 650, 700, 750, 800]
    assert chart["spots"][0]["limit"]["xsec_ul_obs_fb"] == row[0]["xsec_ul_obs_fb"]
    (alone,) = told(of_limits(row))["charts"]  # a plane of one value: points, and no line
    assert alone["kind"] == "plane" and alone["contours"] == {}


def test_authorities_stand_apart_and_the_newest_sound_answer_counts() -> None:
    one, other = LIMITS[0], LIMITS[29]
    points = [
        point(1, {"m": 1}, answer([one], 1), answer([other], 2, authority="community"), answer([other], 3)),
        point(2, {"m": 2}, answer([one], 4, authority="community"), answer([other], 5, state="rejected")),
    ]
    found = told(asked(points))
    assert found["authorities"] == [{"authority": "community", "points": 2}, {"authority": "automatic", "points": 2}]
    assert found["authority"] == "community" and [it["answer"] for it in found["items"]] == ["a2", "a4"]
    found = told(asked(points), View(authority="automatic"))
    assert [(it["answer"], it["verdict"]) for it in found["items"]] == [("a3", "allowed"), ("", "waiting")]
    assert told(asked(points), View(authority="nobody"))["authority"] == "community"


def test_the_table_sorts_and_filters_and_has_pages() -> None:
    request = of_limits(LIMITS)
    request["points"].append(
        {**asked([point(31, {"m_chargino_gev": 1}, state="failed")])["points"][0], "reason": "no patch"}
    )
    found = told(request, View(sort="-cls_obs", limit=10))
    values = [it["limit"]["cls_obs"] for it in found["items"]]
    assert values == sorted((it["cls_obs"] for it in LIMITS), reverse=True)[:10] and found["next"] == "10"
    last = told(request, View(sort="-cls_obs", start=30))
    assert [it["verdict"] for it in last["items"]] == ["failed"] and last["next"] is None
    assert told(request, View(verdict="excluded"))["total"] == 18
    assert [it["point"] for it in told(request, View(q="m_neutralino_gev=50 gev=600"))["items"]] == ["p1"]
    assert [it["point"] for it in told(request, View(q="NO PATCH"))["items"]] == ["p31"]
    assert [it["point"] for it in told(request, View(sort="m_chargino_gev"))["items"]][:1] == ["p31"]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None, "0.1", [], {}, True, 10**400])
def test_numbers_that_are_none(value: Any) -> None:
    bad = [{**LIMITS[0], key: value} for key in ("cls_obs", "cls_exp", "mu_ul_obs", "xsec_ul_exp_fb", "point", "notes")]
    bad += [{**LIMITS[0], "cls_exp": [0.1, value, 0.2, 0.3, 0.4], "published": {"cls_obs": value}}]
    bad += [{"type": "limit", "name": "limit", "cls_obs": value}, {"type": "limit"}]
    found = told(asked([point(n, {"m": n, "n": n % 3}, answer([it], n)) for n, it in enumerate([*bad, *LIMITS], 1)]))
    assert found["total"] == len(bad) + 30
    for number, _ in enumerate(bad, 1):
        one = point_document(asked([point(number, {"m": value}, answer([bad[number - 1]], number))]), f"p{number}")
        assert one is not None
        assert list(figures_of_answer(one["answers"][0]))


def test_points_that_coincide_are_drawn_once_and_all_listed() -> None:
    found = told(of_limits([*LIMITS, *LIMITS[:3]]))
    (chart,) = found["charts"]
    assert found["total"] == 33 and chart["contours"] == told(of_limits(LIMITS))["charts"][0]["contours"]
    assert len(chart["spots"]) == 30


def test_two_thousand_points_in_bounded_time_and_size() -> None:
    def moved(limit: dict[str, Any], number: int) -> dict[str, Any]:
        where = {AXES[0]: 100.0 + number % 50 * 10, AXES[1]: 10.0 * (number // 50)}
        return {**limit, "point": {**limit["point"], **where, "name": f"n{number}"}}

    request = of_limits([moved(LIMITS[number % 30], number) for number in range(2000)])
    begin = time.process_time()
    found = told(request, View(limit=200))
    assert time.process_time() - begin < 20
    assert len(found["items"]) == 200 and found["total"] == 2000
    assert len(json.dumps(found)) < 2_000_000


def test_the_most_sensitive_limit_is_chosen_by_expectation_and_it_is_said() -> None:
    weak = {**LIMITS[0], "point": {"region": "SR-A"}, "cls_obs": 0.0, "cls_exp": [0.1, 0.2, 0.3, 0.4, 0.5]}
    strong = {
        **LIMITS[0],
        "point": {"region": "SR-B"},
        "cls_obs": 0.9,
        "cls_exp": [0.001, 0.002, 0.003, 0.004, 0.005],
    }
    document = point_document(asked([point(1, {"m": 1}, answer([weak, strong]))]), "p1")
    assert document is not None
    (found,) = document["answers"]
    assert found["limits"][found["best"]]["point"] == {"region": "SR-B"}
    assert found["how_chosen"] == "the smallest median expected CLs"
    assert point_document(asked([]), "p1") is None


def test_what_moved_is_beside_both_versions() -> None:
    after = {**LIMITS[0], "cls_obs": LIMITS[0]["cls_obs"] * 2}
    points = [point(1, {"m": 1}, answer([LIMITS[0]]), answer([after], 2, version="1.1.0", digest="sha256:2"))]
    document = point_document(asked(points), "p1")
    assert document is not None and document["moved"]["limits"][0]["relative"] == pytest.approx(1.0)


def test_comparing_matches_points_by_their_coordinates() -> None:
    first = asked([point(n, {"m_x_gev": n, "m_y": 0}, answer([it], n)) for n, it in enumerate(LIMITS[:4])])
    turned = [LIMITS[29], *LIMITS[1:3]]
    second = {
        **asked([point(n, {"m_x": float(n), "m_y": 0}, answer([it], n)) for n, it in enumerate(turned)]),
        "id": "q2",
    }
    found = compared_document([Side(first), Side(second)], View())
    assert found["coordinates"] == ["m_x", "m_y"] and found["total"] == 4
    assert found["turned"] == 1 and found["alone"] == 1
    row = found["items"][0]
    assert row["turned"] and row["at"] == {"m_x": 0.0, "m_y": 0.0}
    change = row["differences"][1]["cls_obs"]
    assert change["absolute"] == LIMITS[29]["cls_obs"] - LIMITS[0]["cls_obs"]
    assert row["differences"][0] is None and found["items"][3]["cells"][1] is None
    assert [
        it["at"]["m_x"] for it in compared_document([Side(first), Side(second)], View(verdict="turned"))["items"]
    ] == [0.0]


def test_comparing_versions_and_authorities_of_one_request() -> None:
    other = answer([LIMITS[1]], 2, version="1.1.0", digest="sha256:2")
    found = compared_document([Side(asked([point(1, {"m": 1}, answer([LIMITS[0]]), other)]))], View())
    assert [(it["authority"], it["version"]) for it in found["columns"]] == [
        ("automatic", "1.0.0"),
        ("automatic", "1.1.0"),
    ]
    assert found["items"][0]["differences"][1]["mu_ul_obs"]["relative"] is not None


def test_requests_without_a_coordinate_in_common_are_not_compared() -> None:
    first, second = (asked([point(1, {name: 1}, answer([LIMITS[0]]))]) for name in ("a", "b"))
    assert compared_document([Side(first), Side({**second, "id": "q2"})], View())["coordinates"] == [
        "name",
        *map(_plain, AXES),
    ]
    nothing = asked([point(1, {}, answer([{"type": "limit", "cls_obs": 0.1}]))])
    found = compared_document([Side(nothing), Side({**nothing, "id": "q2"})], View())
    assert found["total"] == 0 and "no coordinate in common" in found["why"]


def _plain(name: str) -> str:
    return name.removesuffix("_gev")


_VALUES = st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), st.text(max_size=5))
_RESULTS = st.dictionaries(
    st.sampled_from(
        ["type", "name", "point", "cls_obs", "cls_exp", "mu_ul_obs", "excluded", "regions", "steps", "rows"]
    ),
    st.one_of(_VALUES, st.lists(_VALUES, max_size=6), st.dictionaries(st.text(max_size=5), _VALUES, max_size=3)),
    max_size=6,
).map(lambda it: {"type": "limit", **it})


@given(
    st.lists(
        st.tuples(st.dictionaries(st.sampled_from(["x", "y", "z"]), _VALUES), st.lists(_RESULTS, max_size=3)),
        max_size=6,
    )
)
def test_whatever_results_hold_there_is_a_document(found: list[tuple[dict[str, Any], list[dict[str, Any]]]]) -> None:
    points = [point(n, where, answer(results, n)) for n, (where, results) in enumerate(found)]
    request = asked(points, axes=("x", "y"))
    told(request, View(x="x", y="z", sort="x"))
    compared_document([Side(request), Side(request)], View())
    for it in points:
        document = point_document(request, it.id)
        assert document is not None
        json.dumps(document, allow_nan=False)
        for one in document["answers"]:
            list(figures_of_answer(one))
