"""Images made by hand, entry by entry, so that tests can put anything into a layer."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from recast.images import ImageStore
from recast.images.manifest import LAYER_TYPE

MTIME = 1_600_000_000
KINDS = {
    "file": tarfile.REGTYPE,
    "dir": tarfile.DIRTYPE,
    "link": tarfile.SYMTYPE,
    "hard": tarfile.LNKTYPE,
    "char": tarfile.CHRTYPE,
    "block": tarfile.BLKTYPE,
    "fifo": tarfile.FIFOTYPE,
}
Item = tuple[tarfile.TarInfo, bytes]


def item(kind: str, name: str, content: bytes = b"", link: str = "", **fields: Any) -> Item:
    """One entry; `fields` are attributes of TarInfo such as mode, uid, gid, mtime."""
    info = tarfile.TarInfo(name)
    info.type = KINDS[kind]
    info.size = len(content)
    info.linkname = link
    info.mode = 0o755 if kind == "dir" else 0o644
    info.mtime = MTIME
    for key, value in fields.items():
        setattr(info, key, value)
    return info, content


def tar(*items: Item, format: int = tarfile.PAX_FORMAT) -> bytes:
    """An uncompressed layer."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format) as archive:
        for info, content in items:
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def image(store: ImageStore, *layers: bytes, compress: bool = False, config: dict[str, Any] | None = None) -> str:
    """Store layers as an image and return its digest."""
    descriptors = [
        store.add_blob([gzip.compress(layer, mtime=0) if compress else layer], LAYER_TYPE + "+gzip" * compress)
        for layer in layers
    ]
    return store.add_image(document(layers, config), descriptors)


def document(layers: Iterable[bytes], config: dict[str, Any] | None = None) -> dict[str, Any]:
    """The configuration of an image of these uncompressed layers."""
    return {
        "architecture": "amd64",
        "os": "linux",
        "config": config or {},
        "rootfs": {
            "type": "layers",
            "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers],
        },
    }


def tree(root: Path) -> dict[str, bytes | None]:
    """Every path below a folder with its content (None for folders); links as `-> target`."""
    found: dict[str, bytes | None] = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}".encode()
        else:
            found[name] = path.read_bytes() if path.is_file() else None
    return found
