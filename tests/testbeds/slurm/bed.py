"""The test-bed: which daemons there are, how each is started, stopped, lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.testbeds.bed import Bed
from tests.testbeds.processes import BedProblem, end, free_ports, has_own_mounts, in_host_of, marked, spawn
from tests.testbeds.slurm import database
from tests.testbeds.slurm.conf import NODES, PARTITION, hosts, slurm_conf, slurmdbd_conf
from tests.waiting import BOUND_S, until

__all__ = ["SlurmBed"]

_NODE_SHELL = 'hostname "$1" && mount --bind "$2" /etc/hosts && shift 2 && exec "$@"'


@dataclass(frozen=True)
class SlurmBed(Bed):
    """A Slurm whose state, logs and configuration are in one folder; `accounts` says whether it has a slurmdbd."""

    accounts: bool = False

    @property
    def conf(self) -> Path:
        """What SLURM_CONF must name."""
        return self.folder / "slurm.conf"

    @property
    def env(self) -> dict[str, str]:
        """What a client of this Slurm needs in its environment."""
        return {"SLURM_CONF": str(self.conf)}

    @property
    def daemons(self) -> tuple[str, ...]:
        """The names of the daemons in the order in which they start."""
        books = ("mariadbd", "slurmdbd") if self.accounts else ()
        return ("munged", *books, "slurmctld", *NODES)

    # life ------------------------------------------------------------------------------------------------------

    def running(self) -> bool:
        """Return whether it was started and its scheduler lives."""
        return super().running() and self.pid("slurmctld") != 0

    def _begin(self) -> None:
        for name in self.daemons:
            self.begin(name)
        if self.accounts:
            self._open_account()
        self.wait_until_idle()

    def _end(self) -> None:
        slurmds = [pid for name in NODES if (pid := self.pid(name))]
        end({*(member for pid in slurmds for member in in_host_of(pid)), *marked(self.folder)})

    def _make(self) -> None:
        for name in ("state", "log", *(f"spool/{node}" for node in NODES)):
            (self.folder / name).mkdir(parents=True)
        names = ("ctld", *NODES, *(("dbd", "database") if self.accounts else ()))
        ports = free_ports(names)
        (self.folder / "ports.json").write_text(json.dumps(ports))
        (self.folder / "hosts").write_text(hosts())
        self.conf.write_text(slurm_conf(self.folder, ports))
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o600)
        if self.accounts:
            books = self.folder / "slurmdbd.conf"
            books.write_text(slurmdbd_conf(self.folder, ports))
            books.chmod(0o600)
            database.make(self.folder)

    # daemons ---------------------------------------------------------------------------------------------------

    def begin(self, name: str) -> None:
        """Start one daemon, which does not run."""
        env = {**self.env, "RECAST_TESTBED_DAEMON": name}
        log = self.folder / "log" / f"{name}.out"
        pid = spawn(self._argv(name), self.folder, log, env)
        self.note(name, pid)
        if name in ("slurmctld", *NODES):
            # Not before is it safe to `spoil` what it sees: it would be what we see.
            self._until(name, lambda: has_own_mounts(pid))
        if name == "munged":
            self._until(name, (self.folder / "munge.sock").exists)
        elif name == "mariadbd":
            database.open_up(self.folder)
        elif name == "slurmdbd":
            self._until(name, lambda: "started" in log.read_text(errors="replace"))
        elif name == "slurmctld":
            self._until(name, lambda: self.call("scontrol", "ping").returncode == 0)

    def quit(self, name: str, number: int = signal.SIGTERM) -> None:
        """End one daemon; the jobs of a node go on."""
        end([pid] if (pid := self.pid(name)) else [], number)

    def lose(self, node: str) -> None:
        """Let a node die: its daemon and all that runs on it."""
        if pid := self.pid(node):
            end(in_host_of(pid))

    def spoil(self, name: str, script: str) -> None:
        """Run a shell script among the mounts that only a daemon and its jobs see."""
        enter = ["nsenter", f"--mount=/proc/{self.pid(name)}/ns/mnt", f"--wdns={self.folder}"]
        done = subprocess.run([*enter, "sh", "-ec", script], capture_output=True, text=True, timeout=BOUND_S)
        if done.returncode:
            raise BedProblem(f"{script} ({name}): {done.stderr}")

    def fix(self) -> None:
        """Start what does not run, bring nodes back, and wait until nothing runs."""
        for name in self.daemons:
            if not self.pid(name):
                self.begin(name)
        self.call("scancel", f"--partition={PARTITION}", f"--user={os.getuid()}")
        self.call("scontrol", "update", f"PartitionName={PARTITION}", "State=UP")
        self.resume_nodes()
        self.wait_until_idle()

    def resume_nodes(self) -> None:
        """Do what an operator does about nodes that Slurm has taken out of service."""
        for node, state in self.nodes().items():
            if state.startswith(("drain", "drng", "down")):
                self.call("scontrol", "update", f"NodeName={node}", "State=RESUME")

    def _argv(self, name: str) -> list[str]:
        here = str(self.folder)
        if name == "munged":
            files = {"key-file": "munge.key", "socket": "munge.sock", "pid-file": "munged.own.pid"}
            files |= {"log-file": "log/munged.log", "seed-file": "munge.seed"}
            return ["munged", "--foreground", "--force", *(f"--{key}={here}/{value}" for key, value in files.items())]
        if name == "mariadbd":
            return database.argv(self.folder)
        if name == "slurmdbd":
            return [name, "-D"]
        apart = ["unshare", "--mount", "--propagation", "slave"]
        if name == "slurmctld":
            return [*apart, name, "-D"]
        return [*apart, "--uts", "sh", "-c", _NODE_SHELL, "sh", name, f"{here}/hosts", "slurmd", "-D"]

    def _until(self, name: str, condition: Callable[[], bool]) -> None:
        """Wait until a daemon is as far as that; raise BedProblem if it ends before."""

        def so() -> bool:
            if not self.pid(name):
                raise BedProblem(f"{name} has ended")
            return condition()

        until(so, name)

    # as a client -----------------------------------------------------------------------------------------------

    def call(self, *argv: str, bound_s: float = BOUND_S) -> subprocess.CompletedProcess[str]:
        """Run a client's command."""
        env = {**os.environ, **self.env}
        return subprocess.run(argv, env=env, capture_output=True, text=True, timeout=bound_s, check=False)

    def nodes(self) -> dict[str, str]:
        """Return the state of each node as sinfo gives it in one short word."""
        said = self.call("sinfo", "--noheader", "--Node", f"--partition={PARTITION}", "--format=%N %t").stdout
        return dict(line.split() for line in said.splitlines())

    def wait_until_idle(self, nodes: Sequence[str] = NODES) -> None:
        """Wait until the nodes are up and nothing runs on them."""
        until(lambda: all(self.nodes().get(node) == "idle" for node in nodes), "nodes are not idle")

    def _open_account(self) -> None:
        """Give root an account to run in, and one that takes few jobs."""
        cluster = "cluster=recast"
        known = ("sacctmgr", "-nP", "list", "cluster", "format=cluster")
        until(lambda: "recast" in self.call(*known).stdout, "slurmctld is not registered with slurmdbd")
        for words in (("account", "atlas"), ("user", "root", "account=atlas", "defaultaccount=atlas")):
            done = self.call("sacctmgr", "-i", "add", *words, cluster)
            if done.returncode:
                raise BedProblem(f"sacctmgr add {' '.join(words)}: {done.stdout}{done.stderr}")
