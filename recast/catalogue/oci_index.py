"""Indexes as we write them: byte for byte as the programs of skopeo and Podman write them too.

They read an index and write it again; if that gives other bytes, they cannot copy it under its digest. So the keys have
the order of the image specification's Go types, and there is no `artifactType`, which older ones drop.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from recast.images.manifest import INDEX_TYPE, MANIFEST_TYPE
from recast.json_types import JsonDict, JsonObject

__all__ = ["KIND", "REF_NAME", "entry", "index_bytes"]

REF_NAME = "org.opencontainers.image.ref.name"
KIND = "io.recast.kind"
"""The annotation that tells a version from its images in an index of both."""


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
    """Return the document of an index; the same entries, the same bytes."""
    document = {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": list(entries)}
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
