"""The ordinary machine is what it is taken for."""

from __future__ import annotations

import pytest

from tests.testbeds.vm.fixture import *  # noqa: F403
from tests.testbeds.vm.machine import Machine

pytestmark = [pytest.mark.slow, pytest.mark.rare]  # until they have been green in a quiet run: issue 14


def test_control_groups_are_of_version_2_alone_and_systemd_runs(guest: Machine) -> None:
    told = guest.ssh("root", "cat /proc/1/comm; stat -f -c %T /sys/fs/cgroup; grep -c cgroup /proc/mounts", check=True)
    assert told.stdout.split() == ["systemd", "cgroup2fs", "1"]


def test_users_have_sessions_of_their_own_and_only_dora_is_in_the_group_docker(guest: Machine) -> None:
    ana = guest.ssh("ana", "echo $XDG_RUNTIME_DIR; id -nG; cat /proc/self/cgroup", check=True).stdout.splitlines()
    assert ana[:2] == ["/run/user/1000", "ana"]
    assert ana[2].startswith("0::/user.slice/user-1000.slice/session-")
    assert guest.ssh("dora", "id -nG; docker info --format '{{.CgroupVersion}}'", check=True).stdout.split()[-2:] == [
        "docker",
        "2",
    ]
    assert guest.ssh("ana", "docker info --format '{{.ServerVersion}}'").returncode != 0


def test_it_sees_no_network_and_runs_this_checkout(guest: Machine) -> None:
    assert guest.ssh("ana", "recast --version", check=True).stdout.startswith("recast ")
    assert guest.ssh("ana", "curl -sS --max-time 5 http://10.0.2.2:80/").returncode != 0
