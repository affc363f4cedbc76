"""`make demo`, typed by an ordinary user in a checkout of her own, whose packages come from a mirror on loopback."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.machines.mirror import Mirror, mirrored
from tests.testbeds.processes import end, spawn
from tests.testbeds.vm.machine import Machine

__all__ = ["wrong"]

_ROOT = Path(__file__).resolve().parents[2]
_PORT = 8099
_HOURS = 3600.0
_LINE = re.compile(r"^  sudo (apt-get install .*)$", re.MULTILINE)


def wrong(machine: Machine) -> list[str]:
    """Type it, let root run the one line that it prints, type it again; return what is not as it has to be."""
    with mirrored(machine.disks.base.parent / "mirror") as mirror:
        tunnel = _tunnel(machine, mirror)
        try:
            _set_up(machine, mirror)
            return _typed(machine)
        finally:
            end([tunnel])


def _typed(machine: Machine) -> list[str]:
    first = machine.ssh("ana", "cd checkout && make demo", bound_s=_HOURS)
    line = _LINE.search(first.stderr)
    if first.returncode == 0 or not line:
        return [f"make demo with a package missing ended with {first.returncode}: {first.stderr[-1500:]}"]
    machine.ssh("root", f"DEBIAN_FRONTEND=noninteractive {line[1]} -y", bound_s=_HOURS, check=True)
    done = machine.ssh("ana", "cd checkout && make demo", bound_s=6 * _HOURS)
    print(done.stdout[-3000:], done.stderr[-3000:], flush=True)
    return [] if done.returncode == 0 and "pictures:" in done.stdout else [f"make demo ended with {done.returncode}"]


def _set_up(machine: Machine, mirror: Mirror) -> None:
    """A checkout in ana's home, apt and pip that know the mirror, and one package less than the demo needs."""
    files = subprocess.run(["git", "ls-files", "-z"], cwd=_ROOT, capture_output=True, check=True, timeout=60).stdout
    tar = ["tar", "-c", "--owner=0", "--group=0", "--exclude=tests/data", "--null", "-T", "-"]
    packed = subprocess.run(tar, cwd=_ROOT, input=files, capture_output=True, check=True, timeout=300).stdout
    machine.ssh("ana", "mkdir -p checkout && tar -xm -C checkout", given=packed, check=True)
    machine.ssh("root", "cat >/etc/apt/sources.list", given=mirror.sources(_PORT).encode(), check=True)
    machine.ssh("root", "cat >/etc/pip.conf", given=mirror.pip_conf(_PORT).encode(), check=True)
    machine.ssh("root", "apt-get remove -q -y skopeo && apt-get update -q", bound_s=_HOURS, check=True)


def _tunnel(machine: Machine, mirror: Mirror) -> int:
    """Show the mirror at a port of the guest's own loopback; return the process to end."""
    shell = machine.shell_argv("root")
    options = ["-N", "-o", "ExitOnForwardFailure=yes", "-R", f"127.0.0.1:{_PORT}:127.0.0.1:{mirror.port}"]
    return spawn([shell[0], *options, *shell[1:]], machine.folder, machine.folder / "ssh.log", {})
