"""An untrusted archive: a tar file that is read by offsets, with every byte checked against its digest."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NoReturn

from recast.digests import digest_of, from_hash
from recast.errors import ImageError, InputError, NotFound
from recast.images.contents.tarindex import index_tar
from recast.images.layout import CHUNK_BYTES
from recast.images.manifest import INDEX_TYPES, MANIFEST_TYPES, Descriptor, read_descriptor
from recast.plainfile import open_plain
from recast.registry.documents import LARGEST_DOCUMENT, Document, read_document
from recast.strictjson import parse_json

__all__ = ["ArchiveFile", "open_archive", "unsound"]

_MOST_DOCUMENTS = 4096
_DEEPEST = 3
_BLOB = re.compile(r"blobs/sha256/([0-9a-f]{64})")


class ArchiveFile:
    """An open archive; nothing in it is trusted before it is hashed."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self.path = path
        self._file = file
        self._members = self._scan()
        if not re.search(rb'"imageLayoutVersion"\s*:\s*"1\.', self._small("oci-layout")):
            raise unsound(path, "its oci-layout is not of version 1")

    def documents(self) -> dict[str, Document]:
        """Return by digest every manifest and index that `index.json` names, directly or through other indexes."""
        try:
            listed = parse_json(self._small("index.json"))["manifests"]
            todo = [(read_descriptor(item, "index.json"), 0) for item in listed]
        except (ValueError, KeyError, TypeError, RecursionError, ImageError) as problem:
            raise unsound(self.path, f"its index.json is not an index: {problem!r:.100}") from problem
        found: dict[str, Document] = {}
        while todo:
            descriptor, depth = todo.pop()
            if descriptor.digest in found or descriptor.media_type not in MANIFEST_TYPES | INDEX_TYPES:
                continue
            if depth > _DEEPEST or len(found) >= _MOST_DOCUMENTS:
                raise unsound(self.path, "its indexes are nested without end")
            document = self._document(descriptor)
            found[descriptor.digest] = document
            todo += [(child, depth + 1) for child in document.documents()]
        return found

    def check_size(self, blob: Descriptor) -> int:
        """Return the size of a blob; raise InputError if it is missing or its size differs from its manifest."""
        place = self._members.get(_member(blob.digest))
        if place is None or place[1] != blob.size:
            raise unsound(self.path, f"the blob {blob.digest} is missing, or has another size than its manifest says")
        return blob.size

    def read_small(self, digest: str) -> bytes:
        """Return a small blob (at most 4 MiB), with its digest checked."""
        content = self._small(_member(digest))
        if digest_of(content) != digest:
            raise unsound(self.path, f"the blob {digest} is damaged")
        return content

    def read_blob(self, digest: str, size: int) -> Iterator[bytes]:
        """Yield a blob's bytes; raise InputError after the last one if they do not match the digest."""
        self.check_size(Descriptor(digest, size, ""))
        start, left = self._members[_member(digest)]
        actual = hashlib.sha256()
        while left:
            chunk = os.pread(self._file.fileno(), min(left, CHUNK_BYTES), start)
            if not chunk:
                break
            start, left = start + len(chunk), left - len(chunk)
            actual.update(chunk)
            yield chunk
        if from_hash(actual) != digest:
            raise unsound(self.path, f"the blob {digest} is damaged: its bytes hash to sha256:{actual.hexdigest()}")

    def _document(self, descriptor: Descriptor) -> Document:
        content = self.read_small(descriptor.digest)
        if len(content) != descriptor.size:
            raise unsound(self.path, f"{descriptor.digest} has another size than the index says")
        try:
            return read_document(content, str(self.path), descriptor.digest, descriptor.media_type)
        except ImageError as problem:
            raise unsound(self.path, f"{descriptor.digest}: {problem.what}. {problem.why}") from problem

    def _small(self, name: str) -> bytes:
        start, size = self._members.get(name, (0, -1))
        if size < 0 or size > LARGEST_DOCUMENT:
            raise unsound(self.path, f"{name} is " + ("missing" if size < 0 else f"too large: {size} bytes"))
        return os.pread(self._file.fileno(), size, start)

    def _scan(self) -> dict[str, tuple[int, int]]:
        """Return the offset and size of each file in the tar; the contents are not read."""

        def refuse(why: str) -> NoReturn:
            raise unsound(self.path, why)

        found = index_tar(self._file, refuse)
        if found.links:
            refuse(f"its member {next(iter(found.links))!r} is a link or a device")
        return found.files


@contextmanager
def open_archive(path: Path) -> Iterator[ArchiveFile]:
    """Open an archive; raise NotFound or InputError (`archive.unsound`)."""
    try:
        file = open_plain(path)
    except FileNotFoundError:
        raise NotFound("There is no such archive", where=str(path)) from None
    except OSError as problem:
        raise unsound(path, problem.strerror or str(problem)) from problem
    with file:
        yield ArchiveFile(path, file)


def unsound(path: Path, why: str) -> InputError:
    """Return the error for an archive that cannot be imported."""
    return InputError(
        "This is not a valid archive of a version",
        where=str(path),
        why=why[:1].upper() + why[1:600] + ".",
        next_step="Get the file again, and compare its sha256 with its author's. Nothing was changed here.",
        code="archive.unsound",
    )


def _member(digest: str) -> str:
    return f"blobs/sha256/{digest.removeprefix('sha256:')}"
