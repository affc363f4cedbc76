"""Unpack all layers of an image into one root folder, checking each against its digest in the image."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from recast.layers.faults import LayerCorrupt, LayerFault
from recast.layers.rootfs import RootFolder
from recast.layers.stream import Limits, open_layer
from recast.layers.tarstream import entries

__all__ = ["MOUNT_POINTS", "Layer", "apply_layers"]

MOUNT_POINTS = ("recast/run", "proc", "dev", "tmp")
"""Folders that every root gets, as mount points in a read-only root."""


class Layer(NamedTuple):
    """A layer on disk: its file, its digest as stored and its uncompressed digest (`diff_id`)."""

    path: str | os.PathLike[str]
    digest: str
    diff_id: str


def apply_layers(
    layers: Iterable[Layer],
    rootfs: str | os.PathLike[str],
    limits: Limits,
    mount_points: Sequence[str] = MOUNT_POINTS,
) -> list[str]:
    """Fill the empty folder `rootfs` with layers, lowest first; return what was left out and why.

    The caller has hashed the files; the uncompressed bytes are hashed here. Raises LayerFault, LayerCorrupt, OSError.
    """
    root = RootFolder(rootfs, limits.entries)
    left = limits.total_bytes
    try:
        for layer in layers:
            left -= _apply(layer, root, left)
        for mount_point in mount_points:
            root.make_folder(mount_point)
        root.finish()
        return root.skipped
    finally:
        root.close()


def _apply(layer: Layer, root: RootFolder, limit_bytes: int) -> int:
    """Unpack one layer; return the bytes of its tar stream."""
    root.start_layer()
    try:
        with open_layer(layer.path, limit_bytes) as stream:
            for entry in entries(stream):
                root.put(entry, stream)
            stream.drain()
    except LayerFault as problem:
        problem.where = f"{problem.where} in layer {layer.digest}" if problem.where else f"layer {layer.digest}"
        raise
    if stream.digest != layer.diff_id:
        why = f"uncompressed it hashes to {stream.digest}, the image says {layer.diff_id}"
        raise LayerCorrupt(layer.digest, str(layer.path), why)
    return stream.position
