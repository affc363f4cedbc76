"""What all guests of a suite share, in the cache of this user: the disk, and a guest saved when it had just booted.

Making them takes minutes, so they outlive a checkout. They are never written to: a guest writes into a layer above.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.testbeds.processes import BedProblem
from tests.testbeds.vm.packages import LOCK, make_packages
from tests.testbeds.vm.qemu import accelerator, guest_argv

__all__ = ["SUITES", "Disks"]

SUITES = ("bookworm", "trixie")
_HERE = Path(__file__).resolve().parent
_MAKE_S = 1800


@dataclass(frozen=True)
class Disks:
    """The folder of a suite."""

    suite: str

    @property
    def base(self) -> Path:
        """Where the kernel, the disk as it was made, and the key of its users are."""
        cache = os.environ.get("RECAST_TESTBED_CACHE") or Path.home() / ".cache/recast-testbeds"
        return Path(cache) / "vm" / self.suite

    @property
    def saved(self) -> Path:
        """Where a guest is that was saved; another one, if anything that it was made from has changed."""
        made_from = [(_HERE / name).read_bytes() for name in ("rootfs", "packages.py")]
        devices = guest_argv(Path("base"), Path("packages"), "", 0, state=None, more="")
        version = subprocess.run(
            ["qemu-system-x86_64", "--version"], capture_output=True, check=True, timeout=60
        ).stdout
        known = hashlib.sha256(b"".join([*made_from, " ".join(devices).encode(), version, LOCK.read_bytes()]))
        return self.base / f"saved-{known.hexdigest()[:12]}"

    @property
    def packages(self) -> Path:
        """The disk of RECAST's dependencies."""
        return self.saved / "packages.img"

    def accelerator(self) -> str:
        """Return by what QEMU runs a guest here."""
        return accelerator(self.base)

    def prepare(self, boot_and_save: Callable[[Path], None]) -> None:
        """Make what is missing; `boot_and_save` leaves `disk.qcow2` and `state` in a folder. Raises BedProblem."""
        self.base.mkdir(parents=True, exist_ok=True)
        with self._locked():
            self._rootfs()
            if (self.saved / "ready").exists():
                return
            for old in self.base.glob("saved-*"):
                shutil.rmtree(old)
            self.saved.mkdir()
            make_packages(self.packages, self.suite)
            boot_and_save(self.saved)
            (self.saved / "ready").touch()

    def _rootfs(self) -> None:
        argv = [str(_HERE / "rootfs"), str(self.base), self.suite]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=_MAKE_S)
        if done.returncode:
            raise BedProblem(f"{argv[0]}: {done.stderr[-3000:]}")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.base / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
