"""A program makes no value that is nested so deep that whoever walks over it falls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from recast.errors import SpecError
from recast.jq import JqProcess

DEEP = "reduce range({}) as $i (0; [.])"


@pytest.fixture
def jq() -> Iterator[JqProcess]:
    process = JqProcess(most_cpu_s=10)
    yield process
    process.close()


@pytest.mark.parametrize("depth", [300, 2000, 20_000])
def test_deep_values_are_refused(jq: JqProcess, depth: int) -> None:
    with pytest.raises(SpecError):
        jq(DEEP.format(depth), None)
    assert jq(".", 1) == [1]


def test_what_documents_may_have_is_not(jq: JqProcess) -> None:
    assert jq(DEEP.format(100) + " | flatten", None) == [[0]]
    assert jq("[" * 70 + "1" + "]" * 70, None)


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, b"x"])
def test_a_value_that_is_no_json_is_refused(jq: JqProcess, value: Any) -> None:
    with pytest.raises(SpecError, match="fails"):
        jq(".", value)
