"""A strict reader of tar streams (ustar, pax, GNU long names), forwards only, in bounded memory.

Python's tarfile reads metadata of any announced length into memory and silently stops at a damaged header; layers are
untrusted, so both are errors here. Formats: POSIX.1-2017 pax, GNU tar manual.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol

from recast.layers.faults import LayerFault

__all__ = ["Entry", "Source", "entries", "read_exactly", "skip"]

BLOCK = 512
_LARGEST_METADATA = 1 << 20
_MOST_METADATA = 100
"""The most headers before one entry: a few are usual, and endless ones would take time, though no memory."""
_KNOWN = frozenset({b"path", b"linkpath", b"size", b"uid", b"gid", b"mtime"})
"""The pax records that are used. Others (extended attributes, comments) are checked for validity and ignored."""
_SKIP_BYTES = 1 << 20
_ZEROS = bytes(BLOCK)
_PAX_RECORD = re.compile(rb"(\d{1,20}) ([^=]+)=")
_OCTAL = re.compile(rb"[0-7]+")
_SECONDS = re.compile(rb"(-?)(\d{1,20})(?:\.(\d{0,30}))?")
_LARGEST_SIZE = 2**63 - 1  # what files, and reads, can have
_LARGEST_OWNER = 2**32 - 2  # one more means "leave as it is" to chown
_LATEST_NS = (2**34 - 1) * 10**9


class Source(Protocol):
    """A source of bytes: `read(n)` returns n bytes, fewer only at the end."""

    def read(self, size: int, /) -> bytes:
        """Return `size` bytes, fewer only at the end."""


class Entry(NamedTuple):
    """One member. `kind` is the type flag: `0` file, `1` hard link, `2` symlink, `3`/`4` device, `5` folder, `6` FIFO.

    `mtime_ns` is since the epoch; `size` is the number of content bytes that follow.
    """

    name: str
    kind: str
    mode: int
    uid: int
    gid: int
    size: int
    mtime_ns: int
    link: str


def entries(source: Source) -> Iterator[Entry]:
    """Yield each entry; the caller reads exactly `entry.size` bytes of content before it continues.

    Raises LayerFault (`image.layer`) for an invalid tar stream.
    """
    every: dict[bytes, bytes] = {}
    extra: dict[bytes, bytes] = {}
    before = 0
    while (header := source.read(BLOCK)) not in (_ZEROS, b""):
        kind = _checked(header)[156:157]
        size = _size(_number(header[124:136]))
        if kind in b"xgLK" and kind:
            before += 1
            if before > _MOST_METADATA:
                raise _unsound(f"over {_MOST_METADATA} headers stand before one entry")
            _metadata(kind, _content(source, size), every if kind == b"g" else extra)
            continue
        entry = _entry(header, size, {**every, **extra} if every else extra)
        extra, before = {}, 0
        yield entry
        read_exactly(source, -entry.size % BLOCK)


def read_exactly(source: Source, size: int) -> bytes:
    """Return exactly `size` bytes or raise LayerFault."""
    data = source.read(size) if size else b""
    if len(data) != size:
        raise _unsound("it ends in the middle of an entry")
    return data


def skip(source: Source, size: int) -> None:
    """Read past exactly `size` bytes, in bounded memory, or raise LayerFault."""
    while size:
        size -= len(read_exactly(source, min(size, _SKIP_BYTES)))


def _checked(header: bytes) -> bytes:
    if len(header) != BLOCK:
        raise _unsound("it ends in the middle of a header")
    total = sum(header) - sum(header[148:156]) + 8 * 32
    if _number(header[148:156]) != total:
        raise _unsound("a header's checksum is wrong")
    return header


def _content(source: Source, size: int) -> bytes:
    if size > _LARGEST_METADATA:
        raise _unsound(f"a header asks for {size} bytes of metadata")
    data = read_exactly(source, size)
    read_exactly(source, -size % BLOCK)
    return data


def _metadata(kind: bytes, data: bytes, known: dict[bytes, bytes]) -> None:
    if kind == b"L":
        known[b"path"] = data.rstrip(b"\0")
    elif kind == b"K":
        known[b"linkpath"] = data.rstrip(b"\0")
    else:
        known.update(_pax(data))


def _pax(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 0
    while position < len(data):
        match = _PAX_RECORD.match(data, position)
        end = position + int(match[1]) if match else 0
        if match is None or end > len(data) or end <= match.end() or data[end - 1 : end] != b"\n":
            raise _unsound("a pax record is malformed")
        if match[2].startswith(b"GNU.sparse"):
            raise _unsound("it holds a sparse file, which layers must not")
        if match[2] in _KNOWN:
            yield match[2], data[match.end() : end - 1]
        position = end


def _entry(header: bytes, size: int, extra: Mapping[bytes, bytes]) -> Entry:
    kind = "0" if header[156:157] in (b"0", b"\0", b"7") else header[156:157].decode("latin-1")
    if kind not in "0123456":
        raise _unsound(f"it holds an entry of unknown type {kind!r}")
    name = os.fsdecode(extra.get(b"path") or _name(header))
    if kind == "0" and name.endswith("/"):
        kind = "5"
    size = _size(_decimal(extra[b"size"])) if b"size" in extra else size
    return Entry(
        name=name,
        kind=kind,
        mode=_number(header[100:108]) & 0o7777,
        uid=_owner(extra.get(b"uid"), header[108:116]),
        gid=_owner(extra.get(b"gid"), header[116:124]),
        # Some writers set a size for links and folders; only files have content.
        size=size if kind == "0" else 0,
        mtime_ns=_time_ns(extra.get(b"mtime"), header[136:148]),
        link=os.fsdecode(extra.get(b"linkpath") or _text(header[157:257])),
    )


def _name(header: bytes) -> bytes:
    prefix = _text(header[345:500]) if header[257:263] == b"ustar\0" else b""
    name = _text(header[:100])
    return prefix + b"/" + name if prefix else name


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _number(field: bytes) -> int:
    value = _signed(field)
    if value < 0:
        raise _unsound("a number in a header is negative")
    return value


def _signed(field: bytes) -> int:
    """Read a number: octal text, or GNU's big-endian binary that is marked by the first byte."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    if field[0] == 0xFF:
        return int.from_bytes(field, "big", signed=True)
    digits = field.strip(b"\0 ") or b"0"
    if not _OCTAL.fullmatch(digits):
        raise _unsound("a number in a header is malformed")
    return int(digits, 8)


def _decimal(text: bytes) -> int:
    if not text.isdigit() or len(text) > 20:
        raise _unsound("a number in a pax record is malformed")
    return int(text)


def _size(number: int) -> int:
    if number > _LARGEST_SIZE:
        raise _unsound(f"an entry has {number} bytes")
    return number


def _owner(record: bytes | None, field: bytes) -> int:
    number = _number(field) if record is None else _decimal(record)
    if number > _LARGEST_OWNER:
        raise _unsound(f"an owner's number is {number}")
    return number


def _time_ns(record: bytes | None, field: bytes) -> int:
    """Read a time, clamped to the range of file systems (1970 to 2514)."""
    value = _signed(field) * 10**9 if record is None else _nanoseconds(record)
    return min(max(value, 0), _LATEST_NS)


def _nanoseconds(text: bytes) -> int:
    match = _SECONDS.fullmatch(text)
    if match is None:
        raise _unsound("a time in a pax record is malformed")
    value = int(match[2]) * 10**9 + int((match[3] or b"").ljust(9, b"0")[:9])
    return -value if match[1] else value


def _unsound(why: str) -> LayerFault:
    return LayerFault("A layer is not a sound tar stream", why=why, code="image.layer")
