"""Layers of images: tar streams, and the root folders that are made of them."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import os
import zlib
from random import Random

from recast.layers.apply import Layer, apply_layers
from recast.layers.faults import LayerFault
from recast.layers.stream import Limits
from recast.layers.tarstream import entries, read_exactly
from recast.layers.tree import remove_tree
from tests.fuzz.border import Border, scratch
from tests.fuzz.mutations import mended_tar, mutated_bytes, mutated_parts, mutated_tar
from tests.images.handmade import item, tar

__all__ = ["BORDERS", "SEPARATOR", "tars"]

SEPARATOR = b"--next layer--"
_LIMITS = Limits(total_bytes=8 << 20, entries=400)


def feed_tar_stream(data: bytes) -> None:
    """The reader of tar streams reads every entry, in bounded memory."""
    stream = io.BytesIO(data)
    try:
        for entry in entries(stream):
            left = entry.size
            while left:
                left -= len(read_exactly(stream, min(left, 1 << 16)))
    except LayerFault:
        pass


def feed_layers(data: bytes) -> None:
    """Layers become a root folder, out of which nothing reaches and in which nothing has special powers."""
    with scratch() as folder:
        layers = []
        for index, content in enumerate(data.split(SEPARATOR)):
            path = folder / f"layer-{index}"
            path.write_bytes(content)
            layers.append(Layer(path, f"sha256:{index}", _diff_id(content)))
        root = folder / "root"
        root.mkdir()
        with contextlib.suppress(LayerFault):
            apply_layers(layers, root, _LIMITS)
        for place, folders, files in os.walk(root):
            for name in [*folders, *files]:
                mode = os.lstat(os.path.join(place, name)).st_mode
                assert not mode & 0o6000 or os.path.isdir(os.path.join(place, name)), "setuid or setgid"
        assert {path.name for path in folder.iterdir()} == {"root", *(f"layer-{i}" for i in range(len(layers)))}
        remove_tree(root)


def _diff_id(content: bytes) -> str:
    """The digest that makes the layer right, where it can be told."""
    if content[:2] == b"\x1f\x8b":
        with contextlib.suppress(zlib.error):
            content = zlib.decompressobj(wbits=31).decompress(content, _LIMITS.total_bytes)
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def tars() -> list[bytes]:
    """Valid tar streams of every kind of entry."""
    import tarfile

    tree = [item("dir", "dir"), item("file", "dir/a", b"a" * 600), item("link", "dir/link", link="../dir"),
            item("hard", "b", link="dir/a"), item("file", "é" * 60, b"x"), item("fifo", "f")]  # fmt: skip
    upper = [item("file", "dir/.wh.a"), item("dir", "new"), item("file", "new/.wh..wh..opq"), item("file", "b", b"2")]
    return [
        tar(*tree),
        tar(*tree, format=tarfile.GNU_FORMAT),
        tar(*upper),
        tar(
            item("file", "n" * 90 + "/" + "m" * 90, b"1", mtime=1.5, uid=1 << 25), item("file", "s", b"2", mode=0o6755)
        ),
    ]


def _layers() -> list[bytes]:
    lower, other, upper, last = tars()
    return [lower, SEPARATOR.join([lower, upper]), SEPARATOR.join([gzip.compress(other, mtime=0), upper, last])]


def _mutated_layer(data: bytes, rng: Random) -> bytes:
    if data[:2] == b"\x1f\x8b" and rng.random() < 0.8:
        try:
            return gzip.compress(mutated_tar(zlib.decompressobj(wbits=31).decompress(data, 1 << 20), rng), mtime=0)
        except zlib.error:
            pass
    return mutated_bytes(data, rng) if data[:2] == b"\x1f\x8b" else mutated_tar(data, rng)


def _mended(data: bytes) -> bytes:
    return SEPARATOR.join(part if part[:2] == b"\x1f\x8b" else mended_tar(part) for part in data.split(SEPARATOR))


BORDERS = [
    Border("tar-stream", feed_tar_stream, tars, mutated_tar, mended_tar),
    Border("layers", feed_layers, _layers, mutated_parts(SEPARATOR, _mutated_layer), _mended, examples=60),
]
