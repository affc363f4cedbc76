"""Leftovers in a store: root folders and SIF files without an image, files of killed builds and downloads."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recast.digests import from_hex
from recast.images.layout import ImageStore
from recast.json_types import JsonDict

__all__ = ["Garbage", "leftovers", "made_of"]

_PARTIAL_S = 86_400
"""How long an interrupted download is kept for continuing it."""


@dataclass(frozen=True, slots=True)
class Garbage:
    """One item that is not needed.

    `kind`: `name`, `blob`, `unpacked`, `sif`, `partial`, `temporary` or `record`. `name` is a digest, or a path in the
    store. `size` is the disk usage in bytes. `lock`, if there is one, must be free.
    """

    kind: str
    name: str
    path: Path
    size: int
    lock: Path | None = None

    def as_json(self) -> JsonDict:
        """Return it as a JSON object."""
        return {"kind": self.kind, "name": self.name, "size": self.size, "path": str(self.path)}


def made_of(store: ImageStore, kept: set[str]) -> Iterator[Garbage]:
    """Yield root folders and SIF files whose image is not in `kept`."""
    for kind, folder in (("unpacked", store.root / "unpacked"), ("sif", store.root / "sif")):
        for path in sorted(folder.glob("*")):
            digest = from_hex(path.name.partition(".")[0])
            whole = path.suffix in ("", ".sif", ".json")
            if path.suffix == ".lock" or (whole and digest in kept):
                continue
            lock = folder / f"{path.name.partition('.')[0]}.lock"
            yield Garbage(kind, digest, path, _size(path), lock)


def leftovers(store: ImageStore, kept: set[str]) -> Iterator[Garbage]:
    """Yield what killed builds and downloads left behind, and records of builds whose image has been removed."""
    for path in sorted(
        [*store.root.glob(".build-*"), *store.root.glob(".base-*"), *store.root.glob("wheels/*.partial")]
    ):
        yield Garbage("temporary", str(path.relative_to(store.root)), path, _size(path))
    for path in sorted(store.root.glob(".*.tmp")):
        yield Garbage("temporary", path.name, path, _size(path))
    for path in sorted(store.root.glob("partial/*")):
        if time.time() - path.lstat().st_mtime > _PARTIAL_S:
            yield Garbage("partial", f"partial/{path.name}", path, _size(path), path)
    for path in sorted(store.root.glob("builds/*.json")):
        if _built(path) not in kept:
            yield Garbage("record", f"builds/{path.name}", path, _size(path))


def _built(record: Path) -> str | None:
    try:
        return str(json.loads(record.read_bytes())["digest"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _size(path: Path) -> int:
    """Return the disk usage in bytes of a file or of all files below a folder, counting hard links once."""
    seen: set[int] = set()
    total = 0
    for found in _stats(path):
        if found.st_ino not in seen:
            seen.add(found.st_ino)
            total += found.st_blocks * 512
    return total


def _stats(path: Path) -> Iterator[os.stat_result]:
    yield path.lstat()
    if path.is_symlink() or not path.is_dir():
        return
    for folder, names, files in os.walk(path):
        for name in [*names, *files]:
            yield os.lstat(os.path.join(folder, name))  # noqa: PTH118 (many)
