"""Read files of an image from its layers: nothing is unpacked, no link is followed, memory is bounded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from recast.errors import ImageError
from recast.images.layout import ImageStore, corrupt
from recast.images.manifest import Descriptor
from recast.images.told import layers_told
from recast.layers.stream import Limits, open_layer
from recast.layers.tarstream import Entry, entries, read_exactly, skip
from recast.layers.walk import path_parts

__all__ = ["read_files"]

_MOST_BYTES = 64 << 20
_OPAQUE, _WHITEOUT = ".wh..wh..opq", ".wh."


def read_files(store: ImageStore, digest: str, wanted: Callable[[str], bool]) -> dict[str, bytes]:
    """Return the regular files of an image whose path (no leading slash) is wanted, as the last layer left them.

    At most 64 MiB in all. Raises NotFound, ImageCorrupt, or ImageError for invalid layers.
    """
    manifest, config = store.manifest(digest), store.config(digest)
    found: dict[str, bytes] = {}
    for layer, diff_id in zip(manifest.layers, config.diff_ids, strict=True):
        found = _over(found, *_read_layer(store, layer, diff_id, wanted, _with_parents(found)))
        if sum(map(len, found.values())) > _MOST_BYTES:
            raise ImageError("The image's lists of packages are too large", where=digest, why=f"over {_MOST_BYTES} B")
    return found


@layers_told()
def _read_layer(
    store: ImageStore, layer: Descriptor, diff_id: str, wanted: Callable[[str], bool], below: Collection[str]
) -> tuple[dict[str, bytes], set[str]]:
    """Return the wanted files of one layer, and which of the paths `below` it hides."""
    files: dict[str, bytes] = {}
    hidden: set[str] = set()
    left = _MOST_BYTES
    with open_layer(store.blob_path(layer.digest), Limits().total_bytes) as stream:
        for entry in entries(stream):
            folder, name = _place(entry)
            hides: str | None = None  # "" is the root
            if name.startswith(_WHITEOUT):
                hides = folder if name == _OPAQUE else _join(folder, name.removeprefix(_WHITEOUT))
            elif entry.kind != "5":
                hides = _join(folder, name)
            if hides is not None and hides in below:
                hidden.add(hides)
            if entry.kind == "0" and entry.size <= left and wanted(_join(folder, name)):
                files[_join(folder, name)] = read_exactly(stream, entry.size)
                left -= entry.size
            else:
                skip(stream, entry.size)
        stream.drain()
    if stream.digest != diff_id:
        raise corrupt(layer.digest, store.blob_path(layer.digest), f"uncompressed it hashes to {stream.digest}")
    return files, hidden


def _with_parents(files: Iterable[str]) -> set[str]:
    """Return paths and all their parents, the root ('') among them."""
    parts = [path.split("/") for path in files]
    return {"/".join(part[:end]) for part in parts for end in range(len(part) + 1)}


def _over(below: dict[str, bytes], files: dict[str, bytes], gone: set[str]) -> dict[str, bytes]:
    kept = {path: content for path, content in below.items() if not _hidden(path, gone)}
    return {**kept, **files}


def _hidden(path: str, gone: set[str]) -> bool:
    parts = path.split("/")
    return any("/".join(parts[:end]) in gone for end in range(len(parts) + 1))


def _place(entry: Entry) -> tuple[str, str]:
    *folder, name = path_parts(entry.name) or ("",)
    return "/".join(folder), name


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
