"""The blobs of a store that a set of images needs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from recast.errors import ImageCorrupt, ImageError, InputError, NotFound
from recast.images.layout import ImageStore
from recast.images.manifest import read_descriptor
from recast.json_types import JsonDict
from recast.strictjson import parse_json

__all__ = ["documents_first", "reachable"]

_LARGEST_DOCUMENT = 4 << 20
_DIGEST = re.compile(rb"sha256:[0-9a-f]{64}")


def reachable(store: ImageStore, roots: Iterable[str]) -> set[str]:
    """Return the digests of all blobs that manifests and indexes need, themselves included, here or not.

    What is named as an image but is not one is kept, with every digest in it: an untrusted version may pin anything,
    and must not block garbage collection permanently. Raises ImageCorrupt for a damaged one.
    """
    kept: set[str] = set()
    todo = list(roots)
    while todo:
        digest = todo.pop()
        if digest in kept:
            continue
        kept.add(digest)
        if store.has_blob(digest):
            documents, leaves = _needed_by(store, digest)
            todo += documents
            kept |= set(leaves)
    return kept


def _needed_by(store: ImageStore, digest: str) -> tuple[list[str], list[str]]:
    try:
        return _children(_read(store, digest), digest)
    except ImageCorrupt:
        raise
    except (ImageError, InputError):
        if store.blob_path(digest).stat().st_size > _LARGEST_DOCUMENT:
            return [], []
        return [], [match.decode() for match in _DIGEST.findall(store.read_document(digest))]


def documents_first(store: ImageStore, digests: Iterable[str]) -> list[str]:
    """Order blobs so that each comes before what it names: indexes, manifests, the rest."""
    return sorted(digests, key=lambda digest: (_rank(store, digest), digest))


def _rank(store: ImageStore, digest: str) -> int:
    try:
        document = _read(store, digest)
    except (ImageError, NotFound):
        return 2
    return 0 if "manifests" in document else 1 if "layers" in document else 2


def _read(store: ImageStore, digest: str) -> JsonDict:
    if store.blob_path(digest).stat().st_size > _LARGEST_DOCUMENT:
        raise _no_manifest(digest, "it is too large")
    try:
        document = parse_json(store.read_document(digest))
    except (ValueError, RecursionError) as problem:
        raise _no_manifest(digest, str(problem)) from problem
    if not isinstance(document, dict):
        raise _no_manifest(digest, "it is not a JSON object")
    return document


def _children(document: JsonDict, digest: str) -> tuple[list[str], list[str]]:
    """Return the digests of the documents and of the other blobs that a document names."""
    if "manifests" in document:
        return [read_descriptor(item, digest).digest for item in _list(document["manifests"], digest)], []
    layers = _list(document.get("layers"), digest)
    return [], [read_descriptor(item, digest).digest for item in [document.get("config"), *layers]]


def _list(value: Any, digest: str) -> list[Any]:
    if not isinstance(value, list):
        raise _no_manifest(digest, "it has no list of layers or manifests")
    return value


def _no_manifest(digest: str, why: str) -> ImageError:
    return ImageError(
        f"{digest} is named as an image and is none",
        why=why,
        next_step="recast image verify",
        code="image.malformed",
    )
