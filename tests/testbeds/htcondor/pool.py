"""The pool as tests see it: start it or find it running, lease it, break it, end it."""

from __future__ import annotations

import fcntl
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.testbeds.htcondor.config import DOMAIN, HEAD, NODES, USER, client_config, machine_config
from tests.testbeds.htcondor.processes import alive, below, born

__all__ = ["MACHINES", "Pool", "wait_for"]

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[2]
MACHINES = (HEAD, *NODES)
READY_S = 60.0
ENVIRONMENT = ("PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "CONDOR_CONFIG=/bed/condor_config")


def wait_for(what: str, is_so: Callable[[], object], bound_s: float = READY_S) -> None:
    """Wait until something is so; raise TimeoutError with what was waited for."""
    end = time.monotonic() + bound_s
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {bound_s:.0f} s for {what}")
        time.sleep(0.1)


@dataclass(frozen=True)
class Pool:
    """One pool in one folder. It lives as long as somebody has a lease on it."""

    name: str = "pool"
    bed: Path = TOP / ".cache/testbeds/htcondor"

    @property
    def folder(self) -> Path:
        """Where its machines have their files."""
        return self.bed / self.name

    @property
    def shared(self) -> Path:
        """A folder that all machines see at the path that it has here."""
        return self.folder / "shared"

    @property
    def client(self) -> Path:
        """The client's configuration."""
        return self.folder / "client/condor_config"

    @property
    def tokens(self) -> Path:
        """The client's folder of tokens."""
        return self.folder / "client/tokens"

    @property
    def collector(self) -> str:
        return f"127.0.0.1:{(self.folder / 'port').read_text()}"

    def up(self, pid: int, bound_s: float = 0) -> Pool:
        """Make sure that the pool runs and stays up while process `pid` lives (and for `bound_s`, whoever lives)."""
        self.bed.mkdir(parents=True, exist_ok=True)
        with self.locked():
            if not self.is_up:
                self._make_root()
                self._end()
                self._write()
            self._lease(pid, bound_s)
            if not self.is_up:
                self._start()
        return self

    @property
    def is_up(self) -> bool:
        """Whether its keeper runs."""
        return self._keeper() is not None

    def down(self) -> None:
        """End it now, whoever has leases."""
        self.bed.mkdir(parents=True, exist_ok=True)
        with self.locked():
            self._end()

    def processes(self, machine: str) -> list[tuple[int, str]]:
        """Return the processes of a machine (as numbered here) and their programs."""
        boss = self._pid(machine)
        return below(boss) if boss else []

    def daemons(self, name: str, machine: str = HEAD) -> list[int]:
        """Return the process ids (as numbered here) of a daemon on a machine: `condor_schedd` and the like."""
        return [pid for pid, program in self.processes(machine) if program == name[:_COMM_LETTERS]]

    def kill(self, name: str, machine: str = HEAD, signum: int = signal.SIGKILL) -> int:
        """Send a signal to a daemon of a machine; return how many there were."""
        pids = self.daemons(name, machine)
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signum)
        return len(pids)

    def power_off(self, machine: str) -> None:
        """Let a machine vanish with all that runs on it; it stays off."""
        (self.folder / machine / "off").touch()
        if pid := self._pid(machine):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            wait_for(f"the end of {machine}", lambda: not alive(pid))

    def power_on(self, machine: str) -> None:
        """Let a machine come back; its keeper starts it within a moment."""
        (self.folder / machine / "off").unlink(missing_ok=True)

    def on(self, machine: str, *command: str, timeout_s: float = 60) -> str:
        """Run a command on a machine that is on; return what it says."""
        inside = self.daemons("condor_master", machine)[0]
        enter = ["nsenter", "-t", str(inside), "-m", "-p", "-u", "--wdns=/", "env", "-i", *ENVIRONMENT]
        done = subprocess.run([*enter, *command], capture_output=True, text=True, timeout=timeout_s, check=False)
        if done.returncode:
            raise RuntimeError(f"{command}: {done.stdout}{done.stderr}")
        return done.stdout

    def slots(self) -> list[str]:
        """Return the names of the slots that the collector knows."""
        try:
            return self.on(HEAD, "condor_status", "-af", "Name", timeout_s=20).split()
        except (RuntimeError, IndexError, subprocess.TimeoutExpired):
            return []

    def wait_until_ready(self, nodes: tuple[str, ...] = NODES) -> None:
        """Wait until the collector knows a slot of each of the nodes and the schedd answers."""
        wait_for(f"slots of {nodes}", lambda: all(any(node in slot for slot in self.slots()) for node in nodes))
        wait_for("the schedd", lambda: self.on(HEAD, "condor_status", "-schedd", "-af", "Name").split())

    # ---- below: how it comes to be

    def _start(self) -> None:
        with (self.folder / "keeper.log").open("ab") as log:
            subprocess.run(
                ["setsid", "--fork", sys.executable, "-m", "tests.testbeds.htcondor.keeper", self.name, str(self.bed)],
                check=True,
                cwd=TOP,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_for("the keeper", lambda: self.is_up)
        try:
            wait_for("the machines", lambda: all(self.daemons("condor_master", name) for name in MACHINES))
            self.wait_until_ready()
        except TimeoutError as problem:
            logs = "\n".join(path.read_text(errors="replace")[-1500:] for path in sorted(self.folder.glob("*/*.log")))
            self._end()
            raise RuntimeError(f"The HTCondor pool did not start: {problem}\n{logs}") from None

    def _make_root(self) -> None:
        with (self.bed / "root.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            subprocess.run([HERE / "rootfs", self.bed], check=True, timeout=600, stdout=subprocess.DEVNULL)

    def _end(self) -> None:
        if keeper := self._keeper():
            os.kill(keeper, signal.SIGTERM)
            wait_for("the end of the pool", lambda: not alive(keeper))

    def _keeper(self) -> int | None:
        return _read_pid(self.folder / "keeper.pid")

    def _pid(self, machine: str) -> int | None:
        return _read_pid(self.folder / machine / "pid")

    def _lease(self, pid: int, bound_s: float) -> None:
        new = self.folder / "lease.new"
        new.write_text(f"{born(pid)} {time.time() + bound_s}")
        new.replace(self.folder / "leases" / str(pid))

    def _write(self) -> None:
        """Write all that the machines need: configuration, keys made now, tokens."""
        import shutil

        shutil.rmtree(self.folder, ignore_errors=True)
        for folder in ("leases", "shared", "client/tokens"):
            (self.folder / folder).mkdir(parents=True)
        self.shared.chmod(0o1777)
        port = _free_port()
        (self.folder / "port").write_text(str(port))
        key = secrets.token_hex(32).encode()
        for machine in MACHINES:
            self._write_machine(machine, port, key)
        daemon, user = self.token("condor"), self.token(USER)
        for machine in MACHINES:
            _write_secret(self.folder / machine / "secrets/tokens/pool", daemon)
        _write_secret(self.tokens / "pool", user)
        self.client.write_text(client_config(port, str(self.tokens)))

    def _write_machine(self, machine: str, port: int, key: bytes) -> None:
        folder = self.folder / machine
        for name in ("log", "spool", "execute", "cred", "secrets", "secrets/tokens"):
            (folder / name).mkdir(parents=True)
        for name in ("secrets", "secrets/tokens"):
            (folder / name).chmod(0o700)
        for name in ("log", "spool", "execute"):
            os.chown(folder / name, *_CONDOR)
        (folder / "condor_config").write_text(machine_config(machine, port))
        _write_secret(folder / "secrets/POOL", key)

    def token(self, user: str, lifetime_s: int | None = None) -> bytes:
        """Return a new token for a user of the pool."""
        command = [HERE / "machine", self.bed / "root", "maker", self.folder / HEAD]
        command += ["condor_token_create", "-identity", f"{user}@{DOMAIN}"]
        command += ["-lifetime", str(lifetime_s)] if lifetime_s else []
        return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep everybody else from starting or ending it."""
        with (self.bed / f"{self.name}.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


_COMM_LETTERS = 15
"""How much of a program's name Linux tells."""

_CONDOR = (100, 101)
"""The user `condor` of the root folder."""


def _free_port() -> int:
    """Return a port that no outgoing connection takes while the head is off: one below those that are handed out."""
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for port in random.sample(range(max(620, lowest - 20_000), lowest), 100):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no port is free")


def _read_pid(path: Path) -> int | None:
    """Return the process of a file `pid born`, if it still is that one."""
    try:
        pid, when = path.read_text().split()
    except (OSError, ValueError):
        return None
    return int(pid) if alive(int(pid)) and born(int(pid)) == when else None


def _write_secret(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(data)
