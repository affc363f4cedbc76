"""Normalise layers: sorted, times clamped, no leftovers, so that equal content gives equal digests.

Layers are stored as plain tar. Compressed bytes would depend on the compressor's version, and a digest that changes
with zlib is not a pin; plain tar is also what a run unpacks fastest.
"""

from __future__ import annotations

import fnmatch
import re
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from recast.images.layout import CHUNK_BYTES
from recast.images.told import layers_told
from recast.layers.faults import LayerFault
from recast.layers.stream import LayerStream, Limits, open_layer
from recast.layers.tarstream import Entry, entries, read_exactly

__all__ = ["LEFTOVERS", "normal_layer"]

LEFTOVERS = (
    "dev/*",
    "proc/*",
    "run/*",
    "sys/*",
    "tmp/*",
    "var/tmp/*",
    "etc/apt/sources.list",
    "etc/apt/sources.list.d/*",
    "etc/apt/apt.conf.d/99mmdebstrap",
    "etc/hostname",
    "etc/hosts",
    "etc/machine-id",
    "etc/mtab",
    "etc/resolv.conf",
    "root/.cache",
    "root/.cache/*",
    "var/cache/apt/*",
    "var/cache/debconf/*-old",
    "var/cache/ldconfig/*",
    "var/lib/apt/lists/*",
    "var/lib/dpkg/*-old",
    "var/lib/dbus/machine-id",
    "var/log/*",
)
"""What a build leaves behind and no image should contain: traces of the machine, of package mirrors, of the time."""

_END = bytes(2 * tarfile.BLOCKSIZE)
_FOLDER, _HARD_LINK, _DEVICES = "5", "1", "346"


@dataclass(frozen=True, slots=True)
class _Placed:
    entry: Entry
    path: str
    offset: int


def normal_layer(tar: Path, timestamp: int, exclude: Iterable[str] = ()) -> Iterator[bytes]:
    """Yield an uncompressed tar file's content in normal form.

    Sorted by path, parents first, hard links last; times no later than `timestamp` (seconds); numeric owners; no
    devices, none of `LEFTOVERS` and `exclude` (globs on paths without a leading slash).
    """
    unwanted = re.compile("|".join(fnmatch.translate(pattern) for pattern in [*LEFTOVERS, *exclude]))
    with layers_told():
        placed = {item.path: item for item in _placed(tar) if not unwanted.match(item.path)}
    with tar.open("rb") as file:
        for item in sorted(placed.values(), key=lambda item: (item.entry.kind == _HARD_LINK, item.path.split("/"))):
            if item.entry.kind not in _DEVICES:
                yield _header(item, timestamp)
                yield from _content(file, item)
    yield _END


def _placed(tar: Path) -> Iterator[_Placed]:
    most = Limits().entries
    with open_layer(tar, Limits().total_bytes) as stream:
        for count, entry in enumerate(entries(stream)):
            if count >= most:
                raise LayerFault("A layer has too many entries", where=str(tar), why=f"over {most}", code="image.bomb")
            path = "/".join(part for part in entry.name.split("/") if part not in ("", "."))
            if path:
                yield _Placed(entry, path, stream.position)
            _skip(stream, entry.size)


def _skip(stream: LayerStream, size: int) -> None:
    while size > 0:
        size -= len(stream.read(min(size, CHUNK_BYTES))) or size


def _header(item: _Placed, timestamp: int) -> bytes:
    entry = item.entry
    info = tarfile.TarInfo(item.path + "/" * (entry.kind == _FOLDER))
    info.type = entry.kind.encode()
    info.mode, info.uid, info.gid, info.size = entry.mode, entry.uid, entry.gid, entry.size
    info.linkname = entry.link.removeprefix("./") if entry.kind == _HARD_LINK else entry.link
    info.mtime = min(max(entry.mtime_ns // 10**9, 0), timestamp)
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def _content(file: IO[bytes], item: _Placed) -> Iterator[bytes]:
    file.seek(item.offset)
    left = item.entry.size
    while left:
        chunk = read_exactly(file, min(left, CHUNK_BYTES))
        left -= len(chunk)
        yield chunk
    yield bytes(-item.entry.size % tarfile.BLOCKSIZE)
