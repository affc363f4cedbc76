"""Limits on an ordinary machine: systemd, control groups of version 2, users who are not root. `make machines` has all.

What is checked is what was seen of the kernel, not what the run says of it.
"""

from __future__ import annotations

import pytest

from tests.machines.table import measure, wrong
from tests.testbeds.vm.fixture import *  # noqa: F403
from tests.testbeds.vm.machine import Machine

pytestmark = [pytest.mark.slow, pytest.mark.rare]  # until they have been green in a quiet run: issue 14

_QUICK = ("child", "tmpfs", "processor", "disk")


@pytest.mark.parametrize("session", ["login", "scope", "user service", "root service"])
def test_the_kernel_holds_a_users_limits_by_bubblewrap(guest: Machine, session: str) -> None:
    row = measure(guest, "bubblewrap", session, *_QUICK)
    assert not wrong([row], _QUICK), row.said
    assert {name: row.cells[name].how for name in _QUICK} == dict.fromkeys(_QUICK, "held"), row.said
    assert "holds no limits" not in row.said


def test_a_cron_job_of_a_user_who_is_not_there_is_watched_and_says_so_once(guest: Machine) -> None:
    row = measure(guest, "bubblewrap", "cron", "child", "tmpfs")
    assert not wrong([row], ["child", "tmpfs"]), row.said
    assert row.said.count("holds no limits") == 1
    assert "sudo loginctl enable-linger" in row.said


@pytest.mark.parametrize("runtime", ["podman", "docker"])
def test_a_child_that_is_killed_for_memory_fails_its_step_in_a_container_too(guest: Machine, runtime: str) -> None:
    row = measure(guest, runtime, "login", "child")
    assert not wrong([row], ["child"]), row.said
    assert row.cells["child"].how == "held"
