"""The table of limits, without a machine: what is held, watched, wrong."""

from __future__ import annotations

from tests.machines.limits import LIMITS
from tests.machines.table import of_row, rendered, wrong

_RIGHT = {
    "memory": {"ends": "memory", "message": "", "oom_kills": 1, "cpus": 0.0},
    "child": {"ends": "memory", "message": "", "oom_kills": 1, "cpus": 0.0},
    "tmpfs": {"ends": "memory", "message": "", "oom_kills": 0, "cpus": 0.0},
    "processes": {"ends": "user", "message": "sh: can't fork", "oom_kills": 0, "cpus": 0.0},
    "processor": {"ends": "", "message": "", "oom_kills": 0, "cpus": 1.02},
    "walltime": {"ends": "walltime", "message": "", "oom_kills": 0, "cpus": 0.0},
    "disk": {"ends": "user", "message": "more than 5 MB (disk_mb)", "oom_kills": 0, "cpus": 0.0},
}


def test_what_was_seen_is_named_and_nothing_is_wrong() -> None:
    row = of_row("podman", "login", {"seen": _RIGHT, "said": "", "took_s": 1})
    assert [row.cells[name].how for name in LIMITS] == ["held", "held", "watched", "held", "held", "held", "held"]
    assert wrong([row]) == []
    assert "| podman | login | held | held | watched | held | held | held | held |" in rendered([row])


def test_a_success_where_memory_ran_out_is_wrong_and_so_is_a_step_that_never_ran() -> None:
    seen = {**_RIGHT, "child": {**_RIGHT["child"], "ends": "", "oom_kills": 1}}
    del seen["disk"]
    row = of_row("podman", "login", {"seen": seen, "said": "no", "took_s": 1})
    assert row.cells["child"].how == "not"
    assert [line.split(":")[0] for line in wrong([row])] == ["podman, login, child", "podman, login, disk"]


def test_two_cpus_where_one_was_asked_for_are_not_held_whatever_the_class() -> None:
    row = of_row(
        "podman",
        "cron",
        {"seen": {**_RIGHT, "processor": {**_RIGHT["processor"], "cpus": 1.9}}, "said": "", "took_s": 1},
    )
    assert row.cells["processor"].how == "not"
    assert wrong([row]) == []
