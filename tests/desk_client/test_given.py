"""Answers from elsewhere are held to what is asked of ours."""

from __future__ import annotations

from typing import Any

import pytest

from recast.errors import InputError
from recast.operations.desk.given import checked_answer


def test_a_limit_gets_its_verdict() -> None:
    (limit,) = checked_answer({"results": [{"name": "limit", "type": "limit", "cls_obs": 0.02}]})["results"]
    assert limit["excluded"] is True and "Excluded" in limit["verdict"]


@pytest.mark.parametrize(
    "result",
    [
        3,
        {},
        {"type": "limit"},
        {"name": "", "type": "limit"},
        {"name": "plot", "type": "plot", "path": "../../etc/passwd"},
        {"name": "limit", "type": ["limit"]},
        {"name": "limit", "type": "limit", "cls_obs": 1.2},
        {"name": "limit", "type": "limit", "cls_obs": float("nan")},
        {"name": "limit", "type": "limit", "cls_obs": 0.5, "excluded": True},
        {"name": "yields", "type": "yields"},
    ],
)
def test_what_does_not_fit_is_refused(result: Any) -> None:
    with pytest.raises(InputError) as refused:
        checked_answer({"results": [result]})
    assert refused.value.code == "answer.results"


def test_all_faults_are_said_at_once() -> None:
    with pytest.raises(InputError) as refused:
        checked_answer({"results": [3, {"name": "x", "type": "limit", "cls_obs": 7}, *[None] * 300]})
    assert len(refused.value.why.splitlines()) >= 3


@pytest.mark.parametrize("data", [{}, {"results": []}, {"results": "x"}, {"reason": "no convergence"}])
def test_what_is_not_about_results_is_left_to_the_desk(data: Any) -> None:
    assert checked_answer(data) == data
