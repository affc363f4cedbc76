"""The test-bed: a computing element in a folder, started, killed, stopped by process id."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.processes import every, link
from tests.testbeds.arc.authority import Authority, Identity
from tests.testbeds.arc.conf import USER, arc_conf
from tests.testbeds.arc.issuer import Issuer
from tests.testbeds.arc.parts import gather
from tests.testbeds.bed import Bed
from tests.testbeds.processes import BedProblem, end, free_ports, marked, sees, spawn
from tests.testbeds.users import make_user
from tests.waiting import until

__all__ = ["ArcBed", "place"]

_DAEMONS = {"arex": "arc-arex-start", "ws": "arc-arex-ws-start"}
_PROXY_S = 43_200
# An issuer of tokens is verified by the authorities at this place, whatever arc.conf says.
_AUTHORITIES = Path("/etc/grid-security/certificates")
_BIND = f'mount --bind "$1" {_AUTHORITIES} && shift && exec "$@"'
_WITH_AUTHORITIES = ("unshare", "--mount", "--propagation", "slave", "sh", "-c", _BIND, "sh")


def place(folder: Path) -> Path:
    """Return where a bed may live: the folder itself, unless others than root cannot get there; jobs must."""
    parents = [parent for parent in folder.absolute().parents if parent.exists()]
    if all(parent.stat().st_mode & 0o001 for parent in parents):
        return folder.absolute()
    return Path("/var/tmp") / f"recast-arc-{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"


@dataclass(frozen=True)
class ArcBed(Bed):
    """A computing element whose state is in one folder; `lrms` is what it is in front of: `fork` or `slurm`.

    `daemon_env` is what its daemons get in their environment, such as SLURM_CONF.
    """

    lrms: str = "fork"
    daemon_env: Mapping[str, str] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        """What a client of it needs in its environment."""
        proxy = {"X509_USER_PROXY": str(self.proxy), "X509_CERT_DIR": str(self.certificates)}
        return {"RECAST_ARC_ENDPOINTS": self.endpoint, **proxy}

    @property
    def endpoint(self) -> str:
        """Where its interface is."""
        return f"https://localhost:{self._ports['ws']}/arex"

    @property
    def proxy(self) -> Path:
        """The proxy of the user that it accepts."""
        return self.folder / "proxy"

    @property
    def certificates(self) -> Path:
        """The certificate authorities that sign for it."""
        return self.authority.certificates

    @property
    def authority(self) -> Authority:
        """Its certificate authority."""
        return Authority(self.folder / "authority")

    @property
    def user(self) -> Identity:
        """The user that it accepts."""
        return self.authority.sign("user")

    # life ------------------------------------------------------------------------------------------------------

    def running(self) -> bool:
        """Return whether it was started, and has not been stopped since."""
        return super().running() and any(self.pid(name) for name in _DAEMONS)

    def _begin(self) -> None:
        self.begin()

    def _end(self) -> None:
        end([pid for name in _DAEMONS if (pid := self.pid(name))])
        while left := self._jobs() | set(marked(self.folder)):
            end(left)

    def begin(self) -> None:
        """Start the daemons, which do not run."""
        env = {
            **self.daemon_env,
            "ARC_LOCATION": str(self.folder / "root"),
            "ARC_CONFIG": str(self.folder / "arc.conf"),
        }
        _AUTHORITIES.mkdir(parents=True, exist_ok=True)
        for name, program in _DAEMONS.items():
            log = self.folder / "log" / f"{name}.out"
            daemon = [f"{self.folder}/root/share/arc/{program}", "--foreground"]
            argv = [*_WITH_AUTHORITIES, str(self.certificates), *daemon]
            self.note(name, spawn(argv, self.folder, log, env))
        until(self._answers, "A-REX does not answer")

    def kill(self) -> None:
        """Kill the daemons at once; jobs go on."""
        end([pid for name in _DAEMONS if (pid := self.pid(name))], signal.SIGKILL)

    def renew_proxy(self, life_s: int = _PROXY_S) -> Path:
        """Write the user's proxy anew."""
        return self.authority.proxy(self.user, self.proxy, life_s)

    def issuer(self) -> Issuer:
        """Return the issuer of tokens that it accepts; it has to be entered."""
        return Issuer(self.authority, self._ports["issuer"])

    @property
    def _ports(self) -> dict[str, int]:
        ports: dict[str, int] = json.loads((self.folder / "ports.json").read_text())
        return ports

    def _answers(self) -> bool:
        for name in _DAEMONS:
            if not self.pid(name):
                raise BedProblem(f"{name} ended: {(self.folder / 'log' / f'{name}.out').read_text()[-2000:]}")
        with suppress(OSError), socket.create_connection(("127.0.0.1", self._ports["ws"]), 1):
            return True
        return False

    def _jobs(self) -> set[int]:
        """Return the processes that work in the folders of its jobs."""
        inside = f"{self.folder}/sessions/"
        return {pid for pid in every() if link(pid, "cwd").startswith(inside) and sees(pid, self.folder)}

    def _make(self) -> None:
        make_user(USER)
        for name in ("log", "run", "control", "sessions"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "tmp").mkdir()
        (self.folder / "tmp").chmod(0o1777)
        (self.folder / "ports.json").write_text(json.dumps(free_ports(["ws", "issuer"])))
        (self.folder / "images").mkdir()
        shutil.chown(self.folder / "images", USER)
        gather(self.folder / "root")
        enabled = self.folder / "control/rte/enabled/ENV"
        enabled.mkdir(parents=True)
        (enabled / "PROXY").symlink_to(self.folder / "root/share/arc/rte/ENV/PROXY")
        self.authority.found()
        self.authority.sign("host", "localhost")
        (self.folder / "allowed-subjects").write_text(f'"{self.user.subject}"\n')
        self.renew_proxy()
        text = arc_conf(self.folder, self.folder / "sessions", self._ports, self.lrms)
        (self.folder / "arc.conf").write_text(text)
