"""The bill of materials of an image (SBOM): CycloneDX 1.6 as JSON, made only from the image, so it is reproducible.

It is stored as an artifact with the image as its subject (OCI image specification 1.1), found by the tag
`NAME:sha256-<hex>.sbom`.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping

from recast._version import __version__
from recast.errors import NotFound
from recast.images.contents.notes import attach_note, find_note, is_note_of, note_layers
from recast.images.contents.packages import Package, installed_packages
from recast.images.layout import ImageStore
from recast.images.manifest import ImageConfig
from recast.images.reference import digest_hex, parse_reference
from recast.json_types import JsonDict, JsonObject

__all__ = ["SBOM_TYPE", "attach_sbom", "find_sbom", "is_sbom_of", "make_sbom", "read_sbom"]

SBOM_TYPE = "application/vnd.cyclonedx+json"
_KIND = "sbom"
_SPACE = uuid.UUID("8d1f2a34-6b7c-5e80-9a41-5f0e7c2b9d63")


def make_sbom(
    store: ImageStore, name: str, digest: str, bases: Mapping[str, str] | None = None, recipe: str = ""
) -> JsonDict:
    """Return the CycloneDX document of an image: its packages with versions, package URLs, licences and hashes.

    `name` is `name:tag`; `bases` are the names and digests that it was built on, `recipe` the digest of what it was
    built from.
    """
    config = store.config(digest)
    image = _image(name, digest, config, bases or {}, recipe)
    parts = [_component(package) for package in installed_packages(store, digest)]
    body = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            **({"timestamp": config.created} if config.created else {}),
            "tools": {"components": [{"type": "application", "name": "recast-framework", "version": __version__}]},
            "component": image,
        },
        "components": parts,
        "dependencies": [{"ref": image["bom-ref"], "dependsOn": [part["bom-ref"] for part in parts]}],
    }
    return {**body, "serialNumber": f"urn:uuid:{uuid.uuid5(_SPACE, json.dumps(body, sort_keys=True))}"}


def attach_sbom(store: ImageStore, name: str, digest: str, document: JsonObject) -> str:
    """Store a document as the SBOM of image `digest`; return the artifact's digest."""
    content = json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False).encode() + b"\n"
    return attach_note(store, name, digest, _KIND, SBOM_TYPE, [(content, SBOM_TYPE)])


def find_sbom(store: ImageStore, digest: str) -> str | None:
    """Return the digest of the artifact with an image's SBOM, None if the store has none."""
    return find_note(store, digest, _KIND)


def read_sbom(store: ImageStore, digest: str) -> bytes:
    """Return the stored SBOM of image `digest`, checked; raise NotFound if there is none."""
    artifact = find_sbom(store, digest)
    if artifact is None:
        raise NotFound(
            f"The store has no SBOM of {digest}",
            where=str(store.root),
            next_step=f"recast image sbom {digest}   (makes one of what is installed)",
            code="image.no-sbom",
        )
    return note_layers(store, artifact, digest, SBOM_TYPE, [SBOM_TYPE], "an SBOM")[0]


def is_sbom_of(manifest: JsonObject, digest: str) -> bool:
    """Return whether an untrusted manifest is that of an SBOM of image `digest`."""
    return is_note_of(manifest, digest, SBOM_TYPE, [[SBOM_TYPE]])


def _image(name: str, digest: str, config: ImageConfig, bases: Mapping[str, str], recipe: str) -> JsonDict:
    labels = {"recast:recipe": recipe, "recast:platform": config.platform}
    made = {
        **_container(name, digest),
        "properties": [{"name": key, "value": value} for key, value in sorted(labels.items()) if value],
    }
    ancestors = [_container(base, base_digest) for base, base_digest in sorted(bases.items())]
    return {**made, "pedigree": {"ancestors": ancestors}} if ancestors else made


def _container(name: str, digest: str) -> JsonDict:
    last = parse_reference(name).name.rpartition("/")[2]
    return {
        "type": "container",
        "bom-ref": f"pkg:oci/{last}@sha256%3A{digest_hex(digest)}",
        "name": parse_reference(name).name,
        "version": digest,
        "purl": f"pkg:oci/{last}@sha256%3A{digest_hex(digest)}",
        "hashes": [{"alg": "SHA-256", "content": digest_hex(digest)}],
    }


def _component(package: Package) -> JsonDict:
    licences = [{"license": {"name": name}} for name in package.licences]
    if package.expression:
        licences = [{"expression": package.expression}]  # type: ignore[dict-item]
    return {
        "type": "library",
        "bom-ref": package.purl,
        "name": package.name,
        "version": package.version,
        "purl": package.purl,
        **({"licenses": licences} if licences else {}),
        **({"hashes": [{"alg": "SHA-256", "content": package.sha256}]} if package.sha256 else {}),
    }
