"""Every number that comes from outside can be calculated with, whatever it is written in: one rule at every border."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from recast.applies.commands import nearest as nearest_on_grid
from recast.desk.document import read_draft
from recast.desk.model import Answer
from recast.desk.moved import moved
from recast.errors import RecastError
from recast.inputs.part import Part
from recast.json_types import is_finite, is_not_finite
from recast.ledger.uploads.kinds import Unusable, look_at
from recast.operations.desk.given import checked_answer
from recast.operations.points.nearby import nearest
from recast.operations.points.released import Known
from recast.prepare.inputs import user_inputs
from recast.results.numbers import short
from recast.scans.points import parse_points
from recast.spec.jsonable import read_json
from recast.strictjson import parse_json

BEYOND = "1" + "0" * 310
"""An integer that Python reads and no float is as large as."""

TEXTS = [BEYOND, f"-{BEYOND}", "9" * 350, "9" * 5000, "1.0e+400", "-1.0e+400"]
WORDS = {"json": ["NaN", "Infinity", "-Infinity"], "csv": ["nan", "inf", "-inf", "Infinity"], "yaml": [".nan", "-.inf"]}
FINE = ["0", "-0.0", "1.0e+308", "-1.0e-308", "5.0e-324", "1" + "0" * 308]

Border = Callable[[str], Any]


def _answer(text: str) -> Any:
    return checked_answer({"results": [{"name": "limit", "type": "limit", "mu_ul_obs": parse_json(text)}]})


def _draft(text: str) -> Any:
    return read_draft({"points": [{"coordinates": {"m": _loose(text)}}]})


def _nested_input(text: str) -> Any:
    return read_draft({"points": [{"inputs": {"m": [{"x": _loose(text)}]}}]})


def _loose(text: str) -> Any:
    """Return what a border would get if the reader before it had let the number pass."""
    return int(text) if text.lstrip("-").isdecimal() and len(text) < 4000 else float(text)


BORDERS: dict[str, tuple[str, Border]] = {
    "a document": ("json", lambda text: parse_json(f'{{"a": [{text}]}}')),
    "a document of YAML": ("yaml", lambda text: read_json(f"a: [{text}]", "x.yml")),
    "an input on the command line": ("yaml", lambda text: user_inputs((), (f"m={text}",), {})),
    "a table of points": ("csv", lambda text: parse_points(f"m\n{text}\n", "x.csv", is_table=True)),
    "a list of points": ("yaml", lambda text: parse_points(f"- m: {text}\n", "x.yml", is_table=False)),
    "a grid": ("yaml", lambda text: parse_points(f"m: [1, {text}]\n", "x.yml", is_table=False)),
    "a request's coordinate": ("csv", _draft),
    "a request's input": ("csv", _nested_input),
    "a request's grid": ("csv", lambda text: read_draft({"axes": {"m": [1, _loose(text)]}})),
    "a request's table": ("csv", lambda text: read_draft({"csv": f"m\n{text}\n"})),
    "an uploaded table": ("csv", lambda text: look_at(io.BytesIO(f"m,n\n{text},1\n".encode()))),
    "an uploaded list": ("yaml", lambda text: look_at(io.BytesIO(f"- m: {text}\n".encode()))),
    "an uploaded workspace": (
        "json",
        lambda text: look_at(io.BytesIO(f'{{"channels": [], "measurements": [], "x": {text}}}'.encode())),
    ),
    "a declaration": ("csv", lambda text: Part(_loose(text), "/m").number()),
}
REFUSED = [(name, text) for name, (kind, _) in BORDERS.items() for text in [*TEXTS, *WORDS[kind]]]


@pytest.mark.parametrize(("name", "text"), REFUSED, ids=[f"{name}: {text:.12}" for name, text in REFUSED])
def test_what_cannot_be_calculated_with_is_refused(name: str, text: str) -> None:
    with pytest.raises((RecastError, ValueError, Unusable)):
        BORDERS[name][1](text)


@pytest.mark.parametrize("name", BORDERS)
@pytest.mark.parametrize("text", FINE, ids=[f"{text:.12}" for text in FINE])
def test_the_largest_and_the_smallest_numbers_are_taken(name: str, text: str) -> None:
    BORDERS[name][1](text)


@pytest.mark.parametrize("value", [10**400, -(10**400), float("nan"), float("inf")])
def test_a_number_of_an_answer_is_one(value: Any) -> None:
    for result in (
        {"name": "limit", "type": "limit", "mu_ul_obs": value},
        {"name": "limit", "type": "limit", "cls_obs": 0.5, "point": {"xsec_fb": value}},
        {"name": "limit", "type": "limit", "cls_obs": 0.5, "toys": value},
        {"name": "yields", "type": "yields", "regions": [{"region": "A", "observed": value}]},
    ):
        with pytest.raises(RecastError, match="do not fit"):
            checked_answer({"results": [result]})


@pytest.mark.parametrize("text", FINE[:-1])
def test_an_answer_may_be_as_large_as_a_number(text: str) -> None:
    _answer(text.lstrip("-"))


def test_the_rule() -> None:
    assert all(map(is_finite, (0, -0.0, 10**308, 5e-324)))
    assert not any(map(is_finite, (10**309, float("nan"), True, "1", None)))
    assert all(map(is_not_finite, (10**309, -(10**400), float("nan"), float("-inf"))))
    assert not any(map(is_not_finite, (1, True, "1", None)))


LARGE = [10**400, 1.7e308, -1.7e308, 5e-324, 0, -0.0]


def test_what_is_kept_already_is_compared_all_the_same() -> None:
    """A ledger may hold numbers that came in before they were refused; no page fails of them."""
    for one in LARGE:
        for other in LARGE:
            known = [Known("q", "p1", {"m": other}, Answer("a1", "automatic", "released", "s", "", "x", "1.0.0", "d"))]
            json.dumps(nearest({"m": one}, known), allow_nan=False)
            answers = [
                Answer("a", "automatic", "released", "s", "", "x", "1.0.0", digest, [{"type": "limit", "cls_obs": it}])
                for digest, it in (("d", one), ("e", other))
            ]
            json.dumps(moved(answers), allow_nan=False)


def test_absurd_masses_are_far_away() -> None:
    assert nearest_on_grid("C1N2_{a}_{b}", {"a": 1e308, "b": -1e308}, ["C1N2_100_1"]) == "C1N2_100_1"


def test_minus_zero_is_zero() -> None:
    assert short(-0.0) == short(0.0) == "0.000"
    twins = {"points": [{"coordinates": {"m": 0, "n": 500}}, {"coordinates": {"m": -0.0, "n": 500.0}}]}
    with pytest.raises(RecastError) as refused:
        read_draft(twins)
    assert "the same as point 1" in refused.value.why
