"""Copy a manifest and everything it refers to from one OCI layout into another."""

from __future__ import annotations

from recast.errors import NotFound, RecastError
from recast.images import ImageStore
from recast.images.manifest import MANIFEST_TYPE

__all__ = ["copy_tree"]


def copy_tree(source: ImageStore, digest: str, target: ImageStore) -> None:
    """Copy a manifest and what it refers to; complete blobs in the target are kept. Raises NotFound or ImageCorrupt."""
    manifest = source.manifest(digest)
    for blob in (manifest.config, *manifest.layers):
        if not _is_whole(target, blob.digest, blob.size):
            target.add_blob(source.read_blob(blob.digest, blob.size), blob.media_type)
    if not _is_whole(target, digest, None):
        target.add_blob([source.read_document(digest)], MANIFEST_TYPE)


def _is_whole(store: ImageStore, digest: str, size: int | None) -> bool:
    try:
        store.check_blob(digest, size)
    except (NotFound, RecastError):
        return False
    return True
