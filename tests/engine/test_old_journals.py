"""Events as they were written before there were grids are still read."""

from __future__ import annotations

from typing import Any

import pytest

from recast.engine import events as ev
from tests.engine.simulated import outcome

OLD: dict[str, dict[str, Any]] = {
    "SubmitIntended": {"step": "/m/0", "job_id": "j", "attempt": 1, "reason": "", "memory_mb": 1, "walltime_s": 2},
    "JobAccepted": {"job_id": "j", "native_id": "7"},
    "JobStarted": {"job_id": "j", "native_id": "7"},
    "JobEnded": {"job_id": "j", "outcome": outcome("j").as_json(), "document": None},
    "JobGone": {"job_id": "j", "failure": "lost", "reason": "gone", "counted": True},
}


@pytest.mark.parametrize("kind", OLD)
def test_an_old_event_is_read_and_written_again_with_what_is_new(kind: str) -> None:
    event = ev.event_from_json(kind, {"time": 1.0, **OLD[kind]})
    again_kind, body = ev.event_to_json(event)
    assert again_kind == kind
    assert body.items() >= {"time": 1.0, **OLD[kind]}.items()
    assert ev.event_from_json(kind, body) == event
