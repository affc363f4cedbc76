"""The test-bed: machines that its keeper starts, and starts again when one goes down."""

from __future__ import annotations

import fcntl
import os
import secrets
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.processes import descendants, name_of
from tests.testbeds.bed import BEDS, Bed
from tests.testbeds.htcondor.config import DOMAIN, HEAD, NODES, USER, client_config, machine_config
from tests.testbeds.processes import BedProblem, alive, end, free_ports, spawn
from tests.waiting import BOUND_S, until

__all__ = ["HOME", "MACHINES", "Pool"]

HERE = Path(__file__).resolve().parent
HOME = BEDS / "htcondor"
"""Where the root folder of all machines of all pools is."""

MACHINES = (HEAD, *NODES)
ENVIRONMENT = ("PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "CONDOR_CONFIG=/bed/condor_config")


@dataclass(frozen=True)
class Pool(Bed):
    """One pool in one folder: a head and two nodes, each with a folder below it, and `cpus` cores as it says."""

    cpus: int = 4

    @property
    def env(self) -> dict[str, str]:
        """What a client of this pool needs in its environment."""
        return {"CONDOR_CONFIG": str(self.client), "RECAST_HTCONDOR_CONDOR_TAIL": str(self.condor_tail)}

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
    def condor_tail(self) -> Path:
        """HTCondor's own condor_tail, as a program of this machine."""
        return self.folder / "client/condor_tail"

    @property
    def collector(self) -> str:
        return f"127.0.0.1:{(self.folder / 'port').read_text()}"

    def processes(self, machine: str) -> list[tuple[int, str]]:
        """Return the processes of a machine (as numbered here) and their programs."""
        boss = self.pid(machine)
        return [(pid, name_of(pid)) for pid in descendants(boss)] if boss else []

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
        if pid := self.pid(machine):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            until(lambda: not alive(pid), f"the end of {machine}")

    def power_on(self, machine: str) -> None:
        """Let a machine come back; its keeper starts it within a moment."""
        (self.folder / machine / "off").unlink(missing_ok=True)

    def on(self, machine: str, *command: str, timeout_s: float = BOUND_S) -> str:
        """Run a command on a machine that is on; return what it says."""
        inside = self.daemons("condor_master", machine)[0]
        enter = ["nsenter", "-t", str(inside), "-m", "-p", "-u", "--wdns=/", "env", "-i", *ENVIRONMENT]
        done = subprocess.run([*enter, *command], capture_output=True, text=True, timeout=timeout_s, check=False)
        if done.returncode:
            raise RuntimeError(f"{command}: {done.stdout}{done.stderr}")
        return done.stdout

    def slots(self) -> list[str]:
        """Return the names of the slots that the collector knows."""
        return self._said("condor_status", "-af", "Name")

    def _said(self, *command: str) -> list[str]:
        """Return the words of a command on the head; none if the head is not that far."""
        try:
            return self.on(HEAD, *command).split()
        except (RuntimeError, IndexError, subprocess.TimeoutExpired):
            return []

    def wait_until_ready(self, nodes: tuple[str, ...] = NODES) -> None:
        """Wait until the collector knows a slot of each of the nodes and the schedd answers."""
        until(lambda: self._knows(nodes), f"slots of {', '.join(nodes)}")
        schedd = ("condor_status", "-schedd", "-af", "Name")
        until(lambda: self._said(*schedd), "the schedd")

    def _knows(self, nodes: tuple[str, ...]) -> bool:
        slots = self.slots()
        return all(any(node in slot for slot in slots) for node in nodes)

    # life ------------------------------------------------------------------------------------------------------

    def tend(self) -> None:
        """Start machines that are not on and should be: they die with their keeper, whose children they are."""
        for name in MACHINES:
            if not self.pid(name) and not (self.folder / name / "off").exists():
                self._switch_on(name)

    def _begin(self) -> None:
        until(lambda: all(self.daemons("condor_master", name) for name in MACHINES), "the machines")
        self.wait_until_ready()

    def _end(self) -> None:
        end([pid for name in MACHINES if (pid := self.pid(name))])

    def _switch_on(self, name: str) -> None:
        folder = self.folder / name
        command = [str(HERE / "machine"), str(HOME / "root"), name, str(folder), "--see", str(self.shared)]
        # A shell stays the first process of the machine: the kernel forgets who is to die with its parent when a
        # process changes its user, as condor_master does.
        boot = "mkdir -p /run/condor/lock /run/condor/sockets; chown -R condor /run/condor; condor_master -f & wait $!"
        argv = ["setpriv", "--pdeathsig", "KILL", *command, "sh", "-c", boot]
        self.note(name, spawn(argv, Path("/"), folder / "machine.log", {}))

    def _make(self) -> None:
        """Write all that the machines need: configuration, keys made now, tokens."""
        _make_root()
        for folder in ("shared", "client/tokens"):
            (self.folder / folder).mkdir(parents=True)
        self.shared.chmod(0o1777)
        port = free_ports(["head"])["head"]
        (self.folder / "port").write_text(str(port))
        key = secrets.token_hex(32).encode()
        for machine in MACHINES:
            self._write_machine(machine, port, key)
        daemon, user = self.token("condor"), self.token(USER)
        for machine in MACHINES:
            _write_secret(self.folder / machine / "secrets/tokens/pool", daemon)
        _write_secret(self.tokens / "pool", user)
        self.client.write_text(client_config(port, str(self.tokens)))
        self.condor_tail.write_text(_CONDOR_TAIL.format(root=HOME / "root"))
        self.condor_tail.chmod(0o755)

    def _write_machine(self, machine: str, port: int, key: bytes) -> None:
        folder = self.folder / machine
        for name in ("log", "spool", "execute", "cred", "secrets", "secrets/tokens"):
            (folder / name).mkdir(parents=True)
        for name in ("secrets", "secrets/tokens"):
            (folder / name).chmod(0o700)
        for name in ("log", "spool", "execute"):
            os.chown(folder / name, *_CONDOR)
        (folder / "condor_config").write_text(machine_config(machine, port, self.cpus))
        _write_secret(folder / "secrets/POOL", key)

    def token(self, user: str, lifetime_s: int | None = None) -> bytes:
        """Return a new token for a user of the pool."""
        command = [HERE / "machine", HOME / "root", "maker", self.folder / HEAD]
        command += ["condor_token_create", "-identity", f"{user}@{DOMAIN}"]
        command += ["-lifetime", str(lifetime_s)] if lifetime_s else []
        return subprocess.run(command, check=True, capture_output=True, timeout=BOUND_S).stdout


_COMM_LETTERS = 15
"""How much of a program's name Linux tells."""

# A program of another Debian, with that one's libraries.
_CONDOR_TAIL = """\
#!/bin/sh
exec {root}/lib64/ld-linux-x86-64.so.2 --library-path {root}/usr/lib:{root}/usr/lib/x86_64-linux-gnu \
    {root}/usr/bin/condor_tail "$@"
"""

_CONDOR = (100, 101)
"""The user `condor` of the root folder."""


def _make_root() -> None:
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "root.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = subprocess.run([HERE / "rootfs", HOME], capture_output=True, text=True, timeout=2 * BOUND_S, check=False)
    if done.returncode:
        raise BedProblem(f"rootfs: {done.stderr}")


def _write_secret(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(data)
