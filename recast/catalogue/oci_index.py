"""OCI indexes, byte for byte as skopeo and Podman write them.

These parse an index and serialise it again; if the bytes differ, they cannot copy it by digest. So the keys are in the
order of the image specification's Go types, and there is no `artifactType`, which older versions drop.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from recast.images.manifest import INDEX_TYPE, MANIFEST_TYPE
from recast.json_types import JsonDict, JsonObject

__all__ = ["KIND", "REF_NAME", "entry", "index_bytes"]

REF_NAME = "org.opencontainers.image.ref.name"
KIND = "io.recast.kind"
"""The annotation that distinguishes a version from its images in an index of both."""


def entry(
    digest: str, size: int, annotations: Mapping[str, str] | None = None, platform: Mapping[str, str] | None = None
) -> JsonDict:
    """Return the entry of a manifest."""
    found: JsonDict = {"mediaType": MANIFEST_TYPE, "digest": digest, "size": size}
    if annotations:
        found["annotations"] = dict(sorted(annotations.items()))
    if platform:
        found["platform"] = dict(platform)
    return found


def index_bytes(entries: Sequence[JsonObject]) -> bytes:
    """Return the bytes of an index; equal entries give equal bytes."""
    document = {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": list(entries)}
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
