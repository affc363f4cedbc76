"""Read untrusted archives in the formats of `docker save`, `podman save`, skopeo and buildah.

Two forms: an OCI layout in a tar (`oci-archive`; Docker since version 25), whose digests stay what they are, and
Docker's own (`docker-archive`), which has none: there the digest follows from the configuration and the layers.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, NoReturn

from recast.errors import ImageError, InputError, NotFound, RecastError
from recast.images.contents.tarindex import index_tar
from recast.images.disk import writing
from recast.images.layout import CHUNK_BYTES, ImageStore
from recast.images.manifest import (
    CONFIG_TYPE,
    LAYER_TYPE,
    MANIFEST_TYPE,
    MANIFEST_TYPES,
    Descriptor,
    read_config,
    read_descriptor,
)
from recast.images.reference import parse_reference
from recast.layers.faults import LayerFault
from recast.layers.stream import Limits, open_layer
from recast.plainfile import open_plain
from recast.registry.documents import LARGEST_DOCUMENT, read_document
from recast.registry.platforms import choose, host_platform, read_entries
from recast.strictjson import parse_json

__all__ = ["Saved", "SavedImage", "no_room", "open_saved"]

_MOST_IMAGES = 1000
_MOST_LAYERS = 500
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_FULL_NAME, _REF_NAME = "io.containerd.image.name", "org.opencontainers.image.ref.name"
_UNSUSPICIOUS_BYTES, _MOST_EXPANSION = 64 << 20, 200


@dataclass(frozen=True, slots=True)
class SavedImage:
    """One image of an archive and its names there, as `name:tag`; `manifest` is None in Docker's form."""

    names: tuple[str, ...]
    manifest: Descriptor | None
    config: str
    layers: tuple[str, ...]


class Saved:
    """An open archive; `bring` writes an image of it into a store."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self._path, self._file = path, file
        self._members = index_tar(file, self.refuse)
        self.size = sum(size for _, size in self._members.files.values())

    def refuse(self, why: str) -> NoReturn:
        """Raise the error for an archive that cannot be used."""
        raise _unsound(self._path, why)

    def images(self, platform: str | None = None) -> list[SavedImage]:
        """Return the images, from an index the one for a platform (default: this machine's)."""
        try:
            if self._members.find("oci-layout") and self._members.find("index.json"):
                found = list(self._oci(parse_json(self._small("index.json"))["manifests"], platform))
            else:
                found = [self._docker(item) for item in parse_json(self._small("manifest.json"))]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ImageError) as problem:
            self.refuse(f"its list of images cannot be read: {problem!r:.120}")
        if not 0 < len(found) <= _MOST_IMAGES:
            self.refuse(f"it contains {len(found)} images")
        return found

    def bring(self, image: SavedImage, store: ImageStore) -> str:
        """Write an image into a store, unnamed; return its digest. Raises InputError if bytes do not match their
        digests.
        """
        document = self._small(image.config)
        config = store.add_blob([document], CONFIG_TYPE)
        diff_ids = self._diff_ids(document, config.digest, len(image.layers))
        layers = [self._layer(name, store) for name in image.layers]
        for layer, diff_id in zip(layers, diff_ids, strict=True):
            self._check_layer(store, layer, diff_id)
        if image.manifest is None:
            return _manifest(store, config, layers)
        content = self._small(_member(image.manifest.digest))
        written = store.add_blob([content], image.manifest.media_type)
        if written.digest != image.manifest.digest:
            self.refuse(f"the blob {image.manifest.digest} is damaged")
        return written.digest

    # -- the two forms

    def _oci(self, listed: Any, platform: str | None) -> Iterator[SavedImage]:
        for item in listed:
            descriptor = read_descriptor(item, "index.json")
            document = read_document(
                self._small(_member(descriptor.digest)), str(self._path), descriptor.digest, descriptor.media_type
            )
            if document.is_index:
                entry = choose(read_entries(document.data, document.digest), platform or host_platform(), "the archive")
                descriptor = entry.descriptor
                document = read_document(
                    self._small(_member(descriptor.digest)), str(self._path), descriptor.digest, descriptor.media_type
                )
            if document.media_type not in MANIFEST_TYPES or document.subject is not None:
                continue  # statements about an image
            manifest = document.manifest()
            notes = item.get("annotations") or {}
            names = [str(notes[key]) for key in (_FULL_NAME, _REF_NAME) if key in notes][:1]
            blobs = tuple(_member(layer.digest) for layer in manifest.layers)
            yield SavedImage(_plain(names), descriptor, _member(manifest.config.digest), blobs)

    def _docker(self, item: Any) -> SavedImage:
        layers = tuple(str(name) for name in item["Layers"])
        return SavedImage(_plain(item.get("RepoTags") or []), None, str(item["Config"]), layers)

    # -- bytes

    def _layer(self, name: str, store: ImageStore) -> Descriptor:
        start, size = self._place(name)
        magic = os.pread(self._file.fileno(), 4, start)
        kind = "+gzip" if magic.startswith(_GZIP) else "+zstd" if magic == _ZSTD else ""
        written = store.add_blob(self._pieces(start, size), LAYER_TYPE + kind)
        if name.startswith("blobs/sha256/") and name != _member(written.digest):
            self.refuse(f"the blob {name} is damaged: its bytes hash to {written.digest}")
        return written

    def _check_layer(self, store: ImageStore, layer: Descriptor, diff_id: str) -> None:
        """Refuse an archive if a layer does not match the configuration."""
        if layer.media_type == LAYER_TYPE:
            actual = layer.digest
        else:
            try:
                with open_layer(store.blob_path(layer.digest), Limits().total_bytes) as stream:
                    stream.drain()
                    actual = stream.digest
            except LayerFault as problem:
                self.refuse(f"a layer cannot be read: {problem.why or problem.what}")
        if actual != diff_id:
            self.refuse(f"a layer hashes to {actual}, and its configuration says {diff_id}")

    def _diff_ids(self, document: bytes, where: str, count: int) -> tuple[str, ...]:
        try:
            found = read_config(parse_json(document), where).diff_ids
        except (ValueError, RecursionError, ImageError) as problem:
            self.refuse(f"the configuration of an image cannot be read: {problem!s:.120}")
        if len(found) != count or count > _MOST_LAYERS:
            self.refuse(f"an image of it has {count} layers, and its configuration names {len(found)}")
        return found

    def _small(self, name: str) -> bytes:
        start, size = self._place(name)
        if size > LARGEST_DOCUMENT:
            self.refuse(f"{name} is too large: {size} bytes")
        return os.pread(self._file.fileno(), size, start)

    def _place(self, name: str) -> tuple[int, int]:
        place = self._members.find(name)
        if place is None:
            self.refuse(f"{name[:100]} is missing")
        return place

    def _pieces(self, start: int, left: int) -> Iterator[bytes]:
        while left:
            piece = os.pread(self._file.fileno(), min(left, CHUNK_BYTES), start)
            if not piece:
                self.refuse("it was cut off")
            start, left = start + len(piece), left - len(piece)
            yield piece


@contextmanager
def open_saved(path: Path, store: ImageStore) -> Iterator[Saved]:
    """Open an archive of images; one compressed with gzip is first decompressed next to the store.

    Raises NotFound, InputError (`archive.unsound`), or ImageError if the disk has no room.
    """
    store.create()
    try:
        file = open_plain(path)
    except FileNotFoundError:
        raise NotFound("There is no such archive", where=str(path)) from None
    except OSError as problem:
        raise _unsound(path, problem.strerror or str(problem)) from problem
    with file:
        if file.peek(4)[:4].startswith(_GZIP) or file.peek(4)[:4] == _ZSTD:
            with (
                writing(store.root),
                TemporaryFile(dir=store.root) as plain,
            ):  # it has no name, so nothing is left after a kill
                _unpack(path, plain, store)
                plain.seek(0)
                yield Saved(path, plain)
        else:
            yield Saved(path, file)


def _unpack(path: Path, target: IO[bytes], store: ImageStore) -> None:
    """Decompress an archive; refuse a decompression bomb, and what does not fit on the disk."""
    packed, free, count = path.stat().st_size, shutil.disk_usage(store.root).free, 0
    try:
        with open_layer(path, Limits().total_bytes) as stream:
            while piece := stream.read(CHUNK_BYTES):
                count += len(piece)
                if count > _UNSUSPICIOUS_BYTES and count > _MOST_EXPANSION * packed:
                    raise _unsound(path, f"{packed} bytes grow to {count} or more, as a bomb does")
                if count > free // 2:  # it is written again, as blobs
                    raise no_room(store, count)
                target.write(piece)
    except LayerFault as problem:
        raise _unsound(path, problem.why or problem.what) from problem


def no_room(store: ImageStore, size: int) -> RecastError:
    """Return the error for a disk that has no room for an archive."""
    return ImageError(
        f"The disk has no room for the archive: {size} bytes or more are needed",
        where=str(store.root),
        next_step="Free space, or choose another folder: export RECAST_IMAGE_STORE=DIR",
        code="store.full",
    )


def _manifest(store: ImageStore, config: Descriptor, layers: list[Descriptor]) -> str:
    document = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": config.as_json(),
        "layers": [layer.as_json() for layer in layers],
    }
    return store.add_json(document, MANIFEST_TYPE).digest


def _plain(names: list[Any]) -> tuple[str, ...]:
    """Return names in Docker's notation: Podman writes docker.io explicitly, and localhost for no registry."""
    found = []
    for name in names:
        text = str(name)
        for prefix in ("localhost/", "docker.io/library/", "docker.io/"):
            text = text.removeprefix(prefix)
        try:
            reference = parse_reference(text)
        except InputError:
            continue  # what is not a name
        if reference.tag and not reference.digest:
            found.append(str(reference))
    return tuple(dict.fromkeys(found))


def _member(digest: str) -> str:
    return f"blobs/sha256/{digest.removeprefix('sha256:')}"


def _unsound(path: Path, why: str) -> InputError:
    return InputError(
        "This is not a valid archive of images",
        where=str(path),
        why=why[:1].upper() + why[1:600] + ".",
        next_step="docker save NAME:TAG -o FILE   or   podman save NAME:TAG -o FILE   writes one.",
        code="archive.unsound",
    )
