"""The slice around a container of Podman: when there is one, what its counter says, and that it is given back."""

import os
import sys

import pytest

from recast.worker.limits.systemd import Refused, stop_unit
from recast.worker.processes import engine_slice
from recast.worker.processes.client import Client
from recast.worker.processes.engine_slice import EngineSlice
from tests.worker.test_groups_version_2 import manager, message, text


def says(words):
    return [sys.executable, "-c", f"print({words!r})"]


@pytest.fixture
def mount(tmp_path, monkeypatch):
    """A hierarchy in which we are an ordinary user with a manager of systemd."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    (tmp_path / "user.slice/user-1000.slice/user@1000.service").mkdir(parents=True)
    monkeypatch.setattr(engine_slice, "_MOUNT", str(tmp_path))
    return tmp_path


def counted(mount, name, kills):
    folder = mount / "user.slice/user-1000.slice/user@1000.service" / name
    folder.mkdir()
    (folder / "memory.events").write_text(f"low 0\nmax 37\noom {kills}\noom_kill {kills}\noom_group_kill 0\n")


@pytest.mark.parametrize("kills", [0, 1])
def test_the_kernels_count_is_read_after_the_container_is_gone(mount, kills):
    made = EngineSlice("recast_map-0-1", says("systemd v2"), str(mount))
    assert made.flags == ["--cgroup-parent=recast_map_0_1.slice"]
    assert not made.saw_a_kill()
    counted(mount, "recast_map_0_1.slice", kills)
    assert made.saw_a_kill() is bool(kills)
    made.leave()  # nobody listens there: the slice stays, and nothing is raised


@pytest.mark.parametrize("groups", ["cgroupfs v2", "systemd v1", ""])
def test_who_has_no_systemd_gets_no_slice(mount, groups):
    made = EngineSlice("recast_1", says(groups), str(mount))
    counted(mount, "recast_1.slice", 1)
    assert (made.flags, made.saw_a_kill()) == ([], False)


def test_no_engine_that_tells_and_no_manager_here(mount, tmp_path):
    assert EngineSlice("recast_1", [], str(mount)).flags == []
    assert EngineSlice("recast_1", says("systemd v2"), str(tmp_path / "other")).flags == []


def test_the_flag_stands_after_run_and_the_count_makes_it_a_kill(mount, tmp_path):
    attempt = tmp_path / "jobs" / "a-1"
    attempt.mkdir(parents=True)
    runtime = {"name": "podman", "argv": ["podman", "--x", "run", "--name", "run"], "groups": says("systemd v2")}
    client = Client(str(attempt), runtime)
    client._slice = EngineSlice("recast_a-1", runtime["groups"], str(mount))
    assert client.argv() == ["podman", "--x", "run", "--cgroup-parent=recast_a_1.slice", "--name", "run"]
    client.enter()
    assert not client.saw_a_kill()
    counted(mount, "recast_a_1.slice", 2)
    assert client.saw_a_kill()
    assert Client(str(attempt), {"argv": ["docker", "run"]}).argv() == ["docker", "run"]


def test_a_unit_is_stopped(tmp_path):
    heard = []
    thread = manager(tmp_path / "private", [message(2, text("/job/9"))], heard)
    stop_unit(str(tmp_path / "private"), "recast_1.slice")
    thread.join()
    assert b"StopUnit" in heard[1] and b"recast_1.slice" in heard[1]
    thread = manager(tmp_path / "private2", [message(3, text("Unit recast_1.slice not loaded."))], heard)
    with pytest.raises(Refused, match="not loaded"):
        stop_unit(str(tmp_path / "private2"), "recast_1.slice")
    thread.join()
