"""From an image in the store to a root folder that a container starts in."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recast.errors import ImageCorrupt, ImageError, NotFound
from recast.images.disk import locked, replace_file, writing
from recast.images.layout import REBUILD, ImageStore
from recast.images.lease import keep_lease
from recast.images.manifest import Descriptor, ImageConfig, Manifest
from recast.images.reference import digest_hex
from recast.images.told import layers_told
from recast.json_types import JsonDict
from recast.layers.apply import MOUNT_POINTS, Layer, apply_layers
from recast.layers.stream import Limits
from recast.layers.tree import remove_tree
from recast.worker.cache.stamp import stamp_of

__all__ = [
    "MOUNT_POINTS",
    "UnpackedImage",
    "ensure_unpacked",
    "lease_unpacked",
    "note_stamp",
    "noted_stamp",
    "unpack_into",
]

_VERSION = 1


@dataclass(frozen=True, slots=True)
class UnpackedImage:
    """An image as a root folder.

    `workdir` and `user` are as the image's configuration says (`/` and empty by default). `skipped` names entries that
    were left out and why (device nodes, FIFOs).
    """

    rootfs: Path
    digest: str
    env: Mapping[str, str]
    workdir: str
    user: str
    skipped: tuple[str, ...] = ()


def ensure_unpacked(store: ImageStore, digest: str, limits: Limits = Limits()) -> UnpackedImage:  # noqa: B008
    """Return the root folder of an image, unpacking it into `unpacked/<hex>/` if this was not done before.

    Every blob is hashed before it is unpacked; one that changed since then is hashed again. Safe against crashes and
    against two callers at once. Raises NotFound, ImageCorrupt, or ImageError for layers that are refused.
    """
    folder = store.root / "unpacked" / digest_hex(digest)
    record = _read_record(folder)
    if record is None:
        with store.using(), locked(folder.with_suffix(".lock")):
            record = _read_record(folder) or _unpack(store, digest, folder, limits)
    _check_unchanged(store, record["blobs"])
    return UnpackedImage(
        rootfs=folder / "rootfs",
        digest=digest,
        env=record["env"],
        workdir=record["workdir"],
        user=record["user"],
        skipped=tuple(record["skipped"]),
    )


def is_unpacked(store: ImageStore, digest: str) -> bool:
    """Return whether an image was unpacked before."""
    return (store.root / "unpacked" / digest_hex(digest) / "image.json").exists()


def lease_unpacked(store: ImageStore, digest: str) -> UnpackedImage:
    """Do as `ensure_unpacked`, and keep the collector away from the root folder until this process has ended."""
    with store.using():
        image = ensure_unpacked(store, digest)
        keep_lease(image.rootfs.parent.with_suffix(".lock"))
    return image


def unpack_into(store: ImageStore, digest: str, rootfs: Path, limits: Limits = Limits()) -> list[str]:  # noqa: B008
    """Fill an empty folder with the layers of an image, each checked; return what was left out and why."""
    manifest, config = store.manifest(digest), store.config(digest)
    if len(manifest.layers) != len(config.diff_ids):
        raise ImageError("The image's description is malformed", where=digest, why="layers and diff_ids differ")
    pairs = zip(manifest.layers, config.diff_ids, strict=True)
    layers = [Layer(store.blob_path(layer.digest), layer.digest, diff_id) for layer, diff_id in pairs]
    with layers_told():
        return apply_layers(layers, rootfs, limits)


def noted_stamp(folder: Path) -> str:
    """Return how the root of an unpacked image looked when it was made, or found sound; empty if nobody noted it."""
    record = _read_record(folder)
    return str(record.get("stamp", "")) if record else ""


def note_stamp(folder: Path, stamp: str) -> None:
    """Note how a root looks that was compared with its image; a store that cannot be written is left as it is."""
    record = _read_record(folder)
    if record is not None and os.access(folder, os.W_OK):
        replace_file(folder / "image.json", json.dumps({**record, "stamp": stamp}, indent=1).encode())


def _unpack(store: ImageStore, digest: str, folder: Path, limits: Limits) -> JsonDict:
    manifest, config = store.manifest(digest), store.config(digest)
    blobs = {blob.digest: _checked(store, blob) for blob in _blobs(store, manifest)}
    partial = folder.with_suffix(".partial")
    with writing(folder):
        remove_tree(partial)
        (partial / "rootfs").mkdir(parents=True, mode=0o755)
        try:
            skipped = unpack_into(store, digest, partial / "rootfs", limits)
            record = {**_record(config, blobs, skipped), "stamp": stamp_of(str(partial / "rootfs")).digest}
            (partial / "image.json").write_text(json.dumps(record, indent=1), encoding="utf-8")
            # The rename must not outlive the files in a power cut: once per image, so the price is fine.
            os.sync()
            partial.rename(folder)
        except BaseException:
            remove_tree(partial)
            raise
    return record


def _blobs(store: ImageStore, manifest: Manifest) -> list[Descriptor]:
    own = Descriptor(manifest.digest, store.blob_path(manifest.digest).stat().st_size, "")
    return [own, manifest.config, *manifest.layers]


def _checked(store: ImageStore, blob: Descriptor) -> list[int]:
    store.check_blob(blob.digest, blob.size)
    return _stamp(store.blob_path(blob.digest))


def _stamp(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_size, found.st_mtime_ns, found.st_ino]


def _record(config: ImageConfig, blobs: Mapping[str, list[int]], skipped: list[str]) -> JsonDict:
    return {
        "version": _VERSION,
        "env": dict(config.env),
        "workdir": config.workdir,
        "user": config.user,
        "skipped": skipped,
        "blobs": dict(blobs),
    }


def _read_record(folder: Path) -> JsonDict | None:
    try:
        record: JsonDict = json.loads((folder / "image.json").read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as problem:
        raise _damaged(folder, str(problem)) from problem
    if not isinstance(record, dict) or record.get("version") != _VERSION or not (folder / "rootfs").is_dir():
        raise _damaged(folder, "it was not written by this version of recast, or its rootfs is gone")
    return record


def _check_unchanged(store: ImageStore, blobs: Mapping[str, list[int]]) -> None:
    """Hash a blob again whose size, time or inode changed since it was unpacked: tampering shows even then."""
    for digest, stamp in blobs.items():
        path = store.blob_path(digest)
        try:
            changed = _stamp(path) != stamp
            if changed:
                store.check_blob(digest)
        except (FileNotFoundError, NotFound):
            raise ImageCorrupt(f"Blob {digest} is missing", where=str(path), next_step=REBUILD) from None


def _damaged(folder: Path, why: str) -> ImageCorrupt:
    return ImageCorrupt(
        "The unpacked image is damaged", where=str(folder), why=why, next_step=f"rm -rf {folder}   and run again"
    )
