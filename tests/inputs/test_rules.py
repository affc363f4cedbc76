"""What inputs must hold together: each kind of check, that it can fail, and that a wrong declaration is named."""

from __future__ import annotations

from typing import Any

import pytest

from recast.inputs.part import BadDeclaration
from recast.inputs.rules import read_rules, rule_faults

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "slha": {"type": "string", "format": "file", "default": "bundle:nothing"},
        "masses": {"type": "array", "default": []},
        "points": {"type": "array", "default": []},
        "xsecs_fb": {"type": "array", "default": []},
        "model": {"type": "string", "default": "SSM"},
        "couplings": {"type": "array", "default": []},
        "yields": {
            "type": "object",
            "default": {},
            "properties": {"SR1": {}, "SR2": {}, "A": {"properties": {"SR": {}}}},
        },
        "xsec_fb": {"type": ["number", "null"], "default": None},
    },
}
POINTS = {"points.csv": ["A_100_1", "A_200_1", "A_200_50", "B_7"]}


def faults(rule: dict[str, Any], **inputs: Any) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.what) for fault in rule_faults(read_rules([rule]), inputs, SCHEMA, POINTS)]


@pytest.mark.parametrize(
    ("rule", "good", "bad", "pointer", "words"),
    [
        ({"any_of": ["slha", "masses"]}, {"masses": [1, 2]}, {}, "", "none of slha and masses is given"),
        ({"any_of": ["slha", "masses"]}, {"slha": "a"}, {"slha": "bundle:nothing"}, "", "none of slha and masses"),
        ({"at_most_one": ["slha", "masses"]}, {"slha": "a"}, {"slha": "a", "masses": [1]}, "/masses", "can be meant"),
        ({"length": "masses", "is": 2}, {"masses": [1, 2]}, {"masses": [1]}, "/masses", "it has 1 item"),
        ({"length": "masses", "is": 2}, {}, {"masses": [1, 2, 3]}, "/masses", "it has 3 items"),
        ({"same_length": ["points", "xsecs_fb"]}, {"points": ["a"], "xsecs_fb": [1]},
         {"points": ["a"], "xsecs_fb": [1, 2]}, "/xsecs_fb", "points has 1 and xsecs_fb has 2"),
        ({"same_length": ["points", "xsecs_fb"]}, {"points": ["a"]}, {"points": ["a", "b"], "xsecs_fb": [1]},
         "/xsecs_fb", "points has 2"),
        ({"given": "xsecs_fb", "needs": ["points"]}, {}, {"xsecs_fb": [1]}, "/points", "points is missing"),
        ({"given": "couplings", "only_with": {"model": ["custom"]}}, {"model": "custom", "couplings": [1]},
         {"couplings": [1]}, "/couplings", "couplings is given, and model is 'SSM'"),
        ({"with": {"model": ["custom"]}, "needs": ["couplings"]}, {}, {"model": "custom"}, "/couplings", "is missing"),
        ({"known": "points", "in": "points.csv"}, {"points": ["A_100_1"]}, {"points": ["A_100_1", "A_210_1"]},
         "/points/1", "has no point 'A_210_1'"),
        ({"complete": "yields"}, {}, {"yields": {"SR1": 1}}, "/yields/SR2", "'SR2' is missing (2 are)"),
        ({"complete": "yields", "of": ["SR1"]}, {"yields": {"SR1": 1}}, {"yields": {"SR2": 1}}, "/yields/SR1", "missi"),
        ({"complete": ["yields/A"]}, {"yields": {"SR1": 1}}, {"yields": {"A": {"CR": 1}}}, "/yields/A/SR", "missing"),
        ({"not_zero": "yields"}, {"yields": {"SR1": 0, "SR2": [0, 0.1]}}, {"yields": {"SR1": 0, "SR2": [0, 0.0]}},
         "/yields", "0 everywhere"),
        ({"known": "points", "in": "points.csv"}, {}, {"points": ["nonsense"]}, "/points/0", "has no point 'nonsense'"),
    ],
)  # fmt: skip
def test_each_kind(rule: Any, good: Any, bad: Any, pointer: str, words: str) -> None:
    assert faults(rule, **good) == []
    (found,) = faults(rule, **bad)
    assert found[0] == pointer and words in found[1], found


def test_the_nearest_points_are_named_by_their_masses() -> None:
    (fault,) = rule_faults(
        read_rules([{"known": "points", "in": "points.csv"}]), {"points": ["A_205_40"]}, SCHEMA, POINTS
    )
    assert fault.allowed.startswith("The nearest are: A_200_50, A_200_1")


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ("no list", "a list of 1 to"),
        ([], "a list of 1 to"),
        ([{"any": ["slha"]}], "unknown key 'any', did you mean 'any_of'?"),
        ([{"why": "nothing"}], "a check is one of"),
        ([{"any_of": ["a"], "length": "a"}], "a check is one of"),
        ([{"length": "masses"}], "needs `is`"),
        ([{"length": "masses", "is": -1}], "a whole number from 0"),
        ([{"known": "points"}], "needs `in`"),
        ([{"given": "points"}], "needs `needs` or `only_with`"),
        ([{"any_of": []}], "a list of 1 to"),
        ([{"any_of": [1]}], "a text is expected"),
        ([{"with": ["model"], "needs": ["a"]}], "a map"),
        ([{"with": {"model": "custom"}, "needs": ["a"]}], "a list of 1 to"),
    ],
)
def test_what_is_not_a_check(rules: Any, words: str) -> None:
    with pytest.raises(BadDeclaration, match=r"^/") as caught:
        read_rules(rules)
    assert words in str(caught.value)
