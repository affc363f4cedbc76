"""The test-bed: one guest that goes on from where it was saved, reached by ssh as the users that it has."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.testbeds.bed import BEDS, Bed
from tests.testbeds.processes import BedProblem, end, free_ports, spawn
from tests.testbeds.vm.checkout import packed_checkout
from tests.testbeds.vm.disks import Disks
from tests.testbeds.vm.qemu import go_on, guest_argv, overlay, save
from tests.waiting import BOUND_S, until

__all__ = ["CODE", "HOME", "USERS", "Machine"]

HOME = BEDS / "vm"
USERS = ("root", "ana", "dora")
"""ana may use sudo and is in no group but her own; dora is in the group docker."""

CODE = "/opt/recast"
"""Where a checkout lies in the guest; `recast` there is `/usr/local/bin/recast`."""

_PUSHED = (
    "recast",
    "specs/base-images",
    "specs/skeletons",
    "docs/reference/rules",
    "tests/__init__.py",
    "tests/busybox.py",
    "tests/machines",
    "tests/processes.py",
    "tests/testbeds",
    "tests/waiting.py",
)
_WARM = "systemctl start docker && docker info >/dev/null && podman info >/dev/null && sync"
_BOOT_S = 1200.0


@dataclass(frozen=True)
class Machine(Bed):
    """One guest in one folder."""

    suite: str = "bookworm"

    @property
    def env(self) -> dict[str, str]:
        """What a shell needs to reach it."""
        return {"RECAST_VM_PORT": self.port, "RECAST_VM_KEY": str(self.disks.base / "key")}

    @property
    def disks(self) -> Disks:
        """What it shares with others."""
        return Disks(self.suite)

    @property
    def port(self) -> str:
        """The port of loopback where its sshd is."""
        return (self.folder / "port").read_text()

    # life ------------------------------------------------------------------------------------------------------

    def _make(self) -> None:
        self.disks.prepare(self._boot_and_save)
        (self.folder / "port").write_text(str(free_ports(["ssh"])["ssh"]))
        overlay(self.folder / "disk.qcow2", self.disks.saved / "disk.qcow2", "qcow2")

    def _begin(self) -> None:
        self._qemu(self.folder, self.disks.saved / "state")
        go_on(self.folder / "qmp")
        self._greet()
        self.push()

    def _end(self) -> None:
        end([pid for pid in (self.pid("qemu"),) if pid])

    def cut_power(self) -> None:
        """End it as a power cut does: what was not on its disk is lost."""
        self._end()

    def boot(self, quick: bool = False) -> None:
        """Start it anew from its disk, however it ended; `quick`: without systemd, with nothing but sshd."""
        self._end()
        for line in self.folder.glob("ssh-*"):
            line.unlink(missing_ok=True)
        self._qemu(self.folder, None, f"init={CODE}/tests/testbeds/vm/quick-init" if quick else "")
        self._greet()

    def _boot_and_save(self, there: Path) -> None:
        """Boot a guest for the first time, start what takes long, and save it as it runs."""
        (self.folder / "port").write_text(str(free_ports(["ssh"])["ssh"]))
        overlay(there / "disk.qcow2", self.disks.base / "disk.raw", "raw")
        self._qemu(there, None)
        self._greet()
        self.ssh("root", _WARM, check=True)
        self.hang_up()
        save(there / "qmp", there / "state")
        self._end()
        for name in ("disk.qcow2", "state", "packages.img"):
            (there / name).chmod(0o444)

    def _qemu(self, there: Path, state: Path | None, more: str = "") -> None:
        disks = self.disks
        argv = guest_argv(disks.base, disks.packages, disks.accelerator(), int(self.port), state=state, more=more)
        (there / "qmp").unlink(missing_ok=True)
        self.note("qemu", spawn(argv, there, self.folder / "qemu.log", {}))

    def _greet(self) -> None:
        """Wait for its sshd, and tell it what time it is."""
        give_up_at = time.monotonic() + _BOOT_S
        while not self._connected("root", "", 120):
            if not self.pid("qemu") or time.monotonic() > give_up_at:
                raise BedProblem("the guest cannot be reached by ssh")
            time.sleep(1)
        self.ssh("root", f"date -s @{time.time():.0f}", check=True)

    # into it ---------------------------------------------------------------------------------------------------

    def ssh(
        self,
        user: str,
        command: str,
        *,
        session: str = "",
        given: bytes | None = None,
        bound_s: float = BOUND_S,
        check: bool = False,
        more: Sequence[str] = (),
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of the shell as a user; all of one `session` share one login.

        `check`: raise BedProblem unless it succeeds.
        """
        argv = self.argv(user, command, session=session, more=more)
        done = subprocess.run(
            argv,
            input=given or b"",
            capture_output=True,
            cwd=self.folder,
            timeout=bound_s,
        )
        out, err = (text.decode(errors="replace") for text in (done.stdout, done.stderr))
        if check and done.returncode:
            raise BedProblem(
                f"{command} (as {user} in the guest) ended with {done.returncode}:\n{out[-1500:]}{err[-1500:]}"
            )
        return subprocess.CompletedProcess(done.args, done.returncode, out, err)

    def argv(self, user: str, command: str, *, session: str = "", more: Sequence[str] = ()) -> list[str]:
        """Return what runs a command in a session that is there from now on; to be started in the bed's folder."""
        until(lambda: self._connected(user, session, BOUND_S), f"a login of {user}")
        line = ["-o", f"ControlPath={_line(user, session)}", "-p", self.port]
        return ["ssh", *self._options(), *line, *more, f"{user}@127.0.0.1", command]

    def shell_argv(self, user: str) -> list[str]:
        """Return what opens a shell, by a login of its own."""
        return ["ssh", *self._options(), "-p", self.port, f"{user}@127.0.0.1"]

    def hang_up(self, user: str = "", session: str = "") -> None:
        """End a session, or all of them."""
        lines = [self.folder / _line(user, session)] if user else sorted(self.folder.glob("ssh-*"))
        for line in lines:
            end([pid for pid in (self.pid(line.name),) if pid], 15)
            line.unlink(missing_ok=True)

    def push(self, *names: str) -> None:
        """Copy files and folders of this checkout into the guest, what RECAST needs to run if none is named."""
        packed = packed_checkout(names or _PUSHED)
        self.ssh("root", f"mkdir -p {CODE} && tar -xzm -C {CODE}", given=packed, check=True)

    def _connected(self, user: str, session: str, bound_s: float) -> bool:
        """Return whether a session's line is there; one that is not is opened, in a process that stays."""
        name = _line(user, session)
        if (self.folder / name).exists():
            return True
        if not self.pid(name):
            argv = ["ssh", *self._options(), "-MN", "-o", f"ControlPath={name}", "-p", self.port, f"{user}@127.0.0.1"]
            self.note(name, spawn(argv, self.folder, self.folder / "ssh.log", {}))
        give_up_at = time.monotonic() + bound_s
        while self.pid(name) and time.monotonic() < give_up_at:
            if (self.folder / name).exists():
                return True
            time.sleep(0.1)
        return False

    def _options(self) -> list[str]:
        base = self.disks.base
        said = [
            "BatchMode=yes",
            "ConnectTimeout=120",
            "LogLevel=ERROR",
            "ServerAliveInterval=60",
            "ServerAliveCountMax=30",
        ]
        files = [f"IdentityFile={base / 'key'}", "IdentitiesOnly=yes", f"UserKnownHostsFile={base / 'known_hosts'}"]
        return ["-F", "none", *(word for option in (*said, *files) for word in ("-o", option))]


def _line(user: str, session: str) -> str:
    """A short name, beside the process that opens it: the path of a socket has a bound."""
    return f"ssh-{user}{session and '-' + session}"
