"""Files that live in memory and that no process need hold mapped: what is in a container's tmpfs, and memfds.

Where no control group counts memory, they are counted here. Files in flight between processes are not seen.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator

__all__ = ["memory_files_bytes"]

_MOST_DESCRIPTORS = 20_000
"""Descriptors that one look reads at most."""
_ESCAPED = re.compile(r"\\([0-7]{3})")


def memory_files_bytes(pids: Iterable[int]) -> int:
    """Return the bytes of files in memory that processes have for themselves: of each file system and memfd once."""
    pids = list(pids)
    return _of_mounts(pids) + _of_descriptors(pids)


def _of_mounts(pids: Iterable[int]) -> int:
    ours = {device for device, _ in _tmpfs("self")}
    seen = {_namespace("self"), ""}
    sizes_bytes: dict[str, int] = {}
    for pid in pids:
        namespace = _namespace(pid)
        if namespace in seen:
            continue
        seen.add(namespace)
        for device, place in _tmpfs(pid):
            if device not in ours and device not in sizes_bytes:
                with contextlib.suppress(OSError):
                    sizes_bytes[device] = _used(device, f"/proc/{pid}/root{place}")
    return sum(sizes_bytes.values())


def _namespace(pid: int | str) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/mnt")
    except OSError:
        return ""


def _tmpfs(pid: int | str) -> Iterator[tuple[str, str]]:
    """Yield (major:minor, where) of the file systems in memory that a process sees."""
    with (
        contextlib.suppress(OSError),
        open(f"/proc/{pid}/mountinfo", encoding="utf-8", errors="surrogateescape") as file,
    ):
        for line in file:
            fields = line.split(" ")
            if "-" in fields and fields[fields.index("-") + 1] == "tmpfs":
                yield fields[2], _ESCAPED.sub(lambda match: chr(int(match.group(1), 8)), fields[4])


def _used(device: str, path: str) -> int:
    major, _, minor = device.partition(":")
    if os.stat(path).st_dev != os.makedev(int(major), int(minor)):
        return 0  # something else is mounted over it
    found = os.statvfs(path)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def _of_descriptors(pids: Iterable[int]) -> int:
    files: dict[tuple[int, int], int] = {}
    left = _MOST_DESCRIPTORS
    for pid in pids:
        with contextlib.suppress(OSError):
            for name in os.listdir(f"/proc/{pid}/fd")[:left]:
                left -= 1
                with contextlib.suppress(OSError):
                    path = f"/proc/{pid}/fd/{name}"
                    if os.readlink(path).startswith("/memfd:"):
                        found = os.stat(path)
                        files[found.st_dev, found.st_ino] = found.st_blocks * 512
    return sum(files.values())
