"""The bytes of one layer: decompressed, hashed and counted in one pass."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, NamedTuple, cast

from recast.layers.faults import LayerFault

__all__ = ["CHUNK_BYTES", "LayerStream", "Limits", "open_layer"]

CHUNK_BYTES = 1 << 20
_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


class Limits(NamedTuple):
    """The limits for one image: total bytes of its layers' tar streams, and entries (including implied folders)."""

    total_bytes: int = 64 << 30
    entries: int = 1_000_000


class LayerStream:
    """An uncompressed layer, read sequentially, which hashes the bytes and stops at a limit."""

    def __init__(self, source: IO[bytes], limit_bytes: int) -> None:
        self._source = source
        self._limit = limit_bytes
        self._hash = hashlib.sha256()
        self.position = 0

    @property
    def digest(self) -> str:
        """The digest of all that was read so far."""
        return f"sha256:{self._hash.hexdigest()}"

    def read(self, size: int) -> bytes:
        """Return `size` bytes, fewer only at the end; raise LayerFault (`image.bomb`) beyond the limit."""
        data = self._source.read(size)
        self.position += len(data)
        if self.position > self._limit:
            raise LayerFault(
                "The image unpacks to more than is allowed",
                why=f"its layers hold over {self._limit} bytes",
                code="image.bomb",
            )
        self._hash.update(data)
        return data

    def drain(self) -> None:
        """Read to the end, so that the digest covers the padding too."""
        while self.read(CHUNK_BYTES):
            pass


@contextmanager
def open_layer(path: str | os.PathLike[str], limit_bytes: int) -> Iterator[LayerStream]:
    """Open a blob as an uncompressed layer: plain tar, gzip, or zstd where Python has it (3.14 and newer)."""
    with io.BufferedReader(open(path, "rb", buffering=0), CHUNK_BYTES) as file:
        magic = file.peek(4)[:4]
        source = _decompressed(cast("IO[bytes]", file), magic)
        try:
            yield LayerStream(source, limit_bytes)
        except (zlib.error, gzip.BadGzipFile, EOFError) as problem:
            raise LayerFault(
                "A layer cannot be decompressed", where=str(path), why=str(problem), code="image.layer"
            ) from problem


def _decompressed(file: IO[bytes], magic: bytes) -> IO[bytes]:
    if magic.startswith(_GZIP_MAGIC):
        return cast("IO[bytes]", gzip.GzipFile(fileobj=file))
    if magic == _ZSTD_MAGIC:
        return _zstd(file)
    return file


def _zstd(file: IO[bytes]) -> IO[bytes]:
    try:
        from compression import zstd  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        raise LayerFault(
            "This layer is compressed with zstd, which this Python cannot read",
            why="The standard library has zstd from Python 3.14 on",
            next_step="skopeo copy --dest-compress-format gzip oci:STORE:NAME oci:STORE:NAME-gzip   (a new digest)",
        ) from None
    return cast("IO[bytes]", zstd.ZstdFile(file))
