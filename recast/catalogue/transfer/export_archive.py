"""The archive of a version: one file, an OCI image layout in a tar, which skopeo and any tar program can also read.

The same version, images and statements give the same bytes: members in fixed order, no times, no owners, no names of
this machine.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from recast.atomic import whole_file
from recast.catalogue.publishing.checks import check_present
from recast.catalogue.statements.statements import Statements, book_name
from recast.catalogue.transfer.archive_readme import licences, readme
from recast.catalogue.transfer.push import bundle_index, bundle_tag
from recast.catalogue.version import VERSION_TYPE, PublishedVersion
from recast.digests import digest_of
from recast.errors import StoreError
from recast.images import ImageLock, ImageStore, Pin
from recast.images.manifest import INDEX_TYPE, MANIFEST_TYPE, Descriptor
from recast.images.reference import note_name
from recast.json_types import JsonDict
from recast.registry.notes import notes_about

__all__ = ["Exported", "export_archive"]

_REF_NAME = "org.opencontainers.image.ref.name"
_BLOCK = 512
_TAIL = 20 * _BLOCK  # a tar is padded with zeros to a multiple of this


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: the number of blobs and images, and the file's size in bytes."""

    blobs: int
    images: int
    size: int


@dataclass(slots=True)
class _Contents:
    """The contents of an archive: entries of the index, blobs by digest with the layout that contains them, small
    files.
    """

    entries: list[JsonDict] = field(default_factory=list)
    blobs: dict[str, tuple[ImageStore | bytes, int | None]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)


def export_archive(version: PublishedVersion, images: ImageStore | None, file: Path) -> Exported:
    """Write a version, the statements about it and, from an image store, its images and their SBOMs into one file.

    The file appears complete or not at all. Raises EntryError for missing images, StoreError or ImageCorrupt for
    damaged blobs, StoreError if the file cannot be written.
    """
    contents = _contents(version, images)
    try:
        with whole_file(file) as stream:
            _write(contents, stream)
    except OSError as problem:
        raise StoreError.of(
            problem, "The archive cannot be written", file, "Free space, or write it to another disk."
        ) from problem
    return Exported(len(contents.blobs), len(set(version.pins.values())) if images else 0, file.stat().st_size)


def _contents(version: PublishedVersion, images: ImageStore | None) -> _Contents:
    contents = _Contents()
    store, title = version.store, version.reference.replace("@", ":")
    _add_tree(contents, store.layout, version.digest)
    contents.entries.append(_entry(title, version.digest, len(store.read(version.digest)), artifactType=VERSION_TYPE))
    book = Statements(store, version)
    if said := [entry.digest for entry in book.entries()]:
        for manifest in said:
            _add_tree(contents, store.layout, manifest)
        _add_document(contents, book_name(version.analysis, version.digest), book.index(said))
    notes: dict[str, bytes] = {}
    if images is not None:
        check_present(version, images)
        notes = _add_images(contents, version, images)
    contents.files = {
        "README.md": readme(version, book.entries(), with_images=images is not None).encode(),
        "LICENCES.md": licences(version, images, notes).encode(),
        **({"images.lock.json": _lock(version, images)} if images is not None else {}),
    }
    return contents


def _add_images(contents: _Contents, version: PublishedVersion, images: ImageStore) -> dict[str, bytes]:
    """Add the pinned images, their SBOMs and provenance; return the bytes of the SBOMs by image name."""
    for name, digest in sorted(version.pins.items()):
        _add_tree(contents, images, digest)
        contents.entries.append(_entry(name, digest, len(images.read_document(digest))))
    _add_document(contents, f"{version.analysis}:{bundle_tag(version)}", bundle_index(version, images))
    notes = {}
    for subject, note, kind in notes_about(version.pins.values(), images):
        owner = next(name for name, digest in version.pins.items() if digest == subject)
        _add_tree(contents, images, note)
        name = note_name(owner, subject, kind)
        contents.entries.append(_entry(name, note, len(images.read_document(note))))
        if kind != "sbom":
            continue
        layers = images.manifest(note).layers
        notes[owner] = b"".join(images.read_blob(layers[0].digest, layers[0].size)) if layers else b""
    return notes


def _add_tree(contents: _Contents, layout: ImageStore, digest: str) -> None:
    manifest = layout.manifest(digest)
    contents.blobs[digest] = (layout, None)
    for blob in (manifest.config, *manifest.layers):
        contents.blobs[blob.digest] = (layout, blob.size)


def _add_document(contents: _Contents, name: str, content: bytes) -> None:

    digest = digest_of(content)
    contents.blobs[digest] = (content, len(content))
    contents.entries.append(_entry(name, digest, len(content), media_type=INDEX_TYPE))


def _entry(name: str, digest: str, size: int, media_type: str = MANIFEST_TYPE, **more: str) -> JsonDict:
    return {**Descriptor(digest, size, media_type).as_json(), **more, "annotations": {_REF_NAME: name}}


def _lock(version: PublishedVersion, images: ImageStore) -> bytes:
    pins = {}
    for name, digest in version.pins.items():
        platform = images.config(digest).platform
        pins[name] = Pin(digest, platform, images.manifest(digest).size, "", "registry")
    return json.dumps(ImageLock(pins).as_json(), indent=1).encode() + b"\n"


def _write(contents: _Contents, stream: IO[bytes]) -> None:
    index = {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": contents.entries}
    small = {
        **contents.files,
        "oci-layout": b'{"imageLayoutVersion":"1.0.0"}',
        "index.json": json.dumps(index, sort_keys=True, indent=1).encode() + b"\n",
    }
    for name, content in small.items():
        _member(stream, name, len(content), [content])
    for name in ("blobs/", "blobs/sha256/"):
        _member(stream, name, 0, [], folder=True)
    for digest in sorted(contents.blobs):
        source, size = contents.blobs[digest]
        name = f"blobs/sha256/{digest.removeprefix('sha256:')}"
        if isinstance(source, bytes):
            _member(stream, name, len(source), [source])
        else:
            length = size if size is not None else source.blob_path(digest).stat().st_size
            _member(stream, name, length, source.read_blob(digest, length))
    stream.write(bytes(2 * _BLOCK))
    stream.write(bytes(-stream.tell() % _TAIL))


def _member(stream: IO[bytes], name: str, size: int, content: Iterable[bytes], *, folder: bool = False) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o755 if folder else 0o644
    info.type = tarfile.DIRTYPE if folder else tarfile.REGTYPE
    stream.write(info.tobuf(tarfile.PAX_FORMAT))
    for chunk in _exactly(content, size, name):
        stream.write(chunk)
    stream.write(bytes(-size % _BLOCK))


def _exactly(content: Iterable[bytes], size: int, name: str) -> Iterator[bytes]:
    count = 0
    for chunk in content:
        count += len(chunk)
        yield chunk
    if count != size:
        raise StoreError(f"{name} changed while it was copied", why=f"{count} bytes came, not {size}")
