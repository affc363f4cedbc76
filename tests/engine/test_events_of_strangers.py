"""Events that somebody else may have written: what is not one, or names what lies outside of the run, is refused."""

from __future__ import annotations

from typing import Any

import pytest

from recast.engine.events import event_from_json

INTENDED: dict[str, Any] = {
    "time": 1.0,
    "step": "/a/0",
    "job_id": "j",
    "attempt": 1,
    "reason": "",
    "memory_mb": 1,
    "walltime_s": 2,
}
CACHED: dict[str, Any] = {"time": 1.0, "step": "/a/0", "key": "k", "document": None, "source": "r /a/0", "reason": ""}
OUTPUT: dict[str, Any] = {"path": "o.yml", "digest": "sha256:1", "size": 1, "executable": False}


@pytest.mark.parametrize(
    "change",
    [
        {"job_id": 7},
        {"job_id": "../../other/jobs/x"},
        {"job_id": ".."},
        {"job_id": ""},
        {"attempt": True},
        {"attempt": "1"},
        {"time": "1"},
        {"avoid_hosts": "node"},
        {"avoid_hosts": [1]},
        {"reason": None},
    ],
    ids=str,
)
def test_a_job_is_named_by_a_plain_name_and_counted_by_numbers(change: dict[str, Any]) -> None:
    event_from_json("SubmitIntended", INTENDED)
    with pytest.raises((TypeError, ValueError)):
        event_from_json("SubmitIntended", {**INTENDED, **change})


@pytest.mark.parametrize(
    "change",
    [
        {"path": "../../../.ssh/authorized_keys"},
        {"path": "/etc/passwd"},
        {"path": "a/../../b"},
        {"path": "a\0b"},
        {"path": ""},
        {"digest": "sha256:../../x"},
        {"digest": None},
        {"size": 1.5},
        {"executable": 1},
        {"links": "x"},
        {"more": 1},
    ],
    ids=str,
)
def test_an_output_lies_below_its_step(change: dict[str, Any]) -> None:
    event_from_json("StepCached", {**CACHED, "outputs": [OUTPUT, {**OUTPUT, "path": "empty/", "links": "1 2"}]})
    with pytest.raises((TypeError, ValueError)):
        event_from_json("StepCached", {**CACHED, "outputs": [{**OUTPUT, **change}]})
