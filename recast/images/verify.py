"""Hashing every blob of every image in a store, and looking at the root folders that were made of them."""

from __future__ import annotations

import os
import re
from collections.abc import Container, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from recast.digests import from_hex
from recast.errors import ImageError, NotFound, RecastError
from recast.images.layout import ImageStore
from recast.images.manifest import INDEX_TYPES, MANIFEST_TYPES, Descriptor, read_descriptor
from recast.images.roots import root_problem, unpacked_roots
from recast.json_types import JsonDict
from recast.strictjson import parse_json

__all__ = ["BadBlob", "verify"]

_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class BadBlob:
    """A blob that is missing or whose bytes are not what its digest says, or a root that its image does not describe.

    Of a root, `digest` is the image's and `path` the folder's.
    """

    digest: str
    path: Path
    images: tuple[str, ...]
    problem: str

    def as_json(self) -> JsonDict:
        """Return the bad blob as a JSON object."""
        return {
            "digest": self.digest,
            "path": str(self.path),
            "images": list(self.images),
            "problem": self.problem,
        }


def verify(store: ImageStore) -> list[BadBlob]:
    """Hash every blob of the store once, several at a time, in flat memory; return the bad ones, sorted by digest.

    After them the bad ones of the unpacked root folders. Also blobs that no image in the index needs: their `images`
    are empty. What a damaged manifest would have named and is missing cannot be known: fix it and verify again.
    """
    images: dict[str, set[str]] = {}
    problems: dict[str, str] = {}
    named: dict[str, Descriptor] = {}
    names = _names_by_digest(store)
    for root in store.roots():
        for blob in _walk(store, root, problems):
            images.setdefault(blob.digest, set()).add(names.get(root.digest, root.digest))
            named.setdefault(blob.digest, blob)
    left = [blob for digest, blob in named.items() if digest not in problems]
    problems |= _problems(store, [*left, *_unnamed(store, named)])
    blobs = [
        BadBlob(digest, store.blob_path(digest), tuple(sorted(images.get(digest, ()))), problem)
        for digest, problem in sorted(problems.items())
        if problem
    ]
    roots = [(digest, rootfs, root_problem(store, digest, rootfs)) for digest, rootfs in unpacked_roots(store).items()]
    return [
        *blobs,
        *(BadBlob(digest, path, tuple(sorted(images.get(digest, ()))), text) for digest, path, text in roots if text),
    ]


def _names_by_digest(store: ImageStore) -> dict[str, str]:
    return {digest: name for name, digest in sorted(store.names().items(), reverse=True)}


def _walk(store: ImageStore, root: Descriptor, problems: dict[str, str]) -> Iterator[Descriptor]:
    """Yield a blob and all below it once; write what is wrong with documents into `problems` (empty: fine)."""
    seen: set[str] = set()
    todo = [root]
    while todo:
        blob = todo.pop()
        if blob.digest in seen:
            continue
        seen.add(blob.digest)
        yield blob
        if blob.media_type in INDEX_TYPES | MANIFEST_TYPES:
            if blob.digest not in problems:
                problems[blob.digest] = _problem(store, blob)
            todo += [] if problems[blob.digest] else _children(store, blob, problems)


def _children(store: ImageStore, blob: Descriptor, problems: dict[str, str]) -> list[Descriptor]:
    try:
        if blob.media_type in INDEX_TYPES:
            document = parse_json(store.read_document(blob.digest))
            return [read_descriptor(item, blob.digest) for item in document["manifests"]]
        manifest = store.manifest(blob.digest)
        return [manifest.config, *manifest.layers]
    except (ImageError, ValueError, KeyError, TypeError, RecursionError) as problem:
        problems[blob.digest] = str(problem)
        return []


def _unnamed(store: ImageStore, named: Container[str]) -> list[Descriptor]:
    """Return the blobs in the folder that no image names, with the size that they have."""
    folder = store.root / "blobs" / "sha256"
    paths = [path for path in folder.glob("*") if _HEX.fullmatch(path.name) and from_hex(path.name) not in named]
    return [Descriptor(from_hex(path.name), path.stat().st_size, "") for path in paths]


def _problems(store: ImageStore, blobs: Sequence[Descriptor]) -> dict[str, str]:
    """Look at blobs, the largest first, as many at a time as there are processors: hashing holds no lock."""
    largest_first = sorted(blobs, key=lambda blob: -blob.size)
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        found = pool.map(lambda blob: _problem(store, blob), largest_first)
        return dict(zip((blob.digest for blob in largest_first), found, strict=True))


def _problem(store: ImageStore, blob: Descriptor) -> str:
    try:
        store.check_blob(blob.digest, blob.size)
    except NotFound:
        return "it is missing"
    except RecastError as problem:
        return problem.why or problem.what
    return ""
