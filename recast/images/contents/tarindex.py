"""The offsets of the members of an untrusted tar: nothing is unpacked, memory is bounded."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, NoReturn

from recast.layers.faults import LayerFault
from recast.layers.tarstream import entries

__all__ = ["TarIndex", "index_tar"]

_MOST_MEMBERS = 50_000
_MOST_HOPS = 4


@dataclass(frozen=True, slots=True)
class TarIndex:
    """The files of a tar, name -> (offset, size), and its links, name -> target as written."""

    files: dict[str, tuple[int, int]] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)

    def find(self, name: str) -> tuple[int, int] | None:
        """Return where a file lies, also behind links that stay inside; None if it is not there."""
        for _ in range(_MOST_HOPS):
            if name not in self.links:
                break
            name = posixpath.normpath(posixpath.join(posixpath.dirname(name), self.links[name])).lstrip("/")
        return self.files.get(name)


def index_tar(file: IO[bytes], refuse: Callable[[str], NoReturn]) -> TarIndex:
    """Read the headers of an uncompressed tar; `refuse` raises the caller's error for an invalid one.

    Refused are names that lead out, two files with one name, devices, a truncated file, too many members.
    """
    found = TarIndex()
    end = os.fstat(file.fileno()).st_size
    try:
        for count, entry in enumerate(entries(file)):
            if count >= _MOST_MEMBERS:
                refuse(f"it has more than {_MOST_MEMBERS} members")
            name = _safe(entry.name, refuse)
            if entry.kind not in "0125":
                refuse(f"its member {name!r} is a link or a device")
            if entry.kind in "012" and (name in found.files or name in found.links):
                refuse(f"two of its members are called {name!r}")
            if entry.kind == "0":
                found.files[name] = (file.tell(), entry.size)
            elif entry.kind in "12":
                # The target of a hard link is relative to the top, that of a symbolic one to its own folder.
                found.links[name] = f"/{entry.link}" if entry.kind == "1" else entry.link
            if file.seek(entry.size, os.SEEK_CUR) > end:
                refuse("it was cut off")
    except LayerFault as problem:
        refuse(problem.why)
    return found


def _safe(name: str, refuse: Callable[[str], NoReturn]) -> str:
    """Return the normalised name of a member; refuse one that leads out of the archive."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts or "\0" in name or len(name) > 1000:
        refuse(f"its member {name[:80]!r} leads out of it")
    return "/".join(parts)
