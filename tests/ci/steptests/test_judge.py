"""What counts as equal, as near enough, and as there; products of steps are read without trust."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.ci.steptests import products
from recast.ci.steptests.expecting import read_expectations
from recast.ci.steptests.judge import _ABSENT, Ended, _at, _faults, differences
from recast.ci.steptests.model import BoundStep, StepTest, ValueCheck
from recast.ci.steptests.passes import Passes
from recast.ci.steptests.pattern import found
from recast.ci.steptests.reading import Here
from recast.json_types import JsonValue
from recast.spec.model import Position
from recast.spec.source import Document

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
STEP = BoundStep({}, {}, {}, {}, {}, "image")


def test_of(expect: JsonValue) -> StepTest:
    document = Document("t.yml", {"expect": expect}, {})
    expectations = read_expectations(Here(document, "", document.value).child("expect"))
    return StepTest("t", "t.yml", Position("t.yml", 1, ""), Path(), "fit", STEP, expectations, 60, {})


test_of.__test__ = False  # type: ignore[attr-defined]


def faults(folder: Path, expect: JsonValue, *, code: int | None = 0, problem: str = "", log: str = "") -> list[str]:
    return differences(test_of(expect), Ended(code, problem, folder, log, {"a": [1, 2], "f": "out.json"}))


def of_value(folder: Path, value: JsonValue, check: JsonValue) -> list[str]:
    (folder / "a.json").write_text(json.dumps(value))
    return faults(folder, {"files": {"a.json": {"values": {"": check}}}})


@given(value=JSON)
def test_a_value_is_equal_to_itself(value: JsonValue, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert of_value(tmp_path_factory.getbasetemp(), value, {"equals": value}) == []


@given(value=st.floats(-1e9, 1e9), share=st.floats(0, 2), relative=st.floats(1e-6, 0.5))
def test_a_number_is_near_if_it_is_within_its_tolerance(
    value: float, share: float, relative: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tolerance = relative * abs(value)
    other = value + share * tolerance
    if math.isclose(share, 1.0, rel_tol=1e-6) or tolerance < 1e-300:
        return
    wrong = of_value(tmp_path_factory.getbasetemp(), other, {"number": value, "relative": relative})
    assert bool(wrong) == (abs(other - value) > tolerance)


@pytest.mark.parametrize(
    ("value", "check", "says"),
    [
        (True, 1, "is true, expected 1"),
        (1, {"equals": True}, "is 1, expected true"),
        (1.0, 1, ""),
        ([1, True], [1, 1], "is [1, true], expected [1, 1]"),
        (None, {"number": 1, "absolute": 1}, "is null, expected a number"),
        (True, {"least": 0}, "is true, expected a number"),
        (2, {"least": 3}, "is 2, expected at least 3"),
        (2, {"most": 1}, "is 2, expected at most 1"),
        ("ab", {"length": 2}, ""),
        (3, {"length": 1}, "has no items, expected 1"),
        ({"a": 1}, {"equals": {"a": 1.0}}, ""),
        ({"a": 1, "b": 2}, {"equals": {"a": 1}}, "expected"),
    ],
)
def test_values(tmp_path: Path, value: JsonValue, check: JsonValue, says: str) -> None:
    wrong = of_value(tmp_path, value, check)
    assert (says in wrong[0]) if says else wrong == []


def test_ends(tmp_path: Path) -> None:
    assert faults(tmp_path, {"exit_code": 0}) == []
    assert faults(tmp_path, {"exit_code": 3}, code=3, problem="x") == []
    assert faults(tmp_path, {"exit_code": 0}, problem="no output") == ["it failed: no output"]
    assert faults(tmp_path, {"exit_code": 0}, code=None, problem="killed") == [
        "it exited with no code, expected 0: killed"
    ]
    assert faults(tmp_path, {"fails_with": "bad"}, log="bad") == ["it exited with 0, expected a failure"]
    assert faults(tmp_path, {"fails_with": "bad"}, code=1, log="bad") == []
    assert faults(tmp_path, {"published": {"/a/1": 2, "/f": "out.json", "/c": {"absent": True}}}) == []
    assert faults(tmp_path, {"published": {"/a/9": 2}}) == ["what is published /a/9 is not there"]


def test_products(tmp_path: Path) -> None:
    (tmp_path / "lines.jsonl.gz").write_bytes(gzip.compress(b'{"a": 1}\n') + gzip.compress(b'{"a": 2}\n'))
    assert products.document(tmp_path, "lines.jsonl.gz") == [{"a": 1}, {"a": 2}]
    (tmp_path / "a.yml").write_text("a: [1, x]\n")
    assert products.document(tmp_path, "a.yml") == {"a": [1, "x"]}
    (tmp_path / "folder").mkdir()
    assert products.exists(tmp_path, "folder") and not products.exists(tmp_path, "nowhere")


def test_hostile_products(tmp_path: Path) -> None:
    folder = tmp_path / "step"
    folder.mkdir()
    (tmp_path / "secret").write_text("secret")
    (folder / "up").symlink_to("../secret")
    (folder / "round").symlink_to("round")
    (folder / "nan.json").write_text("[NaN]")
    (folder / "deep.json").write_text("[" * 5000 + "]" * 5000)
    (folder / "bomb.gz").write_bytes(gzip.compress(b"0" * (products.MOST_BYTES + 1)))
    (folder / "cut.gz").write_bytes(gzip.compress(b"0" * 10_000)[:-20])
    (folder / "dates.yml").write_text("a: 2020-01-01\n")
    with (folder / "huge.json").open("wb") as file:
        file.truncate(products.MOST_BYTES + 1)
    assert not products.exists(folder, "up") and not products.exists(folder, "round")
    for name in ("up", "round", "nan.json", "deep.json", "dates.yml", "huge.json", "missing.json", "."):
        with pytest.raises(products.Unreadable):
            products.document(folder, name)
    for name in ("bomb.gz", "cut.gz"):
        with pytest.raises(products.Unreadable):
            products.text(folder, name)


def test_patterns() -> None:
    assert found(r"a\d+", "xa12") is True
    assert found(r"^b", "ab") is False


def test_the_record_of_passes_is_only_believed_if_it_is_one(tmp_path: Path) -> None:
    passes, identity = Passes(tmp_path), "sha256:" + "a" * 64
    assert passes.seconds(identity) is None
    passes.note(identity, "t", 1.5)
    assert passes.seconds(identity) == 1.5
    (tmp_path / "aa" / f"{'a' * 62}.json").write_text("{")
    assert passes.seconds(identity) is None


def test_a_number_of_many_digits_is_no_number() -> None:
    # An integer that no float can hold ended the whole pipeline with an error of this program.
    huge = 10**400
    said = list(_faults(ValueCheck("/a", number=1.0, absolute=0.1), huge))
    assert said == [f"is {str(huge)[:117]}..., expected a number"]
    assert list(_faults(ValueCheck("/a", most=1.0), -huge)) != []
    assert _at([1, 2], "/" + "1" * 5000) is _ABSENT
