"""What differs between two lists of packages, and the lists of images that may not be here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from recast.errors import RecastError
from recast.images.contents.packages import installed_packages
from recast.images.contents.sbom import find_sbom, is_sbom_of, read_sbom
from recast.images.layout import ImageStore
from recast.json_types import JsonDict, JsonValue
from recast.registry.name import Target
from recast.registry.notes import note_tag
from recast.registry.registry import Registry
from recast.strictjson import parse_json

__all__ = ["Differences", "between", "packages_here", "packages_there"]

Packages = Mapping[str, str]
"""Version by `kind/name`, as `deb/libc6` or `pypi/numpy`."""

_LARGEST_SBOM = 64 << 20


@dataclass(frozen=True, slots=True)
class Differences:
    """Packages that are new, that are gone (both with their version), and that have another version (before, after)."""

    added: Packages
    removed: Packages
    changed: Mapping[str, tuple[str, str]]

    def as_json(self) -> JsonDict:
        """Return the differences as a JSON object."""
        return {
            "added": [{"name": name, "version": version} for name, version in self.added.items()],
            "removed": [{"name": name, "version": version} for name, version in self.removed.items()],
            "changed": [{"name": name, "from": old, "to": new} for name, (old, new) in self.changed.items()],
        }


def between(before: Packages, after: Packages) -> Differences:
    """Return what differs between two lists of packages, sorted by name."""
    return Differences(
        added={name: after[name] for name in sorted(after.keys() - before.keys())},
        removed={name: before[name] for name in sorted(before.keys() - after.keys())},
        changed={
            name: (before[name], after[name])
            for name in sorted(before.keys() & after.keys())
            if before[name] != after[name]
        },
    )


def packages_here(store: ImageStore, digest: str) -> Packages | None:
    """Return the packages of an image in the store, by its SBOM or by what is installed; None if it is not there."""
    try:
        if find_sbom(store, digest) is not None:
            return _of_document(json.loads(read_sbom(store, digest)))
        return {_key(it.purl, it.name): it.version for it in installed_packages(store, digest)}
    except RecastError:
        return None


def packages_there(target: Target, digest: str) -> Packages | None:
    """Return the packages of an image in a registry by the SBOM beside it; None if there is no valid one."""
    try:
        with Registry(target) as registry:
            note = registry.head(note_tag(digest, "sbom"))
            if note is None:
                return None
            document = registry.get_manifest(note)
            if not is_sbom_of(document.data, digest):
                return None
            layer = document.manifest().layers[0]
            return _of_document(parse_json(registry.get_blob(layer.digest, _LARGEST_SBOM)))
    except (RecastError, ValueError):
        return None


def _of_document(document: JsonValue) -> Packages | None:
    """Return the packages that an untrusted CycloneDX document lists; None if it lists none."""
    parts = document.get("components") if isinstance(document, dict) else None
    if not isinstance(parts, list):
        return None
    listed = [it for it in parts if isinstance(it, dict) and it.get("name") and it.get("version")]
    return {_key(str(it.get("purl", "")), str(it["name"])): str(it["version"]) for it in listed}


def _key(purl: str, name: str) -> str:
    kind = purl.removeprefix("pkg:").partition("/")[0] if purl.startswith("pkg:") else "other"
    return f"{kind}/{name}"
