"""Verify all bytes of a version and its images before anything of it runs.

Hashing half a gigabyte before each run would cost more than most steps. So size, time and inode of each hashed file are
recorded; a blob that is unchanged since then is not read again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from recast.catalogue.version import PublishedVersion
from recast.errors import NotFound, RecastError, StoreError
from recast.images import ImageStore
from recast.images.disk import replace_file

__all__ = ["check_intact"]


def check_intact(version: PublishedVersion, images: ImageStore, notes: Path) -> None:
    """Hash every blob of a version, and of those of its images that are in the image store.

    Raises StoreError or ImageCorrupt, which name the damaged blob. Missing images are checked when they are pulled.
    `notes` is the folder for the records of what was hashed.
    """
    note = notes / f"{version.digest.removeprefix('sha256:')}.json"
    known = _read(note)
    seen: dict[str, list[int]] = {}
    for digest in (version.digest, *_blobs(version.store.layout, version.digest)):
        path = version.store.path(digest)
        if (stamp := _stamp(path)) != known.get(digest) or stamp is None:
            version.store.read(digest)
        seen[digest] = _stamp(path) or []
    for pin in set(version.pins.values()):
        if images.has_blob(pin):
            for digest, size in {pin: None, **_blobs(images, pin)}.items():
                path = images.blob_path(digest)
                if (stamp := _stamp(path)) != known.get(digest) or stamp is None:
                    images.check_blob(digest, size)
                seen[digest] = _stamp(path) or []
    if seen != known:
        _write(note, seen)


def _blobs(layout: ImageStore, digest: str) -> dict[str, int]:
    """Return configuration and layers of a manifest with their sizes; reading the manifest checks it."""
    try:
        manifest = layout.manifest(digest)
    except NotFound as problem:
        raise StoreError(problem.what, where=problem.where, why=problem.why, next_step=problem.next_step) from problem
    return {blob.digest: blob.size for blob in (manifest.config, *manifest.layers)}


def _stamp(path: Path) -> list[int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return [status.st_size, status.st_mtime_ns, status.st_ino]


def _read(note: Path) -> Mapping[str, list[int]]:
    try:
        found = json.loads(note.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(note: Path, seen: Mapping[str, list[int]]) -> None:
    try:
        os.makedirs(note.parent, exist_ok=True)  # noqa: PTH103
        replace_file(note, json.dumps(seen).encode())
    except (OSError, RecastError):
        pass  # the next run hashes again
