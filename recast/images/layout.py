"""The local image store: a standard OCI image layout, which skopeo, podman and umoci read and write as well."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

from recast.atomic import new_file
from recast.digests import from_hash
from recast.errors import ImageCorrupt, ImageError, NotFound
from recast.images.disk import locked, replace_file, writing
from recast.images.lease import using
from recast.images.manifest import (
    CONFIG_TYPE,
    MANIFEST_TYPE,
    Descriptor,
    ImageConfig,
    Manifest,
    document_type,
    read_config,
    read_descriptor,
    read_manifest,
)
from recast.images.reference import digest_hex, parse_reference, subject_of
from recast.images.remembered import Remembered
from recast.json_types import JsonDict
from recast.strictjson import parse_json
from recast.suggest import listed

__all__ = ["CHUNK_BYTES", "REBUILD", "ImageStore", "chunks", "corrupt"]

CHUNK_BYTES = 1 << 20
REBUILD = "recast image build specs/ANALYSIS/VERSION --force   (makes the image again from its recipe)"
_REF_NAME = "org.opencontainers.image.ref.name"
_LARGEST_DOCUMENT = 4 << 20

_MOST_NAMED = 6
"""How many images an error names."""


class ImageStore:
    """An OCI image layout at `root`: `oci-layout`, `index.json`, `blobs/sha256/<hex>`.

    It is created on first write; reading needs no write access. Blobs never change; the index changes under a lock.
    Unpacked roots are next to them in `unpacked/`, which other tools ignore.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root).absolute()
        self._index = Remembered(self.root / "index.json", _read_index)

    def blob_path(self, digest: str) -> Path:
        """Return where a blob lies, whether or not it is there."""
        return self.root / "blobs" / "sha256" / digest_hex(digest)

    def has_blob(self, digest: str) -> bool:
        """Return whether a blob is there; its bytes are not looked at."""
        return self.blob_path(digest).is_file()

    # -- writing

    def create(self) -> None:
        """Make an empty layout where there is none."""
        if (self.root / "index.json").is_file():
            return
        with writing(self.root):
            (self.root / "blobs" / "sha256").mkdir(parents=True, exist_ok=True)
        with locked(self.root / ".lock"):
            if not (self.root / "index.json").is_file():
                replace_file(self.root / "oci-layout", b'{"imageLayoutVersion": "1.0.0"}\n')
                self._write_index([])

    def add_blob(self, content: Iterable[bytes], media_type: str) -> Descriptor:
        """Store chunks of bytes as one blob, which is there whole or not at all; return its descriptor.

        A blob that is already there is replaced: so a damaged one is fixed.
        """
        self.create()
        folder = self.root / "blobs" / "sha256"
        with writing(folder), new_file(folder, "blob") as file:
            digest, size = _write_hashed(file.stream, content)
            file.becomes(self.blob_path(digest))
        return Descriptor(digest, size, media_type)

    def add_json(self, document: Any, media_type: str) -> Descriptor:
        """Store a JSON document with sorted keys and no spaces: equal documents give equal digests."""
        text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return self.add_blob([text.encode()], media_type)

    def add_image(self, config: JsonDict, layers: Iterable[Descriptor]) -> str:
        """Store a configuration and a manifest over layers that are already here; return the image's digest."""
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": self.add_json(config, CONFIG_TYPE).as_json(),
            "layers": [layer.as_json() for layer in layers],
        }
        return self.add_json(manifest, MANIFEST_TYPE).digest

    def tag(self, name: str, digest: str) -> None:
        """Let `name` (`name:tag`) mean the image `digest` from now on; raise NotFound if it is not here."""
        parse_reference(name)
        with self.using(), locked(self.root / ".lock"):
            document = self.read_document(digest)
            entry = {
                **Descriptor(digest, len(document), document_type(document)).as_json(),
                "annotations": {_REF_NAME: name},
            }
            others = [item for item in self._entries() if _name_of(item) != name]
            self._write_index(sorted([*others, entry], key=lambda item: (_name_of(item) or "", item["digest"])))

    def untag(self, names: Collection[str]) -> None:
        """Let names mean nothing any more; the blobs stay until they are collected. Raise NotFound for an unknown."""
        with locked(self.root / ".lock"):
            known = self.names()
            if unknown := sorted(set(names) - set(known)):
                raise self._not_found(unknown[0])
            self._write_index([item for item in self._entries() if _name_of(item) not in names])

    def using(self) -> AbstractContextManager[None]:
        """Keep `recast image gc` away: hold it while blobs are added that no name needs yet, or are read."""
        return using(self.root)

    # -- reading

    def names(self) -> Mapping[str, str]:
        """Return every name in the index with the digest that it means; the same object until the index changes."""
        return self._index.get().names

    def roots(self) -> list[Descriptor]:
        """Return the descriptors in the index, named or not."""
        return [read_descriptor(item, str(self.root / "index.json")) for item in self._entries()]

    def resolve(self, name: str) -> str:
        """Return the digest that `name:tag` means, or the digest that `name@sha256:...` says; raise NotFound."""
        reference = parse_reference(name)
        if reference.digest is not None:
            if self.has_blob(reference.digest):
                return reference.digest
        elif (digest := self.names().get(name)) is not None:
            return digest
        raise self._not_found(name)

    def manifest(self, digest: str) -> Manifest:
        """Return the manifest of an image, checked against its digest."""
        return read_manifest(self._json(digest), digest)

    def config(self, digest: str) -> ImageConfig:
        """Return the configuration of the image whose manifest is `digest`, checked against its digest."""
        wanted = self.manifest(digest).config
        return read_config(self._json(wanted.digest, wanted.size), wanted.digest)

    def read_document(self, digest: str, size: int | None = None) -> bytes:
        """Return a small blob whole (at most 4 MiB), checked; raise NotFound, ImageCorrupt or ImageError."""
        content = b"".join(self.read_blob(digest, size, _LARGEST_DOCUMENT))
        return content

    def read_blob(self, digest: str, size: int | None = None, limit: int | None = None) -> Iterator[bytes]:
        """Yield the bytes of a blob in chunks; raise ImageCorrupt after the last one if they are not what they say."""
        path = self.blob_path(digest)
        actual = hashlib.sha256()
        count = 0
        for chunk in self._open_chunks(path, digest):
            count += len(chunk)
            if limit is not None and count > limit:
                raise ImageError("A document in the image store is too large", where=str(path), why=f"over {limit} B")
            actual.update(chunk)
            yield chunk
        if from_hash(actual) != digest or size not in (None, count):
            raise corrupt(digest, path, f"its bytes hash to sha256:{actual.hexdigest()} ({count} B)")

    def check_blob(self, digest: str, size: int | None = None) -> None:
        """Hash a blob in flat memory; raise NotFound or ImageCorrupt."""
        for _ in self.read_blob(digest, size):
            pass

    # -- inside

    def _open_chunks(self, path: Path, digest: str) -> Iterator[bytes]:
        try:
            with path.open("rb", buffering=0) as file:
                yield from chunks(file)
        except FileNotFoundError:
            raise self._not_found(digest) from None
        except OSError as problem:
            raise ImageError("A blob cannot be read", where=str(path), why=str(problem), next_step=REBUILD) from problem

    def _json(self, digest: str, size: int | None = None) -> Any:
        try:
            return parse_json(self.read_document(digest, size))
        except (ValueError, RecursionError) as problem:
            raise ImageError("The image's description is not JSON", where=digest, why=str(problem)) from problem

    def _entries(self) -> list[JsonDict]:
        return self._index.get().entries

    def _write_index(self, entries: list[JsonDict]) -> None:
        document = {"schemaVersion": 2, "manifests": entries}
        replace_file(self.root / "index.json", json.dumps(document, indent=1).encode() + b"\n")

    def _not_found(self, name: str) -> NotFound:
        known = listed(name, (it for it in self.names() if subject_of(it) is None), _MOST_NAMED)
        return NotFound(
            f"No image or blob {name} in the image store",
            where=str(self.root),
            why=f"Images here: {known}",
            next_step="recast image build specs/ANALYSIS/VERSION   or   recast image ls",
            code="image.not-found",
        )


@dataclass(frozen=True, slots=True)
class _Index:
    """The entries of an index, and what the names among them mean."""

    entries: list[JsonDict]
    names: Mapping[str, str]


def _read_index(path: Path) -> _Index:
    try:
        manifests = parse_json(path.read_bytes())["manifests"]
    except FileNotFoundError:
        return _Index([], {})
    except OSError as problem:
        raise ImageError("The image store cannot be read", where=str(path), why=str(problem)) from problem
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise _bad_index(path, str(problem)) from problem
    if not isinstance(manifests, list) or not all(isinstance(item, dict) for item in manifests):
        raise _bad_index(path, "`manifests` is not a list of objects")
    named = ((_name_of(item), item) for item in manifests)
    names = {name: read_descriptor(item, str(path.parent)).digest for name, item in named if name is not None}
    return _Index(manifests, MappingProxyType(names))


def chunks(file: IO[bytes]) -> Iterator[bytes]:
    """Yield a file's bytes in chunks of at most `CHUNK_BYTES`."""
    while chunk := file.read(CHUNK_BYTES):
        yield chunk


def corrupt(digest: str, path: Path, why: str) -> ImageCorrupt:
    """Return the error for a damaged blob."""
    return ImageCorrupt(f"Blob {digest} is damaged", where=str(path), why=why, next_step=REBUILD)


def _bad_index(path: Path, why: str) -> ImageCorrupt:
    step = f"Move {path} away, then: {REBUILD}"
    return ImageCorrupt("The index of the image store is damaged", where=str(path), why=why, next_step=step)


def _name_of(entry: JsonDict) -> str | None:
    annotations = entry.get("annotations")
    name = annotations.get(_REF_NAME) if isinstance(annotations, dict) else None
    return name if isinstance(name, str) else None


def _write_hashed(stream: IO[bytes], content: Iterable[bytes]) -> tuple[str, int]:
    actual = hashlib.sha256()
    size = 0
    for chunk in content:
        actual.update(chunk)
        size += len(chunk)
        _write_all(stream.fileno(), chunk)
    return from_hash(actual), size


def _write_all(descriptor: int, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(descriptor, view) :]
