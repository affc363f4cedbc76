"""Read the members of an archive one by one: zip, tar, tar.gz; strict readers, bounded memory."""

from __future__ import annotations

import gzip
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Literal, cast

from recast.errors import InputError
from recast.layers.faults import LayerFault
from recast.layers.tarstream import Source, entries
from recast.plainfile import open_plain

__all__ = ["Member", "members", "unsound"]

Kind = Literal["file", "folder", "link", "device"]

CHUNK_BYTES = 1 << 18
MOST_EXPANSION = 200
"""An archive that expands by more than this factor beyond `_UNSUSPICIOUS_BYTES` is a bomb; deflate reaches 1030."""
_UNSUSPICIOUS_BYTES = 64 << 20
_ENCRYPTED = 0x1
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
MOST_DIRECTORY_BYTES = 64 << 20
MOST_MEMBERS = 100_000
_LONGEST_END_BYTES = 22 + 65535 + 20 + 56
"""The end record with the longest comment, and what zip64 puts before it."""


@dataclass(frozen=True, slots=True)
class Member:
    """One member; `read` yields its content and must be called, if at all, before the next member is requested."""

    name: str
    kind: Kind
    executable: bool
    read: Callable[[], Iterator[bytes]]


@contextmanager
def members(archive: Path) -> Iterator[Iterator[Member]]:
    """Open an archive for reading; raise InputError for what is not a valid zip, tar or tar.gz."""
    with open_plain(archive) as file:
        magic = file.read(262)
        file.seek(0)
        if magic[:4] in (b"PK\3\4", b"PK\5\6"):
            _check_directory(file, archive)
            with _speaking(archive), zipfile.ZipFile(file) as opened:
                yield _of_zip(opened, archive)
        elif magic[:2] == b"\x1f\x8b":
            with _speaking(archive), gzip.GzipFile(fileobj=file) as unzipped:
                yield _of_tar(_Counted(cast("IO[bytes]", unzipped), archive))
        elif magic[257:262] == b"ustar":
            with _speaking(archive):
                yield _of_tar(file)
        else:
            raise unsound(archive, "it is neither zip nor tar nor tar.gz")


def unsound(archive: Path, why: str) -> InputError:
    """Return the error for an archive that cannot be used."""
    return InputError(
        "The archive cannot be unpacked",
        where=str(archive),
        why=why[:1].upper() + why[1:] + ".",
        next_step="Pack the files again: zip -r inputs.zip FOLDER",
        code="inputs.archive",
    )


@contextmanager
def _speaking(archive: Path) -> Iterator[None]:
    try:
        yield
    except LayerFault as problem:  # the tar reader was written for layers of images
        raise unsound(archive, problem.why) from problem
    except (zipfile.BadZipFile, zlib.error, gzip.BadGzipFile, EOFError) as problem:
        raise unsound(archive, f"it is damaged or truncated: {problem}") from problem
    except (NotImplementedError, RuntimeError) as problem:
        raise unsound(archive, f"it is packed in a way that cannot be read: {problem}") from problem


def _check_directory(file: IO[bytes], archive: Path) -> None:
    """Refuse a zip with a huge member list, before it is read into memory.

    The list's size is in a record at the end (APPNOTE.TXT 4.3.14 and 4.3.16); if there seem to be several, the largest
    counts.
    """
    file.seek(max(0, file.seek(0, 2) - _LONGEST_END_BYTES))
    tail = file.read()
    file.seek(0)
    largest = 0
    for mark, start, end in ((b"PK\5\6", 12, 16), (b"PK\6\6", 40, 48)):
        at = tail.find(mark)
        while at >= 0:
            size = int.from_bytes(tail[at + start : at + end], "little")
            if size != 0xFFFFFFFF:  # that says only that the size stands in the other record
                largest = max(largest, size)
            at = tail.find(mark, at + 1)
    if largest > MOST_DIRECTORY_BYTES:
        raise unsound(archive, f"its list of members has {largest} bytes")
    if _headers(file, largest) > MOST_MEMBERS:
        raise unsound(archive, f"it contains more than {MOST_MEMBERS} members")


def _headers(file: IO[bytes], size: int) -> int:
    """Return how many headers of members may stand at the end of a zip, which a reader keeps in memory all at once."""
    file.seek(max(0, file.seek(0, 2) - _LONGEST_END_BYTES - size))
    count, last = 0, b""
    while piece := file.read(CHUNK_BYTES):
        count += (last + piece).count(b"PK\1\2")
        last = piece[-3:]
    file.seek(0)
    return count


def _of_zip(archive: zipfile.ZipFile, path: Path) -> Iterator[Member]:
    infos = archive.infolist()
    _check_growth(sum(info.file_size for info in infos), path)
    for info in infos:
        if not info.filename:
            raise unsound(path, "a member has no name")
        if info.flag_bits & _ENCRYPTED:
            raise unsound(path, f"{info.filename!r} is encrypted")
        if info.compress_type not in _PACKED:  # other readers allocate whatever size the archive declares
            raise unsound(path, f"{info.filename!r} is not packed as zip does, by deflate")
        mode = info.external_attr >> 16
        yield Member(info.filename, _zip_kind(info, mode), bool(mode & 0o100), partial(_zipped, archive, info))


def _zip_kind(info: zipfile.ZipInfo, mode: int) -> Kind:
    if info.is_dir():
        return "folder"
    kind = stat.S_IFMT(mode)
    if kind == stat.S_IFLNK:
        return "link"
    return "file" if kind in (0, stat.S_IFREG) else "device"


def _zipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(info) as stream:
        yield from _pieces(stream, info.file_size)


def _of_tar(source: Source) -> Iterator[Member]:
    for entry in entries(source):
        content = _pieces(source, entry.size)
        kind = _TAR_KINDS.get(entry.kind, "device")
        yield Member(entry.name, kind, bool(entry.mode & 0o100), partial(iter, content))
        for _ in content:  # what the caller did not read
            pass
    while source.read(CHUNK_BYTES):  # the checksum is at the end
        pass


_TAR_KINDS: dict[str, Kind] = {"0": "file", "1": "link", "2": "link", "5": "folder"}


def _pieces(source: Source | IO[bytes], size: int) -> Iterator[bytes]:
    while size > 0:
        piece = source.read(min(size, CHUNK_BYTES))
        if not piece:
            raise EOFError("a file ends too early")
        size -= len(piece)
        yield piece


class _Counted:
    """A decompressed stream that refuses to expand like a bomb."""

    def __init__(self, stream: IO[bytes], archive: Path) -> None:
        self._stream = stream
        self._archive = archive
        self._count = 0

    def read(self, size: int, /) -> bytes:
        data = self._stream.read(size)
        self._count += len(data)
        _check_growth(self._count, self._archive)
        return data


def _check_growth(size: int, archive: Path) -> None:
    packed = archive.stat().st_size
    if size > _UNSUSPICIOUS_BYTES and size > MOST_EXPANSION * packed:
        raise unsound(archive, f"{packed} bytes grow to {size} or more, as a bomb does")
