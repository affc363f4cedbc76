"""`recast explain`: why a step ran, failed, was cached or never ran, and what to type next."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Recast
from tests.runs.told import COPY, run, write_init, write_spec


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    return write_spec(tmp_path / "spec")


@pytest.fixture
def init(tmp_path: Path) -> Path:
    return write_init(tmp_path / "init")


def test_a_failed_step(recast: Recast, spec: Path, init: Path) -> None:
    run_id = run(recast, spec, init, "[1, 13]")
    told = recast("explain", run_id, "map_1", "-o", "json").json
    assert (told["step"], told["state"], told["failure"]) == ("/map/1", "failed", "user")
    [attempt] = told["attempts"]
    assert (attempt["attempt"], attempt["exit_code"], attempt["failure"]) == (1, 1, "user")
    assert attempt["then"].startswith("not retried")
    assert attempt["asked"]["memory_mb"] == 2000
    assert attempt["used"]["wall_s"] >= 0
    assert told["next"] == [
        f"recast logs {run_id} /map/1",
        f"recast retry {run_id} /map/1",
        f"recast resume {run_id}",
    ]
    text = recast("explain", run_id, "/map/1").out
    assert "attempt 1" in text
    assert "failed (user), exit code 1" in text


def test_what_stands_behind_a_failure_is_followed_to_its_cause(recast: Recast, spec: Path, init: Path) -> None:
    run_id = run(recast, spec, init, "[1, 13]")
    told = recast("explain", run_id, "/sum", "-o", "json").json
    assert told["state"] == "skipped"
    assert told["why"] == ["It never ran: the run ended while it waited for 1 of its 2 upstream steps."]
    assert told["causes"][0].startswith("/map/1 failed (user)")
    stage = recast("explain", run_id, "late", "-o", "json").json
    assert (stage["stage"], stage["state"], stage["waits_for"]) == ("/late", "open", "/sum")
    assert any(cause.startswith("/map/1 failed") for cause in stage["causes"])
    assert stage["next"][0].startswith(f"recast explain {run_id} /")


def test_a_cached_step_says_whose_it_is_and_the_others_what_changed(recast: Recast, spec: Path, init: Path) -> None:
    first = run(recast, spec, init, "[1, 2]")
    second = run(recast, spec, init, "[1, 3]")
    told = recast("explain", second, "/map/0", "-o", "json").json
    assert (told["state"], told["cache"]["taken_from"]) == ("cached", f"{first} /map/0")
    assert told["next"][0] == f"recast explain {first} /map/0"
    told = recast("explain", second, "/map/1", "-o", "json").json
    assert told["cache"]["against"] == f"run {first} step /map/1"
    [change] = told["cache"]["changes"]
    assert (change["part"], change["where"], change["before"], change["after"]) == ("parameter", "value", 2, 3)
    told = recast("explain", second, "/sum/0", "-o", "json").json
    assert [(c["part"], c["where"]) for c in told["cache"]["changes"]] == [("file", "out.txt")]


def test_a_changed_command(recast: Recast, spec: Path, init: Path) -> None:
    run(recast, spec, init)
    write_spec(spec, command=COPY + "; true")
    second = run(recast, spec, init)
    told = recast("explain", second, "/map/0", "-o", "json").json
    assert [change["part"] for change in told["cache"]["changes"]] == ["command"]
    assert "the command changed" in told["why"][0]


def test_a_step_by_a_wrong_name(recast: Recast, spec: Path, init: Path) -> None:
    run_id = run(recast, spec, init)
    answer = recast("explain", run_id, "/mop/0")
    assert (answer.code, "/map/0" in answer.err) == (6, True)
    answer = recast("explain", run_id, "/map")
    assert (answer.code, "2 steps are called '/map'" in answer.err) == (6, True)
    assert recast("explain", run_id, "/su").code == 0
    assert recast("explain", "nowhere", "/map/0").code == 6
