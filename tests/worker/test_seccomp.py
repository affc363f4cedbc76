"""The filter, run by a small interpreter of the kernel's: every call of every machine is judged as it should be."""

import errno
import struct

import pytest

from recast.worker.processes.seccomp import MACHINES, filter_for

ALLOW = 0x7FFF0000


def judge(program, arch, number, *arguments):
    """Run a filter; return the errno that it answers, None if it allows the call."""
    data = struct.pack("=IIQ6Q", number & 0xFFFFFFFF, arch, 0, *[*arguments, 0, 0, 0, 0, 0, 0][:6])
    at = accumulator = 0
    steps = [struct.unpack_from("=HBBI", program, offset) for offset in range(0, len(program), 8)]
    while True:
        code, if_true, if_false, value = steps[at]
        at += 1
        if code == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, value)
        elif code == 0x54:
            accumulator &= value
        elif code == 0x05:
            at += value
        elif code == 0x06:
            return None if value == ALLOW else value & 0xFFFF
        else:
            at += if_true if (accumulator == value if code == 0x15 else accumulator >= value) else if_false


@pytest.fixture(
    params=[(machine, abi) for machine in MACHINES for abi in MACHINES[machine]], ids=lambda p: hex(p[1].arch)
)
def machine(request):
    return request.param


def test_each_call_is_judged(machine):
    name, abi = machine
    program = filter_for(name, shared_memory=True)
    refused = set(abi.refused.values())
    assert {"keyctl", "add_key", "request_key", "bpf", "userfaultfd", "mount"} <= set(abi.refused)
    for number in range(600):
        assert judge(program, abi.arch, number) == (errno.EPERM if number in refused else None), number


def test_some_are_judged_by_an_argument(machine):
    name, abi = machine
    program = filter_for(name, shared_memory=True)
    for command in (0x5412, 0x541C, 0xFFFFFFFF00005412):
        assert judge(program, abi.arch, abi.ioctl, 0, command) == errno.EPERM
    assert judge(program, abi.arch, abi.ioctl, 0, 0x5413) is None
    assert judge(program, abi.arch, abi.socket, 40) == errno.EAFNOSUPPORT
    assert judge(program, abi.arch, abi.socket, 1) is None


def test_shared_memory_is_refused_where_nobody_counts_it(machine):
    name, abi = machine
    program = filter_for(name, shared_memory=False)
    assert judge(program, abi.arch, abi.shmget) == errno.ENOSPC
    if abi.ipc >= 0:
        assert judge(program, abi.arch, abi.ipc, (1 << 16) | 23) == errno.ENOSPC
        assert judge(program, abi.arch, abi.ipc, 21) is None
    assert judge(program, abi.arch, abi.socket, 40) == errno.EAFNOSUPPORT


def test_strange_ways_to_call_are_refused_whole():
    for name in MACHINES:
        assert judge(filter_for(name, shared_memory=True), 0xDEAD, 1) == errno.ENOSYS
    native = MACHINES["x86_64"][0]
    assert judge(filter_for("x86_64", shared_memory=True), native.arch, 0x40000000 | 250) == errno.ENOSYS
    assert filter_for("m68k", shared_memory=True) is None
