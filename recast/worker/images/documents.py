"""The manifest and the configuration of an image, read from bytes whose digest was checked."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, NamedTuple

from recast.worker.failure import Failure

__all__ = ["MOST_DOCUMENT_BYTES", "Blob", "Manifest", "check_digest", "read_diff_ids", "read_manifest", "sha256_of"]

MOST_DOCUMENT_BYTES = 4 << 20
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_MOST_LAYERS = 500


class Blob(NamedTuple):
    """A blob of an image: `sha256:<hex>` and its size in bytes."""

    digest: str
    size: int


class Manifest(NamedTuple):
    """One image: its configuration and its layers, lowest first; `media_type` is the manifest's own."""

    media_type: str
    config: Blob
    layers: list[Blob]


def check_digest(digest: Any) -> str:
    """Return a digest; raise Failure (`infrastructure`) for anything other than `sha256:<hex>`."""
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise Failure("infrastructure", f"{digest!r} is not a digest of an image")
    return digest


def sha256_of(content: bytes) -> str:
    """Return `sha256:<hex>` of some bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def read_manifest(content: bytes, digest: str) -> Manifest:
    """Return the manifest; raise Failure (`infrastructure`) if the digest differs, or it is not of a single image."""
    if sha256_of(content) != digest:
        raise Failure("infrastructure", f"the manifest hashes to {sha256_of(content)}, pinned is {digest}")
    try:
        document = json.loads(content)
        layers = [_blob(layer) for layer in document["layers"]]
        config = _blob(document["config"])
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise Failure("infrastructure", f"{digest} is not a manifest of one image: {problem!r}") from None
    if len(layers) > _MOST_LAYERS:
        raise Failure("infrastructure", f"{digest} has {len(layers)} layers, more than {_MOST_LAYERS}")
    return Manifest(str(document.get("mediaType") or "application/vnd.oci.image.manifest.v1+json"), config, layers)


def read_diff_ids(content: bytes, manifest: Manifest) -> list[str]:
    """Return the digests of the uncompressed layers from the configuration's bytes; raise Failure as above."""
    if sha256_of(content) != manifest.config.digest:
        raise Failure(
            "infrastructure", f"the configuration hashes to {sha256_of(content)}, not {manifest.config.digest}"
        )
    try:
        diff_ids = [check_digest(item) for item in json.loads(content)["rootfs"]["diff_ids"]]
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise Failure("infrastructure", f"the image's configuration is malformed: {problem!r}") from None
    if len(diff_ids) != len(manifest.layers):
        raise Failure("infrastructure", "the image's description is malformed: layers and diff_ids differ")
    return diff_ids


def _blob(descriptor: Any) -> Blob:
    size = descriptor["size"]
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise ValueError(f"a size is {size!r}")
    return Blob(check_digest(descriptor["digest"]), size)
