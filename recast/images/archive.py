"""One image as a byte stream that recast, skopeo, podman and docker can load."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from recast.images.layout import ImageStore
from recast.images.manifest import INDEX_TYPE, Descriptor, document_type

__all__ = ["archive_bytes", "archive_of"]

_REF_NAME = "org.opencontainers.image.ref.name"
_END_BLOCKS = 20


def archive_of(
    store: ImageStore, digest: str, name: str = "", annotations: Mapping[str, str] | None = None
) -> Iterator[bytes]:
    """Yield the archive of the image `digest`, named `name` in it: an OCI layout with Docker's manifest list.

    The same image and name give the same bytes. `annotations` are added to the image's entry in the index. Raises
    NotFound, or ImageCorrupt if a blob does not match its digest, which is known only after it was yielded: the archive
    is then incomplete.
    """
    manifest, content = store.manifest(digest), store.read_document(digest)
    said = {**({_REF_NAME: name} if name else {}), **(annotations or {})}
    entry = {
        **Descriptor(digest, len(content), document_type(content)).as_json(),
        **({"annotations": said} if said else {}),
    }
    docker = {
        "Config": _member(manifest.config.digest),
        "RepoTags": [name] if name else [],
        "Layers": [_member(layer.digest) for layer in manifest.layers],
    }
    small: Mapping[str, bytes] = {
        "oci-layout": b'{"imageLayoutVersion": "1.0.0"}\n',
        "index.json": _json({"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": [entry]}),
        "manifest.json": _json([docker]),
        _member(digest): content,
    }
    for path, document in small.items():
        yield _head(path, len(document)) + document + _padding(len(document))
    for blob in _blobs([manifest.config, *manifest.layers]):
        yield _head(_member(blob.digest), blob.size)
        yield from store.read_blob(blob.digest, blob.size)
        yield _padding(blob.size)
    yield bytes(_END_BLOCKS * tarfile.BLOCKSIZE)


def archive_bytes(store: ImageStore, digest: str) -> int:
    """Return the total size of the blobs in the archive of an image, which is nearly its size."""
    manifest = store.manifest(digest)
    return sum(blob.size for blob in _blobs([manifest.config, *manifest.layers]))


def _blobs(blobs: Sequence[Descriptor]) -> list[Descriptor]:
    return [blob for _, blob in sorted({blob.digest: blob for blob in blobs}.items())]


def _head(path: str, size: int) -> bytes:
    info = tarfile.TarInfo(path)
    info.size, info.mode = size, 0o644
    return info.tobuf(tarfile.PAX_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % tarfile.BLOCKSIZE)


def _json(document: Any) -> bytes:
    return json.dumps(document, sort_keys=True).encode() + b"\n"


def _member(digest: str) -> str:
    return f"blobs/sha256/{digest.removeprefix('sha256:')}"
