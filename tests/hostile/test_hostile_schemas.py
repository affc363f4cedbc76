"""Schemas of inputs that strangers write: whatever they hold, judging by them ends soon, and with words."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recast.catalogue.inputs import check_inputs, check_schema
from recast.errors import InputError
from recast.inputs.faults import faults_of
from recast.inputs.filevalue import file_places
from recast.inputs.help import MOST_ROWS, input_rows
from recast.inputs.plain import is_plain, is_plain_pattern
from tests.waiting import BOUND_S

EVIL = "^(a+)+$"
LONG = "a" * 40 + "!"
CIRCLES = {"type": "object", "$defs": {f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(40)}}
CIRCLES["$defs"]["d40"] = {"type": "string"}


def of(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {"q": schema}}


HANGS = {
    "pattern": (of({"type": "string", "pattern": EVIL}), {"q": LONG}),
    "in-items": (of({"type": "array", "items": {"pattern": EVIL}}), {"q": [LONG]}),
    "in-prefix-items": (of({"prefixItems": [{"pattern": EVIL}]}), {"q": [LONG]}),
    "in-a-choice": (of({"anyOf": [{"pattern": EVIL}, {"type": "number"}]}), {"q": LONG}),
    "behind-a-reference": ({"type": "object", "properties": {"q": {"$ref": "#/$defs/x"}},
                            "$defs": {"x": {"pattern": EVIL}}}, {"q": LONG}),
    "pattern-properties": ({"type": "object", "patternProperties": {EVIL: {}}}, {LONG: 1}),
    "pattern-properties-of-the-unknown": ({"type": "object", "patternProperties": {EVIL: {}},
                                           "additionalProperties": False}, {LONG: 1}),
    "property-names": ({"type": "object", "propertyNames": {"pattern": EVIL}}, {LONG: 1}),
    "many-choices": (of({"pattern": "^(a|a)*$"}), {"q": LONG}),
    "many-stars": (of({"pattern": "a*" * 30 + "b"}), {"q": "a" * 3000}),
    "many-question-marks": (of({"pattern": "(a?){40}a{40}!$"}), {"q": "a" * 41}),
    "references-in-circles": ({"type": "object", "properties": {"q": {"$ref": "#/properties/q"}}}, {"q": 1}),
    "a-tree-of-references": ({**CIRCLES, "properties": {"q": {"$ref": "#/$defs/d0"}}}, {"q": "x"}),
}  # fmt: skip


@pytest.mark.parametrize(("schema", "inputs"), HANGS.values(), ids=HANGS.keys())
def test_what_hangs_is_given_up(schema, inputs):
    assert not is_plain(schema)
    start = time.monotonic()
    with pytest.raises(InputError) as caught:
        check_inputs(inputs, schema, "tiny-1@1.0.0")
    assert time.monotonic() - start < BOUND_S
    assert caught.value.code in ("inputs.schema", "inputs.invalid")
    assert caught.value.next_step


def test_a_schema_that_is_good_is_judged_apart_with_the_same_words():
    schema = of({"type": "string", "pattern": "^(ab)+$"}) | {"required": ["p"], "additionalProperties": False}
    inputs = {"q": "abc", "r": 1}
    with pytest.raises(InputError) as apart:
        check_inputs(inputs, schema, "a@1.0.0")
    found = {fault.pointer: fault.what for fault in faults_of(inputs, schema)}
    assert found.keys() == {"/p", "/q", "/r"}
    for what in found.values():
        assert what in apart.value.why
    check_inputs({"q": "abab", "p": 1}, of({"pattern": "^(ab)+$"}), "a@1.0.0")


@pytest.mark.parametrize(("schema", "words"), [
    (of({"type": "text"}), "text"),
    (of({"pattern": "("}), "regex"),
    (of({"patternProperties": {"[": {}}}), "regex"),
    (of({"pattern": "(" * 5000}), ""),
    (of({"$ref": "http://127.0.0.1:1/schema.json"}), "outside"),
    (of({"$dynamicRef": "file:///etc/passwd"}), "outside"),
    ({"type": "object", "properties": []}, "properties"),
    ({"type": "object", "required": {"a": 1}}, "required"),
    ({"type": "array"}, "object"),
])  # fmt: skip
def test_what_is_no_schema_is_told(schema, words):
    fault = check_schema(schema)
    assert fault
    assert words in fault


def test_no_reference_is_fetched(monkeypatch):
    def ask(*_: object, **__: object) -> None:
        raise AssertionError("asked")

    monkeypatch.setattr("urllib.request.urlopen", ask)
    for where in ("http://127.0.0.1:1/x.json", "file:///etc/hostname", "other.json"):
        with pytest.raises(InputError):
            check_inputs({"q": 1}, of({"$ref": where}), "a@1.0.0")


def test_files_are_looked_for_once_in_references_that_go_in_circles():
    schema = {"type": "object", "allOf": [{"$ref": "#"}, {"$ref": "#"}],
              "properties": {"f": {"format": "file"}, "deep": {"allOf": [{"$ref": "#"}, {"$ref": "#"}]}}}  # fmt: skip
    inputs = {"f": "a.txt", "deep": {"f": "b.txt"}}
    assert {place.pointer for place in file_places(schema, inputs)} == {"/f", "/deep/f"}


def test_the_help_of_a_schema_has_an_end():
    schema = {"type": "object", "properties": {f"p{i}": {"$ref": "#"} for i in range(20)}}
    assert len(input_rows(schema)) == MOST_ROWS


@pytest.mark.parametrize("pattern", [
    "^(T5HH_[1-9][0-9]{2,3}|TChiHH_[1-9][0-9]{2}_(0|[1-9][0-9]{0,2}))$(?!\n)",
    "^[a-z]+$", "^ins\\d{7}$", "", "^a.b$", "x*", "^[^/]+\\.root$", "^SR_[A-Z0-9]{1,20}$",
])  # fmt: skip
def test_usual_patterns_are_plain(pattern):
    assert is_plain_pattern(pattern)


@given(st.text("ab()*+?{}[]|\\1,^$.", max_size=12))
@settings(max_examples=300, suppress_health_check=list(HealthCheck), deadline=None)
def test_what_is_plain_takes_no_time(pattern):
    if not is_plain_pattern(pattern):
        return
    try:
        found = re.compile(pattern)
    except re.error:
        return
    start = time.process_time()
    for text in ("a" * 500 + "!", "ab" * 250 + "!", "b" * 500):
        found.search(text)
    assert time.process_time() - start < 1


@pytest.mark.parametrize("pattern", [
    EVIL, "(a*)*", "(a|a){9}", "a*a*", "a{0,99}a{0,99}", "(a|b|ab)(a|b|ab)" * 6, "a?" * 12 + "a" * 12,
    "(a)\\1", "(?<=a)b",
    "[[:x:]]", "(", ")", "a**", "x{1,}y{2,}", "(?P<a>b)", "(a" * 30,
])  # fmt: skip
def test_patterns_that_may_take_long_are_judged_apart(pattern):
    assert not is_plain_pattern(pattern)


def test_long_texts_are_judged_apart():
    schema = of({"type": "string", "pattern": "a+$"})
    assert is_plain(schema, {"q": "a" * 100})
    assert not is_plain(schema, {"q": "a" * 1000 + "!"})
    assert not is_plain(schema, {"q": ["a" * 400] * 1000})
    with pytest.raises(InputError):
        check_inputs({"q": "a" * 100_000 + "!"}, schema, "a@1.0.0")


def test_of_the_schemas_here_judging_needs_no_process():
    from tests.conftest import ROOT

    schemas = sorted(ROOT.glob("specs/*/*/inputs.schema.json"))
    assert len(schemas) > 3
    apart = [path for path in schemas if not is_plain(json.loads(path.read_text()))]
    assert apart == []
