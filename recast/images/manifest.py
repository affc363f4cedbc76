"""Parse descriptors, manifests and configurations of images from untrusted JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from recast.errors import ImageError, InputError
from recast.images.reference import check_digest
from recast.json_types import JsonDict
from recast.strictjson import parse_json

__all__ = [
    "CONFIG_TYPE",
    "INDEX_TYPE",
    "INDEX_TYPES",
    "LAYER_TYPE",
    "MANIFEST_TYPE",
    "MANIFEST_TYPES",
    "Descriptor",
    "ImageConfig",
    "Manifest",
    "document_type",
    "read_config",
    "read_descriptor",
    "read_manifest",
]

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
MANIFEST_TYPES = frozenset({MANIFEST_TYPE, "application/vnd.docker.distribution.manifest.v2+json"})
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
INDEX_TYPES = frozenset(
    {
        INDEX_TYPE,
        "application/vnd.docker.distribution.manifest.list.v2+json",
    }
)


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A pointer to a blob: `sha256:<hex>`, size in bytes, media type."""

    digest: str
    size: int
    media_type: str

    def as_json(self) -> JsonDict:
        """Return the descriptor as a JSON object of the OCI image specification."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": self.size}


@dataclass(frozen=True, slots=True)
class Manifest:
    """One image: its configuration and its layers, lowest first."""

    digest: str
    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes of the configuration and the layers, as stored."""
        return self.config.size + sum(layer.size for layer in self.layers)


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """The configuration of an image; `diff_ids` are the digests of the uncompressed layers, lowest first."""

    platform: str
    created: str
    env: Mapping[str, str]
    workdir: str
    user: str
    labels: Mapping[str, str]
    diff_ids: tuple[str, ...]


def document_type(content: bytes) -> str:
    """Return the media type that a manifest or an index declares; OCI's if it declares none."""
    try:
        document = parse_json(content)
    except (ValueError, RecursionError):
        document = None
    said = document.get("mediaType") if isinstance(document, dict) else None
    if isinstance(said, str) and said in MANIFEST_TYPES | INDEX_TYPES:
        return said
    return INDEX_TYPE if isinstance(document, dict) and "manifests" in document else MANIFEST_TYPE


def read_descriptor(data: Any, where: str) -> Descriptor:
    """Read a descriptor; raise ImageError if it is not one."""
    if not isinstance(data, dict) or not isinstance(data.get("digest"), str):
        raise _malformed("a descriptor has no digest", where)
    size = data.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise _malformed("a descriptor has no size", where)
    try:
        digest = check_digest(data["digest"])
    except InputError as problem:
        raise _malformed(f"{problem.what}: {problem.where}", where) from problem
    return Descriptor(digest, size, str(data.get("mediaType", "")))


def read_manifest(data: Any, digest: str) -> Manifest:
    """Read a manifest document; raise ImageError if it is an index or not a manifest."""
    if not isinstance(data, dict):
        raise _malformed("the manifest is not a JSON object", digest)
    said = data.get("mediaType")
    if (isinstance(said, str) and said in INDEX_TYPES) or "manifests" in data:
        raise ImageError(
            "This digest names an index of several images, not one image",
            where=digest,
            next_step="Copy one platform of it: skopeo copy --override-arch amd64 SOURCE oci:STORE:NAME",
        )
    layers = data.get("layers")
    if not isinstance(layers, list):
        raise _malformed("the manifest has no list of layers", digest)
    return Manifest(
        digest=digest,
        config=read_descriptor(data.get("config"), digest),
        layers=tuple(read_descriptor(layer, digest) for layer in layers),
        annotations=_strings(data.get("annotations")),
    )


def read_config(data: Any, digest: str) -> ImageConfig:
    """Read a configuration document; raise ImageError if it is not one."""
    rootfs = data.get("rootfs") if isinstance(data, dict) else None
    diff_ids = rootfs.get("diff_ids") if isinstance(rootfs, dict) else None
    if not isinstance(diff_ids, list) or not all(isinstance(item, str) for item in diff_ids):
        raise _malformed("the configuration has no rootfs.diff_ids", digest)
    inner = data.get("config")
    inner = inner if isinstance(inner, dict) else {}
    return ImageConfig(
        platform=f"{data.get('os', 'linux')}/{data.get('architecture', 'unknown')}",
        created=str(data.get("created") or ""),
        env=_environment(inner.get("Env")),
        workdir=str(inner.get("WorkingDir") or "/"),
        user=str(inner.get("User") or ""),
        labels=_strings(inner.get("Labels")),
        diff_ids=tuple(diff_ids),
    )


def _environment(lines: Any) -> dict[str, str]:
    texts = [line for line in lines if isinstance(line, str)] if isinstance(lines, list) else []
    pairs = (line.partition("=") for line in texts)
    return {name: value for name, equals, value in pairs if name and equals and "\0" not in name + value}


def _strings(data: Any) -> dict[str, str]:
    return {str(key): str(value) for key, value in data.items()} if isinstance(data, dict) else {}


def _malformed(why: str, where: str) -> ImageError:
    return ImageError("The image's description is malformed", where=where, why=why, code="image.malformed")
