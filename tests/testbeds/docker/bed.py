"""The test-bed: Debian's dockerd on a socket of its own, with its own containerd, started and stopped by process id."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.testbeds.bed import Bed
from tests.testbeds.processes import BedProblem, end, marked, spawn
from tests.waiting import until

__all__ = ["DockerBed"]

_DAEMON = "dockerd"


@dataclass(frozen=True)
class DockerBed(Bed):
    """A daemon of root's, without any network: what its containers get is none, or this machine's own."""

    @property
    def env(self) -> dict[str, str]:
        """What a client of it needs in its environment."""
        return {"DOCKER_HOST": f"unix://{self.socket}"}

    @property
    def socket(self) -> Path:
        """Where it listens; whoever may open it is root."""
        return self.folder / "docker.sock"

    def call(self, *argv: str) -> str:
        """Run Docker's client; return what it says."""
        done = subprocess.run(
            ["docker", "--host", f"unix://{self.socket}", *argv], capture_output=True, text=True, timeout=120
        )
        if done.returncode:
            raise BedProblem(f"docker {' '.join(argv)}: {done.stdout}{done.stderr}")
        return done.stdout

    def running(self) -> bool:
        """Return whether it was started and has not been stopped since."""
        return super().running() and self.pid(_DAEMON) != 0

    def _make(self) -> None:
        conf = {
            "iptables": False,
            "ip6tables": False,
            "bridge": "none",
            "exec-opts": ["native.cgroupdriver=cgroupfs"],
            "data-root": f"{self.folder}/data",
            "exec-root": f"{self.folder}/exec",
            "pidfile": f"{self.folder}/docker.pid",
            "hosts": [f"unix://{self.socket}"],
            # Without CAP_SYS_RESOURCE, more than this machine's own limit is refused.
            "default-ulimits": {"nofile": {"Name": "nofile", "Hard": 1024, "Soft": 1024}},
        }
        (self.folder / "daemon.json").write_text(json.dumps(conf))
        (self.folder / "log").mkdir()

    def _begin(self) -> None:
        argv = [_DAEMON, "--config-file", f"{self.folder}/daemon.json"]
        self.note(_DAEMON, spawn(argv, self.folder, self.folder / "log/dockerd.out", {}))
        until(self._answers, "the daemon does not answer")

    def _answers(self) -> bool:
        if not self.pid(_DAEMON):
            raise BedProblem("dockerd ended")
        try:
            return bool(self.call("version", "--format", "{{.Server.Version}}").strip())
        except BedProblem:
            return False

    def _end(self) -> None:
        import signal

        # It ends its containerd with it; what is left was killed with us.
        end([pid] if (pid := self.pid(_DAEMON)) else [], signal.SIGTERM)
        end(marked(self.folder))
        for place in reversed(_mounts_below(self.folder)):
            subprocess.run(["umount", "--lazy", place], check=False, capture_output=True)


def _mounts_below(folder: Path) -> list[str]:
    lines = Path("/proc/self/mounts").read_text().splitlines()
    return [place for line in lines if (place := line.split()[1]).startswith(f"{folder}/")]
