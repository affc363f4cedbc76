"""Cancelling a run whose driver ends at that moment."""

from __future__ import annotations

import subprocess
from types import SimpleNamespace
from typing import Any, cast

import pytest

from recast.operations import cancel as module
from recast.operations.cancel import cancel


def test_a_driver_that_has_just_ended_leaves_an_idle_run(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    pids = [ended.pid, None]
    cancelled = []
    run = SimpleNamespace(engine=SimpleNamespace(state="running"), request=SimpleNamespace(run="r1"))
    monkeypatch.setattr(
        module, "open_run", lambda directory: SimpleNamespace(**vars(run), driver_pid=pids.pop(0)), raising=True
    )
    monkeypatch.setattr(module, "cancel_idle", lambda directory, places: cancelled.append(directory))
    assert cancel(cast(Any, "here"), cast(Any, None)) == "run r1 cancelled"
    assert (cancelled, pids) == (["here"], [])
