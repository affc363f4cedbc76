"""Import an archive into the catalogue and the image store, bit for bit, without network.

Archives are untrusted. Everything is checked before anything is written. Blobs are written first, names last: a failed
import leaves existing names unchanged, and a repeated one continues where the last one ended.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recast.catalogue.load import load_version
from recast.catalogue.local import Catalogue
from recast.catalogue.publishing.bundle import MOST_BYTES, MOST_FILES
from recast.catalogue.statements.statements import STATEMENT_TYPE, read_entry, read_statement
from recast.catalogue.transfer.archive_file import ArchiveFile, open_archive, unsound
from recast.catalogue.transfer.arriving import arrive
from recast.catalogue.version import VERSION_TYPE, PublishedVersion
from recast.errors import ImageCorrupt, NotFound, StoreError
from recast.images import ImageStore
from recast.images.manifest import Descriptor
from recast.images.reference import digest_hex, note_name
from recast.registry.documents import Document
from recast.registry.notes import KINDS
from recast.strictjson import parse_json

__all__ = ["Imported", "import_archive"]


@dataclass(frozen=True, slots=True)
class Imported:
    """An imported version: whether it is new here, and which of its images are in the image store.

    `told` are the warnings about its import.
    """

    version: PublishedVersion
    new: bool
    images: tuple[str, ...]
    missing: tuple[str, ...]
    told: tuple[str, ...] = ()


def import_archive(file: Path, catalogue: Catalogue, images: ImageStore) -> list[Imported]:
    """Import all versions of an archive into a catalogue, and their images into an image store.

    Raises InputError (`archive.unsound`) for a file that is hostile, damaged or not an archive, EntryError if a number
    refers to other bytes here, StoreError or ImageError if a disk is full. The accepted signers of the archive's author
    are not imported.
    """
    with open_archive(file) as archive:
        documents = archive.documents()
        versions = [document for document in documents.values() if document.artifact_type == VERSION_TYPE]
        if not versions:
            raise unsound(file, "it contains no version of an analysis")
        for document in versions:
            _look_through(archive, document)
        wanted = _built(archive, documents.values()).union(*(_pins(archive, document) for document in versions))
        plan = _Plan(archive, catalogue, images, documents)
        _check_room(archive, plan.bytes_of(versions, wanted), catalogue, images)
        with images.using(), catalogue.store.layout.using():
            return [plan.bring(document) for document in versions]


class _Plan:
    """One import."""

    def __init__(
        self, archive: ArchiveFile, catalogue: Catalogue, images: ImageStore, documents: dict[str, Document]
    ) -> None:
        self._archive, self._catalogue, self._images, self._documents = archive, catalogue, images, documents

    def bytes_of(self, versions: list[Document], images: set[str]) -> tuple[int, int]:
        """Return the maximum number of bytes for the catalogue and for the image store; checks that all blobs exist."""
        said = [item for item in self._documents.values() if item.artifact_type == STATEMENT_TYPE]
        pictures = [self._documents[digest] for digest in images if digest in self._documents]
        notes = [note for note, _ in self._notes(images)]
        return self._size([*versions, *said]), self._size([*pictures, *notes])

    def bring(self, document: Document) -> Imported:
        """Write one version: its blobs, its images, its statements, and finally its names."""
        store = self._catalogue.store
        self._copy(document, store.layout)
        version = load_version(store, document.digest)
        said = self._statements(version)
        built = {digest for it in said for digest in read_entry(it, store, version).statement.images.values()}
        for digest in {*version.pins.values(), *built} & self._documents.keys():
            self._copy(self._documents[digest], self._images)
        arrival = arrive(version, said, self._catalogue)
        version = load_version(store, document.digest)  # the statements say which images its recipes became
        self._name(version)
        here = tuple(name for name, digest in version.pins.items() if digest in self._documents)
        missing = tuple(name for name in {**version.pins, **version.recipes} if name not in here)
        return Imported(version, arrival.new, here, missing, arrival.told)

    def _statements(self, version: PublishedVersion) -> list[str]:
        """Write the statements about a version; refuse the archive if one is not valid."""
        found = []
        for document in self._documents.values():
            subject = document.subject
            if document.artifact_type == STATEMENT_TYPE and subject is not None and subject.digest == version.digest:
                self._copy(document, version.store.layout)
                try:
                    read_entry(document.digest, version.store, version)
                except ValueError as problem:
                    raise unsound(self._archive.path, f"{document.digest} is not a statement: {problem}") from problem
                found.append(document.digest)
        return found

    def _name(self, version: PublishedVersion) -> None:
        """Give the images names that are still free; versions need only their digests.

        An archive must not redefine `debian:12` here: `recast image build` takes base images by name.
        """
        known, vouched = self._images.names(), self._catalogue.standing(version).vouched
        for pinned, digest in version.pins.items():
            name = pinned if vouched else f"imported/{version.analysis}:{digest_hex(digest)}"
            if digest in self._documents and name not in known and "@" not in name:
                self._images.tag(name, digest)
        for note, kind in self._notes(set(version.pins.values())):
            subject = note.subject
            if subject is not None:
                owner = next(name for name, digest in version.pins.items() if digest == subject.digest)
                self._copy(note, self._images)
                self._images.tag(note_name(owner, subject.digest, kind), note.digest)

    def _notes(self, images: set[str]) -> list[tuple[Document, str]]:
        """Return the SBOMs and provenances in the archive, with their kind. Anything else about images is ignored."""
        subjects = ((item, item.subject) for item in self._documents.values())
        return [
            (item, kind)
            for item, subject in subjects
            for kind, is_about in KINDS.items()
            if subject is not None and subject.digest in images and is_about(item.data, subject.digest)
        ]

    def _copy(self, document: Document, target: ImageStore) -> None:
        with _speaking(self._archive.path):
            for blob in document.blobs():
                content = self._archive.read_blob(blob.digest, blob.size)
                if _is_whole(target, blob):
                    for _ in content:  # an archive is valid as a whole, or it is refused
                        pass
                else:
                    target.add_blob(content, blob.media_type)
            target.add_blob([document.content], document.media_type)

    def _size(self, documents: list[Document]) -> int:
        return sum(self._archive.check_size(blob) for document in documents for blob in document.blobs())


def _look_through(archive: ArchiveFile, document: Document) -> None:
    blobs = document.blobs()
    if len(blobs) > MOST_FILES + 1 or sum(blob.size for blob in blobs) > MOST_BYTES:
        raise unsound(archive.path, f"a version of it has {len(blobs)} files and {sum(b.size for b in blobs)} bytes")


def _pins(archive: ArchiveFile, document: Document) -> set[str]:
    """Return the image digests that a version needs, read before anything is written."""
    config = document.blobs()[0]
    try:
        pins: Any = parse_json(archive.read_small(config.digest))["images"]
        return {str(digest) for digest in pins.values()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise unsound(archive.path, f"{config.digest} is not a configuration of a version") from problem


def _built(archive: ArchiveFile, documents: Iterable[Document]) -> set[str]:
    """Return the image digests that statements name; an invalid statement is refused later, with an error."""
    found: set[str] = set()
    for document in documents:
        if document.artifact_type == STATEMENT_TYPE:
            for blob in document.blobs()[1:2]:
                with suppress(ValueError):
                    found.update(read_statement(archive.read_small(blob.digest)).images.values())
    return found


def _check_room(archive: ArchiveFile, needed: tuple[int, int], catalogue: Catalogue, images: ImageStore) -> None:
    for root, size in zip((catalogue.store.root, images.root), needed, strict=True):
        place = next(folder for folder in (root, *root.parents) if folder.exists())
        free = shutil.disk_usage(place).free
        if size > free:
            raise StoreError(
                f"The disk has no room for the archive: {size} bytes are needed, {free} are free",
                where=str(root),
                next_step="Free space, or choose another folder: export RECAST_HOME=DIR",
                code="store.full",
            )


def _is_whole(target: ImageStore, blob: Descriptor) -> bool:
    try:
        target.check_blob(blob.digest, blob.size)
    except (NotFound, ImageCorrupt):
        return False
    return True


@contextmanager
def _speaking(path: Path) -> Iterator[None]:
    try:
        yield
    except ImageCorrupt as problem:
        raise unsound(path, f"{problem.what}. {problem.why}") from problem
