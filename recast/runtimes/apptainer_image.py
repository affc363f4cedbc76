"""Provide an image of the store to Apptainer: as a SIF file made from the pinned digest, or from CVMFS."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

from recast.digests import hex_of
from recast.errors import ImageCorrupt, ImageError
from recast.images import ImageStore
from recast.images.disk import locked, replace_file, writing
from recast.images.lease import keep_lease
from recast.images.reference import digest_hex
from recast.json_types import JsonDict
from recast.machine.packages import install_here
from recast.plainfile import file_digest
from recast.worker.files.durable import sync_paths

__all__ = ["ensure_apptainer_image", "ensure_sif", "flat_folder", "is_made"]

_BUILD_S = 3600
_UNPACKED = "unpacked.cern.ch"


def ensure_apptainer_image(store_root: Path, digest: str, cvmfs: str = "") -> str:
    """Return what Apptainer starts for image `digest`: its folder on CVMFS if that exists, else a SIF file."""
    store = ImageStore(store_root)
    flat = flat_folder(Path(cvmfs), store.manifest(digest).config.digest) if cvmfs else None
    return str(flat or ensure_sif(store, digest))


def is_made(store_root: Path, digest: str, cvmfs: str = "") -> bool:
    """Return whether what Apptainer starts exists: on CVMFS, or as an existing SIF file."""
    store = ImageStore(store_root)
    flat = flat_folder(Path(cvmfs), store.manifest(digest).config.digest) if cvmfs else None
    return flat is not None or _made(store.root / "sif" / f"{digest_hex(digest)}.sif")


def flat_folder(cvmfs: Path, config_digest: str) -> Path | None:
    """Return the root folder of an image in /cvmfs/unpacked.cern.ch, None if there is none.

    Its `.flat/<2>/<64 hex digits>` are named by the digest of the image's configuration, which names all layers. The
    other paths there, `registry/name:tag`, follow a tag and are never used.
    """
    wanted = digest_hex(config_digest)
    folder = cvmfs / _UNPACKED / ".flat" / wanted[:2] / wanted
    return folder if folder.is_dir() and not folder.is_symlink() else None


def ensure_sif(store: ImageStore, digest: str) -> Path:
    """Return the SIF file of an image, creating `sif/<hex>.sif` if necessary.

    Every blob is hashed first; a SIF file that changed since it was created is hashed again. The file is protected from
    garbage collection until this process ends. Raises NotFound, ImageCorrupt or ImageError.
    """
    path = store.root / "sif" / f"{digest_hex(digest)}.sif"
    lock = path.with_suffix(".lock")
    with store.using():
        if not _made(path):  # the creator keeps holding the lock shared
            with locked(lock):
                if not _made(path):
                    _make(store, digest, path)
        keep_lease(lock)
    _check(path)
    return path


def _made(path: Path) -> bool:
    return path.with_suffix(".json").exists()


def _make(store: ImageStore, digest: str, path: Path) -> None:
    manifest = store.manifest(digest)
    for blob in (manifest.config, *manifest.layers):
        store.check_blob(blob.digest, blob.size)
    partial = path.with_suffix(".partial")
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f"{path.stem}.") as name, writing(path):
        layout = Path(name)
        _write_layout(store, digest, layout)
        _build(layout, partial)
        sync_paths([str(partial)])
        partial.replace(path)
        record = {"image": digest, "stamp": _stamp(path), "sha256": hex_of(file_digest(path))}
        replace_file(path.with_suffix(".json"), json.dumps(record).encode())


def _write_layout(store: ImageStore, digest: str, layout: Path) -> None:
    """Write a layout that contains only this image, so that no tag can refer to another one."""
    document = store.read_document(digest)
    media_type = json.loads(document).get("mediaType", "application/vnd.oci.image.manifest.v1+json")
    entry = {"mediaType": media_type, "digest": digest, "size": len(document)}
    (layout / "blobs").symlink_to(store.root / "blobs")
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))


def _build(layout: Path, target: Path) -> None:
    # zstd: three times as fast to create as gzip, and faster to start.
    argv = ["apptainer", "--quiet", "build", "--force", "--mksquashfs-args", "-comp zstd -Xcompression-level 3"]
    try:
        done = subprocess.run(
            [*argv, str(target), f"oci:{layout}"],
            capture_output=True,
            text=True,
            timeout=_BUILD_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise _failed(target, str(problem)) from problem
    if done.returncode != 0:
        raise _failed(target, "\n".join(done.stderr.strip().splitlines()[-3:]))


def _failed(target: Path, why: str) -> ImageError:
    target.unlink(missing_ok=True)
    step = f"{install_here('mksquashfs')}   # or --runtime bubblewrap"
    return ImageError("Apptainer cannot make a SIF file of the image", where=str(target), why=why, next_step=step)


def _check(path: Path) -> None:
    try:
        record: JsonDict = json.loads(path.with_suffix(".json").read_bytes())
        same = record["stamp"] == _stamp(path) or record["sha256"] == hex_of(file_digest(path))
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise _damaged(path, str(problem)) from problem
    if not same:
        raise _damaged(path, "its bytes are not those that were made")


def _damaged(path: Path, why: str) -> ImageCorrupt:
    step = f"rm {path.with_suffix('')}.*   and run again"
    return ImageCorrupt("The SIF file of an image is damaged", where=str(path), why=why, next_step=step)


def _stamp(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_size, found.st_mtime_ns, found.st_ino]
