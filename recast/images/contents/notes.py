"""What is said about an image and stands beside it (its SBOM, its provenance): artifacts with the image as subject.

They are found by the tag `NAME:sha256-<hex>.<kind>`, here and in registries (OCI image specification 1.1).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from recast.errors import ImageError
from recast.images.layout import ImageStore
from recast.images.manifest import MANIFEST_TYPE
from recast.images.reference import note_name, subject_of
from recast.json_types import JsonObject

__all__ = ["attach_note", "find_note", "is_note_of", "note_layers"]

_EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
_LARGEST = 64 << 20


def attach_note(
    store: ImageStore, name: str, digest: str, kind: str, artifact_type: str, layers: Sequence[tuple[bytes, str]]
) -> str:
    """Store contents with their media types as the `kind` of note about image `digest`; return the artifact."""
    with store.using():
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "artifactType": artifact_type,
            "config": store.add_blob([b"{}"], _EMPTY_TYPE).as_json(),
            "layers": [store.add_blob([content], media_type).as_json() for content, media_type in layers],
            "subject": {
                "mediaType": MANIFEST_TYPE,
                "digest": digest,
                "size": len(store.read_document(digest)),
            },
        }
        artifact = store.add_json(manifest, MANIFEST_TYPE).digest
        store.tag(note_name(name, digest, kind), artifact)
    return artifact


def find_note(store: ImageStore, digest: str, kind: str) -> str | None:
    """Return the digest of the artifact with a note about image `digest`, None if the store has none."""
    for name, artifact in sorted(store.names().items()):
        if subject_of(name) == digest and name.endswith(f".{kind}"):
            return artifact
    return None


def note_layers(
    store: ImageStore, artifact: str, digest: str, artifact_type: str, kinds: Sequence[str], what: str
) -> list[bytes]:
    """Return the contents of a note about image `digest`, whose layers have the first of these media types, in order.

    Raises ImageError for an artifact that is not `what`, ImageCorrupt if bytes do not match their digest.
    """
    layers = store.manifest(artifact).layers
    counts = range(1, len(kinds) + 1)
    if not is_note_of(json.loads(store.read_document(artifact)), digest, artifact_type, [kinds[:it] for it in counts]):
        raise ImageError(f"What the store keeps as {what} is none", where=artifact, code="image.malformed")
    return [b"".join(store.read_blob(layer.digest, layer.size, _LARGEST)) for layer in layers]


def is_note_of(manifest: JsonObject, digest: str, artifact_type: str, kinds: Collection[Sequence[str]]) -> bool:
    """Return whether an untrusted manifest is that of a note about image `digest`; `kinds` are the allowed layers."""
    subject, layers = manifest.get("subject"), manifest.get("layers")
    found = [layer.get("mediaType") for layer in layers if isinstance(layer, dict)] if isinstance(layers, list) else []
    about = isinstance(subject, dict) and subject.get("digest") == digest
    return about and manifest.get("artifactType") == artifact_type and found in [list(it) for it in kinds]
