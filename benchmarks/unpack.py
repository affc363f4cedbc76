"""Unpacking an image of 500 MB, beside umoci."""

from __future__ import annotations

import gzip
import hashlib
import io
import random
import tarfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.measure import Taken, paired, take
from benchmarks.place import PYTHON, Place
from benchmarks.table import Bar, Row
from recast.images import ImageStore
from recast.images.manifest import LAYER_TYPE

__all__ = ["unpack"]

_NAME = "bench/image:1"
_FILES, _FOLDERS, _LARGE_FILES = 14_000, 1_400, 20
_SMALL_BYTES, _LARGE_BYTES = 11_000, 17_000_000
_ROUNDS = 3
_SCRIPT = """
import sys
from pathlib import Path
from recast.images import ImageStore, ensure_unpacked
store = ImageStore(Path(sys.argv[1]))
ensure_unpacked(store, store.resolve(sys.argv[2]))
"""


def unpack(place: Place) -> Iterator[Row]:
    """Three layers of 14,000 files like those of a Python image; compressed, plain, and a second time."""
    for word, compress in (("gzip", True), ("plain tar", False)):
        # In a process of its own: a child's peak memory begins with its parent's.
        with ProcessPoolExecutor(1) as pool:
            made = pool.submit(_image, place, compress).result()
        peaks: list[float] = []
        last = ImageStore(place.fresh())

        def ours(made: ImageStore = made, peaks: list[float] = peaks, last: ImageStore = last) -> float:
            last.root = _copy(made, place)
            taken = _ours(last, place)
            peaks.append(taken.peak_mb)
            return taken.seconds

        def theirs(made: ImageStore = made) -> float:
            return take(["umoci", "unpack", "--image", f"{made.root}:{_NAME}", "bundle"], place.fresh()).seconds

        pair = paired(ours, theirs, _ROUNDS)
        title = f"unpack {place.size(500)} MB, {word}"
        yield Row(f"{title} : umoci", pair.ours, "s", pair.theirs, pair.ratio, Bar(1.3, "times"))
        yield Row(f"{title}, peak memory", max(peaks), "MB", bar=Bar(60, "MB"))
        yield Row(f"{title}, again : the first time", *_again(last, place, pair.ours))


def _again(store: ImageStore, place: Place, first_s: float) -> tuple[float, str, float, float, Bar]:
    seconds = min(_ours(store, place).seconds for _ in range(_ROUNDS))
    return seconds, "s", first_s, seconds / first_s, Bar(0.2, "times")


def _ours(store: ImageStore, place: Place) -> Taken:
    return take([PYTHON, "-c", _SCRIPT, str(store.root), _NAME], place.folder)


def _copy(store: ImageStore, place: Place) -> Path:
    """Return a store with the same blobs, in which nothing is unpacked."""
    root = place.fresh()
    for name in ("blobs", "oci-layout", "index.json"):
        (root / name).symlink_to(store.root / name)
    return root


def _image(place: Place, compress: bool) -> ImageStore:
    folder = place.folder / f"image-{compress}"
    store = ImageStore(folder / "store")
    store.create()
    generator = random.Random(1)  # noqa: S311 (the same image each time)
    layers, diff_ids = [], []
    for number in range(3):
        tar = folder / f"{number}.tar"
        _write_layer(tar, generator, number, place)
        diff_ids.append(f"sha256:{hashlib.sha256(tar.read_bytes()).hexdigest()}")
        content = gzip.compress(tar.read_bytes(), 6, mtime=0) if compress else tar.read_bytes()
        layers.append(store.add_blob([content], LAYER_TYPE + "+gzip" * compress))
    config = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": diff_ids}}
    store.tag(_NAME, store.add_image(config, layers))
    return store


def _write_layer(path: Path, generator: random.Random, number: int, place: Place) -> None:
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        for folder in range(place.size(_FOLDERS) // 3):
            _add(archive, f"usr/lib/{number}/{folder}", None)
            for file in range(_FILES // _FOLDERS):
                size = int(generator.expovariate(1 / _SMALL_BYTES))
                _add(archive, f"usr/lib/{number}/{folder}/{file}.py", _content(generator, size))
        for file in range(place.size(_LARGE_FILES) // 3 + 1):
            _add(archive, f"usr/lib/{number}/large{file}.so", _content(generator, _LARGE_BYTES))


def _content(generator: random.Random, size: int) -> bytes:
    """Return bytes that compress to about a third, as libraries do."""
    block = generator.randbytes(min(size, 4096) // 3) + bytes(size // 1000 % 50) + b"def function(self):\n" * 130
    return (block * (size // len(block) + 1))[:size]


def _add(archive: tarfile.TarFile, name: str, content: bytes | None) -> None:
    info = tarfile.TarInfo(name)
    info.type, info.mode = (tarfile.DIRTYPE, 0o755) if content is None else (tarfile.REGTYPE, 0o644)
    info.size, info.mtime = len(content or b""), 1_700_000_000
    archive.addfile(info, io.BytesIO(content or b""))
