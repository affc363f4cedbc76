"""Every line that doctor prints, typed on a machine that lacks just that: afterwards the check is green."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.testbeds.vm.fixture import own_guest  # noqa: F401
from tests.testbeds.vm.machine import Machine

pytestmark = [pytest.mark.slow, pytest.mark.rare]  # until they have been green in a quiet run: issue 14

BOUND_S = 1800
SYSCTLS = "/etc/sysctl.d/99-zz-recast.conf"


@dataclass(frozen=True)
class Broken:
    """What root does to break something and to undo that, which check is red then, and words of its line."""

    check: str
    breaks: str
    undo: str
    words: str
    user: str = "ana"


BROKEN = {
    "not in the group": Broken("docker", "gpasswd -d ana docker || true", "true", "sudo usermod -aG docker ana"),
    "the daemon is down": Broken(
        "docker",
        "usermod -aG docker ana; systemctl stop docker.socket docker",
        "systemctl start docker; gpasswd -d ana docker",
        "sudo systemctl enable --now docker",
    ),
    "no user namespaces": Broken(
        "bubblewrap", "sysctl -w user.max_user_namespaces=0", f"rm -f {SYSCTLS}", "user.max_user_namespaces=28633"
    ),
    "not for ordinary users": Broken(
        "bubblewrap",
        "sysctl -w kernel.unprivileged_userns_clone=0",
        f"rm -f {SYSCTLS}",
        "kernel.unprivileged_userns_clone=1",
    ),
    "neither": Broken(
        "user namespaces",
        "sysctl -w kernel.unprivileged_userns_clone=0 user.max_user_namespaces=0",
        f"rm -f {SYSCTLS}",
        "user.max_user_namespaces=28633 kernel.unprivileged_userns_clone=1",
    ),
    "no subordinate ids": Broken(
        "podman",
        "cp /etc/sub[ug]id /root/; sed -i /^ana:/d /etc/sub[ug]id; rm -rf /home/ana/.local/share/containers",
        "cp /root/subuid /root/subgid /etc/",
        "sudo usermod --add-subuids",
    ),
}


@pytest.fixture(params=BROKEN)
def broken(request: pytest.FixtureRequest, own_guest: Machine) -> Iterator[Broken]:  # noqa: F811
    """A machine that lacks one thing."""
    it = BROKEN[request.param]
    own_guest.ssh("root", it.breaks, check=True, bound_s=BOUND_S)
    own_guest.hang_up(it.user)
    try:
        yield it
    finally:
        own_guest.ssh("root", it.undo, bound_s=BOUND_S)
        own_guest.hang_up(it.user)


def asked(guest: Machine, user: str, check: str, before: str = "") -> dict[str, Any]:
    """Return what doctor says of one check, in a shell in which something was typed before."""
    done = guest.ssh(user, f"{before or 'true'}; recast doctor --quick -o json {shlex.quote(check)}", bound_s=BOUND_S)
    out = done.stdout[done.stdout.index("{") :]
    (found,) = json.loads(out)["checks"]
    return dict(found)


def test_the_line_makes_it_green(own_guest: Machine, broken: Broken) -> None:  # noqa: F811
    red = asked(own_guest, broken.user, broken.check)
    if broken.check == "podman" and red["ok"]:
        return  # an image whose files have one owner needs no subordinate ids, and nothing is said
    assert not red["ok"]
    assert broken.words in red["fix"], red
    typed = own_guest.ssh(broken.user, red["fix"], bound_s=BOUND_S)
    assert typed.returncode == 0, typed.stderr
    if "log in again" in red["fix"]:
        own_guest.hang_up(broken.user)
    green = asked(own_guest, broken.user, broken.check)
    assert green["ok"], green


def test_what_was_set_is_set_again_when_the_machine_starts(own_guest: Machine) -> None:  # noqa: F811
    own_guest.ssh("root", "sysctl -w user.max_user_namespaces=0", check=True, bound_s=BOUND_S)
    red = asked(own_guest, "ana", "user namespaces")
    own_guest.ssh("ana", red["fix"], check=True, bound_s=BOUND_S)
    # As at boot, when systemd-sysctl reads all files, with one of a hardened machine among them.
    hardened = "echo user.max_user_namespaces=0 > /etc/sysctl.d/99-hardened.conf"
    command = f"{hardened}; /usr/lib/systemd/systemd-sysctl; cat /proc/sys/user/max_user_namespaces"
    done = own_guest.ssh("root", f"{command}; rm /etc/sysctl.d/99-hardened.conf {SYSCTLS}", bound_s=BOUND_S)
    assert done.stdout.split()[-1] == "28633"


@contextmanager
def without_login(guest: Machine, user: str) -> Iterator[None]:
    """Let a user have no session and no manager, as where only cron starts something."""
    guest.hang_up(user)
    ends = f"loginctl terminate-user {user} || true; while test -d /run/user/$(id -u {user}); do sleep 0.2; done"
    guest.ssh("root", f"loginctl disable-linger {user}; {ends}", bound_s=BOUND_S)
    try:
        yield
    finally:
        guest.ssh("root", f"loginctl disable-linger {user}", bound_s=BOUND_S)


def cron(guest: Machine, user: str, command: str) -> str:
    """Run a command as cron would: no login, no environment."""
    env = f"env -i HOME=/home/{user} USER={user} PATH=/usr/local/bin:/usr/bin:/bin"
    line = f"systemd-run --quiet --pipe --wait --uid={user} {env} sh -c {shlex.quote(command)}"
    return guest.ssh("root", line, bound_s=BOUND_S).stdout


@pytest.mark.parametrize("check", ["podman", "cgroup limits"])
def test_without_a_login_there_is_a_line_too(own_guest: Machine, check: str) -> None:  # noqa: F811
    doctor = f"recast doctor --quick -o json {shlex.quote(check)}"
    with without_login(own_guest, "ana"):
        (red,) = json.loads(cron(own_guest, "ana", doctor))["checks"]
        if red["ok"]:
            assert check == "podman", red  # it may do without
            return
        assert "loginctl enable-linger ana" in red["fix"]
        (green,) = json.loads(cron(own_guest, "ana", f"{red['fix']} >&2 && {doctor}"))["checks"]
        assert green["ok"], green
