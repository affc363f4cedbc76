"""The system calls that a payload may not use: a seccomp filter as bytes, for this machine's call numbers. Pure.

Capabilities and namespaces keep a payload from most; what is left here is shared with the user whatever namespace one
is in (keyrings), can type into a terminal (TIOCSTI), speaks to the machine below a virtual one (AF_VSOCK), or is known
more for its faults than for its use in an analysis. Numbers: Linux, `syscall*.tbl` and `asm-generic/unistd.h`.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple, Optional

__all__ = ["MACHINES", "filter_for"]

_LOAD, _JUMP, _EQUAL, _AT_LEAST, _AND, _RETURN = 0x20, 0x05, 0x15, 0x35, 0x54, 0x06
_NUMBER_AT, _ARCH_AT, _ARGUMENTS_AT = 0, 4, 16
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_X32 = 0x40000000
_MOUNTS = {
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "mount_setattr": 442,
}
_IO_URING = {"io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427}
_EVERYWHERE = {**_MOUNTS, **_IO_URING}
"""Since Linux 5.1 a new call has one number on all machines."""


class _Abi(NamedTuple):
    """One way to call the kernel: its AUDIT_ARCH, the calls that are refused, and those judged by an argument."""

    arch: int
    refused: Mapping[str, int]
    ioctl: int
    socket: int
    shmget: int
    ipc: int = -1
    has_x32: bool = False


_X86_64 = _Abi(
    arch=0xC000003E,
    refused={
        **_EVERYWHERE,
        **{"add_key": 248, "request_key": 249, "keyctl": 250},
        **{"userfaultfd": 323, "bpf": 321, "perf_event_open": 298, "lookup_dcookie": 212, "open_by_handle_at": 304},
        **{"kexec_load": 246, "kexec_file_load": 320, "init_module": 175, "delete_module": 176, "finit_module": 313},
        **{"mount": 165, "umount2": 166, "pivot_root": 155, "swapon": 167, "swapoff": 168, "reboot": 169},
        **{"acct": 163, "quotactl": 179, "syslog": 103, "iopl": 172, "ioperm": 173},
    },
    ioctl=16,
    socket=41,
    shmget=29,
    has_x32=True,
)
_I386 = _Abi(
    arch=0x40000003,
    refused={
        **_EVERYWHERE,
        **{"add_key": 286, "request_key": 287, "keyctl": 288},
        **{"userfaultfd": 374, "bpf": 357, "perf_event_open": 336, "lookup_dcookie": 253, "open_by_handle_at": 342},
        **{"kexec_load": 283, "init_module": 128, "delete_module": 129, "finit_module": 350},
        **{"mount": 21, "umount": 22, "umount2": 52, "pivot_root": 217, "swapon": 87, "swapoff": 115, "reboot": 88},
        **{"acct": 51, "quotactl": 131, "syslog": 103, "iopl": 110, "ioperm": 101, "vm86old": 113, "vm86": 166},
    },
    ioctl=54,
    socket=359,
    shmget=395,
    ipc=117,
)
_AARCH64 = _Abi(
    arch=0xC00000B7,
    refused={
        **_EVERYWHERE,
        **{"add_key": 217, "request_key": 218, "keyctl": 219},
        **{"userfaultfd": 282, "bpf": 280, "perf_event_open": 241, "lookup_dcookie": 18, "open_by_handle_at": 265},
        **{"kexec_load": 104, "kexec_file_load": 294, "init_module": 105, "delete_module": 106, "finit_module": 273},
        **{"mount": 40, "umount2": 39, "pivot_root": 41, "swapon": 224, "swapoff": 225, "reboot": 142},
        **{"acct": 89, "quotactl": 60, "syslog": 116},
    },
    ioctl=29,
    socket=198,
    shmget=194,
)
_ARM = _Abi(
    arch=0x40000028,
    refused={
        **_EVERYWHERE,
        **{"add_key": 309, "request_key": 310, "keyctl": 311},
        **{"userfaultfd": 388, "bpf": 386, "perf_event_open": 364, "lookup_dcookie": 249, "open_by_handle_at": 371},
        **{"kexec_load": 347, "kexec_file_load": 401, "init_module": 128, "delete_module": 129, "finit_module": 379},
        **{"mount": 21, "umount2": 52, "pivot_root": 218, "swapon": 87, "swapoff": 115, "reboot": 88},
        **{"acct": 51, "quotactl": 131, "syslog": 103},
    },
    ioctl=54,
    socket=281,
    shmget=307,
)

MACHINES: Mapping[str, tuple[_Abi, ...]] = {"x86_64": (_X86_64, _I386), "aarch64": (_AARCH64, _ARM)}
"""`uname -m` -> the ways in which programs there call the kernel."""

_TIOCSTI, _TIOCLINUX, _AF_VSOCK, _SHMGET = 0x5412, 0x541C, 40, 23


@lru_cache(maxsize=4)
def filter_for(machine: str, *, shared_memory: bool) -> Optional[bytes]:
    """Return the filter for `uname -m`, as `struct sock_filter`s; None for a machine whose numbers are not known here.

    Without `shared_memory`, segments of System V cannot be made: no process holds them, so where no control group
    counts memory, nobody would. A call of a kind that is not the machine's own is refused whole.
    """
    if machine not in MACHINES:
        return None
    program: list[bytes] = [_step(_LOAD, _ARCH_AT)]
    for abi in MACHINES[machine]:
        section = _section(abi, shared_memory)
        program += [_step(_EQUAL, abi.arch, 0, len(section)), *section]
    return b"".join([*program, _refuse(errno.ENOSYS)])


def _section(abi: _Abi, shared_memory: bool) -> list[bytes]:
    """Return the rules of one way to call the kernel; it ends the program whatever the call is."""
    section = [_step(_LOAD, _NUMBER_AT)]
    if abi.has_x32:
        section += [_step(_AT_LEAST, _X32, 0, 1), _refuse(errno.ENOSYS)]
    numbers = sorted(abi.refused.values())
    section += [_step(_EQUAL, number, len(numbers) - index, 0) for index, number in enumerate(numbers)]
    section += [_step(_JUMP, 1), _refuse(errno.EPERM)]
    for command in (_TIOCSTI, _TIOCLINUX):
        section += _by_argument(abi.ioctl, 1, 0xFFFFFFFF, command, errno.EPERM)
    section += _by_argument(abi.socket, 0, 0xFFFFFFFF, _AF_VSOCK, errno.EAFNOSUPPORT)
    if not shared_memory:
        section += [_step(_EQUAL, abi.shmget, 0, 1), _refuse(errno.ENOSPC)]
        section += _by_argument(abi.ipc, 0, 0xFFFF, _SHMGET, errno.ENOSPC) if abi.ipc >= 0 else []
    return [*section, _step(_RETURN, _ALLOW)]


def _by_argument(number: int, argument: int, mask: int, value: int, code: int) -> list[bytes]:
    """Refuse a call for one value of an argument; the kernel takes these as 32 bits, whatever stands above them."""
    return [
        _step(_EQUAL, number, 0, 5),
        _step(_LOAD, _ARGUMENTS_AT + 8 * argument),
        _step(_AND, mask),
        _step(_EQUAL, value, 0, 1),
        _refuse(code),
        _step(_LOAD, _NUMBER_AT),
    ]


def _refuse(code: int) -> bytes:
    return _step(_RETURN, _ERRNO | code)


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
