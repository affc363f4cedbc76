"""Machines where users may make no namespaces: what a run says before it exists, and that its line to type is right."""

from __future__ import annotations

import re

from tests.testbeds.vm.machine import CODE, Machine

__all__ = ["OFF", "wrong"]

OFF = ("kernel.unprivileged_userns_clone=0", "user.max_user_namespaces=0")
_AS_EVER = ("kernel.unprivileged_userns_clone=1", "user.max_user_namespaces=20000")
_SUDO = re.compile(r"(sudo .*)$", re.MULTILINE)
_RUN = f"cd {CODE} && recast run ~/namespaces/workflow.yml -p 'numbers=[1]' --no-cache"


def wrong(machine: Machine) -> list[str]:
    """Switch them off in each way; return what is not as it has to be."""
    for user in ("ana", "dora"):
        write = f"cd {CODE} && /opt/venv/bin/python -m tests.machines.intact write ~/namespaces"
        machine.ssh(user, write, check=True)
    found = []
    for setting in OFF:
        machine.ssh("root", f"sysctl -q -w {setting}", check=True)
        found += [f"{setting}: {line}" for line in _looked(machine)]
        machine.ssh("root", f"sysctl -q -w {' '.join(_AS_EVER)}; rm -f /etc/sysctl.d/*recast*", check=True)
    return found


def _looked(machine: Machine) -> list[str]:
    found = []
    before = _runs(machine)
    refused = machine.ssh("ana", f"{_RUN} --runtime bubblewrap")
    print(refused.stderr, flush=True)
    if refused.returncode != 4 or _runs(machine) != before:
        found.append(f"bubblewrap was not refused before there was a run: {refused.returncode} {refused.stderr}")
    if machine.ssh("dora", f"{_RUN} --runtime docker").returncode:
        found.append("Docker, which needs no namespaces of its user, does not run")
    line = _SUDO.search(refused.stderr)
    if not line:
        return [*found, f"nothing to type is said: {refused.stderr}"]
    machine.ssh("ana", line[1].split("   (")[0], check=True)
    again = machine.ssh("ana", f"{_RUN} --runtime bubblewrap")
    return found + ([f"what it said to type fixes nothing: {again.stderr}"] if again.returncode else [])


def _runs(machine: Machine) -> str:
    return machine.ssh("ana", "ls ~/.local/share/recast/runs 2>/dev/null").stdout
