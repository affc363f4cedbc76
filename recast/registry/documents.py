"""Manifests and indexes from a registry: limited in size, checked against their digests, and what they refer to."""

from __future__ import annotations

from dataclasses import dataclass

from recast.digests import digest_of
from recast.errors import ImageCorrupt, ImageError
from recast.images.manifest import (
    INDEX_TYPES,
    MANIFEST_TYPES,
    Descriptor,
    Manifest,
    read_descriptor,
    read_manifest,
)
from recast.json_types import JsonDict
from recast.strictjson import parse_json

__all__ = ["ACCEPT", "LARGEST_DOCUMENT", "Document", "read_document"]

LARGEST_DOCUMENT = 4 << 20
"""Bytes; the distribution specification lets a registry refuse larger manifests."""
ACCEPT = ", ".join(sorted(MANIFEST_TYPES | INDEX_TYPES))
_MOST_CHILDREN = 4096


@dataclass(frozen=True, slots=True)
class Document:
    """A manifest or an index: the digest of its bytes, its media type, the bytes, and the JSON object in them."""

    digest: str
    media_type: str
    content: bytes
    data: JsonDict

    @property
    def is_index(self) -> bool:
        """Whether this is an index of several images."""
        return self.media_type in INDEX_TYPES

    @property
    def subject(self) -> Descriptor | None:
        """The manifest that this is about (such as a signature's version), None if there is none."""
        said = self.data.get("subject")
        return read_descriptor(said, self.digest) if said is not None else None

    @property
    def artifact_type(self) -> str:
        """The artifact type: `artifactType`, or the media type of the configuration."""
        config = self.data.get("config")
        said = self.data.get("artifactType") or (config.get("mediaType") if isinstance(config, dict) else "")
        return said if isinstance(said, str) else ""

    def manifest(self) -> Manifest:
        """Return the manifest; raise ImageError for an index."""
        return read_manifest(self.data, self.digest)

    def documents(self) -> list[Descriptor]:
        """Return the manifests in an index; none for a manifest."""
        items = self.data.get("manifests") if self.is_index else []
        if not isinstance(items, list):
            raise _malformed(self.digest, "It has no list of manifests.")
        return [read_descriptor(item, self.digest) for item in items]

    def blobs(self) -> list[Descriptor]:
        """Return configuration and layers of a manifest; none for an index."""
        if self.is_index:
            return []
        manifest = self.manifest()
        return [manifest.config, *manifest.layers]


def read_document(content: bytes, where: str, digest: str | None = None, announced: str = "") -> Document:
    """Read a manifest or an index; raise ImageCorrupt if the digest differs, ImageError for anything else.

    `announced` is the server's media type, which is used only if the document has none.
    """
    actual = digest_of(content)
    if digest is not None and actual != digest:
        raise ImageCorrupt(
            f"The manifest {digest} does not match its digest",
            where=where,
            why=f"The bytes that came hash to {actual}.",
            next_step="Try again; if this persists, the registry or the connection to it is not trustworthy.",
        )
    try:
        data = parse_json(content)
    except (ValueError, RecursionError) as problem:
        raise _malformed(where, f"It is not JSON: {problem}") from problem
    if not isinstance(data, dict):
        raise _malformed(where, "It is not a JSON object.")
    document = Document(actual, _media_type(data, announced, where), content, data)
    if len(document.documents()) + len(document.blobs()) > _MOST_CHILDREN:
        raise _malformed(where, f"It names more than {_MOST_CHILDREN} blobs.")
    return document


def _media_type(data: JsonDict, announced: str, where: str) -> str:
    said = data.get("mediaType") or announced.partition(";")[0].strip()
    if isinstance(said, str) and (
        said in INDEX_TYPES or (said in MANIFEST_TYPES and isinstance(data.get("config"), dict))
    ):
        return said
    raise ImageError(
        "The registry's answer is not an image that can be preserved",
        where=where,
        why=f"Its media type is {said!r}; OCI manifests and indexes and Docker's schema 2 are read.",
        next_step="Push the image again with a current tool: skopeo copy --format oci",
        code="image.media-type",
    )


def _malformed(where: str, why: str) -> ImageError:
    return ImageError("A manifest cannot be read", where=where, why=why, code="image.malformed")
