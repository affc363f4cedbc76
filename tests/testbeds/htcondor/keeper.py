"""The keeper: starts the machines, starts one again that went down, and ends all when nobody has a lease any more."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.testbeds.htcondor.pool import HERE, MACHINES, Pool
from tests.testbeds.htcondor.processes import alive, born

__all__ = ["main"]

LOOK_S = 0.3


def main(name: str, bed: Path) -> None:
    """Keep a pool until nobody wants it, or until SIGTERM."""
    pool, machines = Pool(name, bed), dict[str, "subprocess.Popen[bytes]"]()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    _write_pid(pool.folder / "keeper.pid", os.getpid())
    try:
        while not _ends_now(pool, machines):
            for name in MACHINES:
                if (name not in machines or machines[name].poll() is not None) and not (
                    pool.folder / name / "off"
                ).exists():
                    machines[name] = _start(pool, name)
            time.sleep(LOOK_S)
    finally:
        for process in machines.values():
            process.kill()  # and by that, all that runs on the machine


def _ends_now(pool: Pool, machines: dict[str, subprocess.Popen[bytes]]) -> bool:
    """End it if nobody wants it any more; whoever comes meanwhile waits, and then starts it anew."""
    if _is_wanted(pool.folder / "leases"):
        return False
    with pool.locked():
        if _is_wanted(pool.folder / "leases"):
            return False
        (pool.folder / "keeper.pid").unlink()
        for process in machines.values():
            process.kill()
            process.wait()
    return True


def _is_wanted(leases: Path) -> bool:
    for lease in leases.iterdir():
        when, until = lease.read_text().split() or ("", "0")
        if (alive(int(lease.name)) and born(int(lease.name)) == when) or time.time() < float(until):
            return True
        lease.unlink(missing_ok=True)
    return False


def _start(pool: Pool, name: str) -> subprocess.Popen[bytes]:
    folder = pool.folder / name
    command = [str(HERE / "machine"), str(pool.bed / "root"), name, str(folder), "--see", str(pool.shared)]
    # A shell stays the first process of the machine: the kernel forgets who is to die with its parent when a process
    # changes its user, as condor_master does.
    boot = "mkdir -p /run/condor/lock /run/condor/sockets; chown -R condor /run/condor; condor_master -f & wait $!"
    command = ["setpriv", "--pdeathsig", "KILL", *command]
    with (folder / "machine.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "sh", "-c", boot], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/"
        )
    _write_pid(folder / "pid", process.pid)
    return process


def _write_pid(path: Path, pid: int) -> None:
    new = path.with_name(path.name + ".new")
    new.write_text(f"{pid} {born(pid)}")
    new.replace(path)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
