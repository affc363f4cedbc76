"""QEMU: how a guest is started, spoken to, saved as it runs, and gone on with."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.testbeds.processes import BedProblem
from tests.waiting import until

__all__ = ["MEMORY_MB", "accelerator", "ask", "go_on", "guest_argv", "overlay", "save"]

MEMORY_MB = 3072
_KVM_BOUND_S = 20.0


def overlay(path: Path, below: Path, kind: str) -> None:
    """Make a disk that holds what differs from another one, which is never written to."""
    argv = ["qemu-img", "create", "-q", "-f", "qcow2", "-b", str(below), "-F", kind, str(path)]
    subprocess.run(argv, check=True, timeout=60)


def guest_argv(base: Path, packages: Path, accel: str, port: int, *, state: Path | None, more: str) -> list[str]:
    """Return the command of a guest: its disk is `disk.qcow2` where QEMU starts, its sshd at a port of loopback.

    The devices of a saved guest and of one that goes on from it have to be the same. A flush of the guest's is a flush
    here, so that a guest that is killed is one that lost its power.
    """
    network = f"user,id=n0,restrict=on,hostfwd=tcp:127.0.0.1:{port}-:22"
    return [
        *("qemu-system-x86_64", "-machine", "q35", "-accel", accel, "-cpu", "max", "-smp", "2", "-m", str(MEMORY_MB)),
        *("-nodefaults", "-no-user-config", "-display", "none", "-monitor", "none"),
        *("-kernel", str(base / "vmlinuz"), "-initrd", str(base / "initrd.img")),
        *("-append", f"root=/dev/vda rw console=ttyS0 net.ifnames=0 mitigations=off {more}"),
        *("-drive", "if=virtio,format=qcow2,cache=writeback,file=disk.qcow2"),
        *("-drive", f"if=virtio,format=raw,readonly=on,file={packages}"),
        *("-device", "virtio-rng-pci", "-netdev", network, "-device", "virtio-net-pci,netdev=n0"),
        *("-serial", "file:console.log", "-qmp", "unix:qmp,server=on,wait=off"),
        *(("-incoming", f"exec:cat '{state}'") if state else ()),
    ]


def ask(control: Path, command: str, **arguments: Any) -> Any:
    """Ask a running QEMU something over its socket; return the answer."""
    with socket.socket(socket.AF_UNIX) as line, _short(control) as path:
        line.settimeout(60)
        line.connect(path)
        with line.makefile("rw") as words:
            words.readline()
            for name, given in (("qmp_capabilities", {}), (command, arguments)):
                words.write(json.dumps({"execute": name, "arguments": given}) + "\n")
                words.flush()
                answer = _answer(words)
    return answer


@contextmanager
def _short(control: Path) -> Iterator[str]:
    """Yield another path of a socket: one of more than 107 letters cannot be connected to."""
    folder = os.open(control.parent, os.O_PATH)
    try:
        yield f"/proc/self/fd/{folder}/{control.name}"
    finally:
        os.close(folder)


def _answer(words: Any) -> Any:
    for line in words:
        told = json.loads(line)
        if "error" in told:
            raise BedProblem(f"QEMU: {told['error']['desc']}")
        if "return" in told:
            return told["return"]
    raise BedProblem("QEMU: no answer")


def save(control: Path, state: Path) -> None:
    """Write down a guest as it runs now, all but its disk; it stands still from now on."""
    ask(control, "stop")
    ask(control, "migrate-set-parameters", **{"max-bandwidth": 10**10})
    ask(control, "migrate", uri=f"exec:cat >'{state}'")

    def is_saved() -> bool:
        status = ask(control, "query-migrate").get("status")
        if status == "failed":
            raise BedProblem("QEMU: the guest could not be saved")
        return bool(status == "completed")

    until(is_saved, "the guest to be saved")


def go_on(control: Path) -> None:
    """Let a guest go on that was read from where it was saved."""

    def is_read() -> bool:
        with suppress(OSError, ValueError):
            return bool(ask(control, "query-status")["status"] == "paused")
        return False

    until(is_read, "the saved guest to be read")
    ask(control, "cont")


def accelerator(base: Path) -> str:
    """Return `kvm` if a kernel has been seen to start under it here: that /dev/kvm opens does not say so."""
    known = base / "accelerator"
    if not known.exists():
        known.write_text("kvm" if _kvm_boots(base) else "tcg,thread=multi,tb-size=1024")
    return known.read_text()


def _kvm_boots(base: Path) -> bool:
    kernel: Sequence[str] = ("-kernel", str(base / "vmlinuz"), "-append", "console=ttyS0 earlyprintk=ttyS0 panic=-1")
    argv = ["qemu-system-x86_64", "-machine", "q35", "-accel", "kvm", "-cpu", "max", "-m", "512", "-nodefaults"]
    command = [*argv, *kernel, "-display", "none", "-no-reboot", "-serial", "stdio"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as qemu:
        assert qemu.stdout
        try:
            told, give_up_at = b"", time.monotonic() + _KVM_BOUND_S
            os.set_blocking(qemu.stdout.fileno(), False)
            while b"Linux version" not in told and qemu.poll() is None and time.monotonic() < give_up_at:
                told += qemu.stdout.read() or b""
                time.sleep(0.1)
        finally:
            qemu.kill()
    return b"Linux version" in told
