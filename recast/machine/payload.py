"""A program of 200 bytes that shows whether a container starts and a memory limit holds; it needs nothing else.

It writes `started`. If its last argument begins with `h` (hold), it takes 400 MB then, keeps them for three seconds,
and ends well. The code is included as assembled; in C:

    write(1, "started\\n", 8);
    if (argv[argc - 1][0] == 'h') {
        char *p = mmap(0, 400000000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        for (long page = 0; page < 97656; page++) p[page * 4096] = 1;
        nanosleep(&(struct timespec){3, 0}, 0);
    }
    exit(0);
"""

from __future__ import annotations

import gzip
import io
import platform
import struct
import tarfile

from recast.digests import digest_of

__all__ = ["HELD_MB", "PROGRAM", "SAID", "layer", "program"]

HELD_MB = 400
PROGRAM = "/bin/hold"
SAID = "started"

_BASE = 0x400000
_HEADERS = 64 + 56
_MACHINES = {"x86_64": (62, "amd64"), "aarch64": (183, "arm64")}
_CODE = {
    "x86_64": "b801000000bf01000000488d3565000000ba080000000f05488b0c24488b04cc8038687548b80900000031ffbe0084d717ba"
    "0300000041ba2200000049c7c0ffffffff4531c90f0548c7c1787d0100c6000148050010000048ffc975f26a006a034889e7"
    "31f6b8230000000f05b83c00000031ff0f05737461727465640a",
    "aarch64": "200080d241040010020180d2080880d2010000d4e10340f9e07b61f8000040391fa00171e1020054000080d2018090d2e1fa"
    "a2f2620080d2430480d204008092050080d2c81b80d2010000d42100805202af8fd22200a0f20100003900044091420400f1"
    "a1ffff54610080d2e17fbfa9e0030091010080d2a80c80d2010000d4000080d2a80b80d2010000d4737461727465640a",
}


def program(machine: str | None = None) -> tuple[bytes, str]:
    """Return the program for a machine (this one by default), and what images call that architecture.

    Raises KeyError for a machine for which it was not assembled.
    """
    name = machine or platform.machine()
    number, architecture = _MACHINES[name]
    code = bytes.fromhex(_CODE[name])
    size = _HEADERS + len(code)
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    entry = _BASE + _HEADERS
    header = struct.pack("<16sHHIQQQIHHHHHH", ident, 2, number, 1, entry, 64, 0, 0, 64, 56, 1, 64, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, _BASE, _BASE, size, size, 0x10000)
    return header + segment + code, architecture


def layer(content: bytes) -> tuple[bytes, str]:
    """Return a layer (tar, gzip) with the program and nothing but what runtimes expect; and the digest of its tar.

    Apptainer starts what it starts by way of `env`: so the program is there under this name as well.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in ("bin", "dev", "etc", "proc", "sys", "tmp", "usr", "usr/bin", "var", "var/tmp"):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(folder)
        for name in (PROGRAM[1:], "bin/env", "usr/bin/env"):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755
            archive.addfile(entry, io.BytesIO(content))
    tar = buffer.getvalue()
    return gzip.compress(tar, 1, mtime=0), digest_of(tar)
