"""A root folder of an image in the node's cache, created by the same code that unpacks images everywhere else."""

from __future__ import annotations

import os
import time

from recast.layers.apply import Layer, apply_layers
from recast.layers.faults import LayerFault
from recast.layers.stream import Limits
from recast.layers.tree import remove_tree
from recast.worker.cache.folder import Cache, Entry
from recast.worker.cache.stamp import boot_id, stamp_of
from recast.worker.failure import Failure, failure_of
from recast.worker.images.pull import pull
from recast.worker.json_types import JsonDict, JsonObject

__all__ = ["hold_rootfs"]

_LOOK_EVERY_S = 60.0


def hold_rootfs(cache: Cache, image: JsonObject) -> str:
    """Return the image's root folder in the cache; it is kept until this process ends, and never written.

    Raises Failure.
    """
    name = image["digest"].partition(":")[2] + ".rootfs"
    entry = cache.hold(name, lambda entry: _is_sound(entry, image["digest"]), lambda folder: _make(folder, image))
    return entry.path + "/rootfs"


def _make(folder: str, image: JsonObject) -> JsonDict:
    """Fill `folder/rootfs`; blobs that an earlier try left are used, a root folder that it left is not."""
    rootfs = folder + "/rootfs"
    try:
        remove_tree(rootfs)
        os.makedirs(folder + "/blobs", exist_ok=True)
        pulled = pull(image, folder + "/blobs")
        pairs = zip(pulled.manifest.layers, pulled.diff_ids)
        os.mkdir(rootfs, 0o755)
        apply_layers([Layer(pulled.paths[blob.digest], blob.digest, diff) for blob, diff in pairs], rootfs, Limits())
        remove_tree(folder + "/blobs")
        _note_look(folder)
    except LayerFault as problem:
        raise Failure("infrastructure", f"image {image['digest']}: {problem}") from None
    except OSError as problem:
        raise failure_of(problem, "infrastructure") from None
    return _record(rootfs, image["digest"])


def _record(rootfs: str, digest: str) -> JsonDict:
    stamp = stamp_of(rootfs)
    # Nothing is synced: after a power cut another boot finds it and makes it again.
    return {"image": digest, "stamp": stamp.digest, "size_bytes": stamp.size_bytes, "boot": boot_id()}


def _is_sound(entry: Entry, digest: str) -> bool:
    """Return whether it is of this image and this boot, and as it was left; all files are looked at once in a while."""
    record = entry.record
    if record.get("image") != digest or record.get("boot") != boot_id():
        return False
    looked = entry.path + "/looked"
    try:
        if 0 <= time.time() - os.stat(looked).st_mtime < _LOOK_EVERY_S:
            return os.path.isdir(entry.path + "/rootfs")
    except FileNotFoundError:
        pass
    if not os.path.isdir(entry.path + "/rootfs") or stamp_of(entry.path + "/rootfs").digest != record.get("stamp"):
        return False
    _note_look(entry.path)
    return True


def _note_look(folder: str) -> None:
    with open(folder + "/looked", "w", encoding="ascii"):
        return
