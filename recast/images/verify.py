"""Hashing every blob of every image in a store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recast.errors import ImageError, NotFound, RecastError
from recast.images.layout import ImageStore
from recast.images.manifest import INDEX_TYPES, MANIFEST_TYPES, Descriptor, read_descriptor

__all__ = ["BadBlob", "verify"]


@dataclass(frozen=True, slots=True)
class BadBlob:
    """A blob that is missing or whose bytes are not what its digest says."""

    digest: str
    path: Path
    images: tuple[str, ...]
    problem: str

    def as_json(self) -> dict[str, Any]:
        """Return the bad blob as a JSON object."""
        return {
            "digest": self.digest,
            "path": str(self.path),
            "images": list(self.images),
            "problem": self.problem,
        }


def verify(store: ImageStore) -> list[BadBlob]:
    """Hash each blob of each image in the index once, in flat memory; return the bad ones, sorted by digest.

    What a damaged manifest would have named cannot be looked at: mend it and verify again.
    """
    users: dict[str, set[str]] = {}
    problems: dict[str, str] = {}
    names = _names_by_digest(store)
    for root in store.roots():
        label = names.get(root.digest, root.digest)
        for blob in _walk(store, root, problems, set()):
            users.setdefault(blob.digest, set()).add(label)
    return [
        BadBlob(digest, store.blob_path(digest), tuple(sorted(users[digest])), problem)
        for digest, problem in sorted(problems.items())
        if problem
    ]


def _names_by_digest(store: ImageStore) -> dict[str, str]:
    return {digest: name for name, digest in sorted(store.names().items(), reverse=True)}


def _walk(store: ImageStore, blob: Descriptor, problems: dict[str, str], seen: set[str]) -> Iterator[Descriptor]:
    """Yield a blob and all below it once; write what is wrong with each into `problems` (empty: it is fine)."""
    if blob.digest in seen:
        return
    seen.add(blob.digest)
    if blob.digest not in problems:
        problems[blob.digest] = _problem(store, blob)
    yield blob
    for child in [] if problems[blob.digest] else _children(store, blob, problems):
        yield from _walk(store, child, problems, seen)


def _children(store: ImageStore, blob: Descriptor, problems: dict[str, str]) -> list[Descriptor]:
    try:
        if blob.media_type in INDEX_TYPES:
            document = json.loads(store.read_document(blob.digest))
            return [read_descriptor(item, blob.digest) for item in document["manifests"]]
        if blob.media_type in MANIFEST_TYPES:
            manifest = store.manifest(blob.digest)
            return [manifest.config, *manifest.layers]
    except (ImageError, ValueError, KeyError, TypeError, RecursionError) as problem:
        problems[blob.digest] = str(problem)
    return []


def _problem(store: ImageStore, blob: Descriptor) -> str:
    try:
        store.check_blob(blob.digest, blob.size)
    except NotFound:
        return "it is missing"
    except RecastError as problem:
        return problem.why or problem.what
    return ""
