"""An outcome.json is written on a node that may be anybody's: what is not one is refused, and nothing crashes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.jobs import Artifact, Outcome

GOOD = Outcome("j", 0, None, "a", "b", "h", "host", 7, 0.5, None, (Artifact("x", "sha256:0", 1),)).as_json()
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3),
    max_leaves=8,
)


def test_what_was_written_is_read() -> None:
    assert Outcome.parsed(json.dumps(GOOD), "j").as_json() == GOOD


@given(st.sampled_from(sorted(GOOD)), ANYTHING)
def test_any_value_in_any_field_is_an_outcome_or_refused(name: str, value: Any) -> None:
    try:
        outcome = Outcome.parsed(json.dumps({**GOOD, name: value}), "j")
    except ValueError:
        return
    json.dumps(outcome.as_json(), allow_nan=False)


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"null", b"[" * 100_000, b"\xff", b'{"version": NaN}', b'{"version": 1}', b"1" * 5000]
)
def test_what_is_no_outcome_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match="damaged"):
        Outcome.parsed(text, "j")


@pytest.mark.parametrize("links", ["x", "1 ", "-1", "1" * 5000, "1\n2", 1])
def test_links_that_are_no_numbers_are_refused(links: object) -> None:
    output = {"path": "a/x", "digest": "sha256:0", "size": 1, "executable": False}
    assert Outcome.parsed(json.dumps({**GOOD, "outputs": [{**output, "links": "1 3"}]}), "j").outputs[0].links == "1 3"
    with pytest.raises(ValueError, match="damaged"):
        Outcome.parsed(json.dumps({**GOOD, "outputs": [{**output, "links": links}]}), "j")
