"""A 500 MB image to and from a registry on loopback, beside skopeo doing the same copy."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks.measure import Pair, Taken, paired, take
from benchmarks.place import RECAST, Place
from benchmarks.table import Bar, Row
from recast.images import ImageStore
from recast.images.manifest import LAYER_TYPE
from tests.registry.real import Real, real_registry

__all__ = ["registry"]

NAME = "bench/image:1"
_ROUNDS = 5
_COPY = ("skopeo", "copy", "-q", "--preserve-digests", "--src-tls-verify=false", "--dest-tls-verify=false")
_BAR = Bar(1.3, "times")


def registry(place: Place) -> Iterator[Row]:
    """Pin, push, pull, verify; and what memory a pull takes beside one of a tenth of the size."""
    bench = _Bench(place)
    size = f"{bench.size_mb} MB"
    with ExitStack() as stack:
        real = stack.enter_context(real_registry(place.fresh() / "r"))
        bench.upload(real, bench.image)
        rounds = 1 if place.quick else _ROUNDS
        look = paired(lambda: bench.pin(real), lambda: bench.inspect(real), rounds)
        yield Row(
            "pin a tag : skopeo inspect", look.ours, "s", look.theirs, look.ratio, note="mostly the start of Python"
        )
        yield _row(
            f"push of {size} : skopeo copy", paired(lambda: bench.push(_ours), lambda: bench.push(_theirs), rounds)
        )
        ours, theirs = (lambda: bench.pull(real).seconds), (lambda: bench.skopeo_pull(real))
        yield _row(f"pull of {size} : skopeo copy", paired(ours, theirs, rounds))
        yield _row(f"pin of {size} : skopeo copy", paired(lambda: bench.pin(real), theirs, rounds))
        yield _row(f"verify {size} : skopeo copy to a folder", paired(bench.verify, bench.skopeo_read, rounds))
        large = bench.pull(real).peak_mb
        bench.upload(real, bench.small)
        small = bench.pull(real).peak_mb
        name = f"peak memory of a pull, {size} : a tenth"
        yield Row(name, large, "MB", small, large / small, Bar(1.1, "times"))


def _row(name: str, pair: Pair) -> Row:
    return Row(name, pair.ours, "s", pair.theirs, pair.ratio, _BAR)


def _ours(image: ImageStore, real: Real) -> list[str]:
    return [RECAST, "image", "push", NAME, f"oci://{real.host}/{NAME}", "--store", str(image.root)]


def _theirs(image: ImageStore, real: Real) -> list[str]:
    return [*_COPY, f"oci:{image.root}:{NAME}", f"docker://{real.host}/{NAME}"]


class _Bench:
    """The two images, and one measured command a method; what a round has written goes before the next."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.size_mb = place.size(500)
        self.image = make_image(place.fresh(), self.size_mb)
        self.small = make_image(place.fresh(), self.size_mb // 10)
        self.digest = self.image.names()[NAME]

    def upload(self, real: Real, image: ImageStore) -> None:
        take([*_ours(image, real), "--force"], self.place.folder)
        self.digest = image.names()[NAME]

    def pin(self, real: Real) -> float:
        spec = self.place.fresh()
        name, tag = f"{real.host}/{NAME}".rsplit(":", 1)
        environment = f"{{environment_type: docker-encapsulated, image: '{name}', imagetag: '{tag}'}}"
        (spec / "workflow.yml").write_text(_SPEC.replace("ENVIRONMENT", environment))
        return take([RECAST, "image", "pin", str(spec)], spec).seconds

    def inspect(self, real: Real) -> float:
        return take(
            ["skopeo", "inspect", "--tls-verify=false", f"docker://{real.host}/{NAME}"], self.place.folder
        ).seconds

    def push(self, command: Callable[[ImageStore, Real], list[str]]) -> float:
        """Push into a registry that has nothing: tools remember which blobs a registry had."""
        folder = self.place.fresh() / "r"
        try:
            with real_registry(folder) as real:
                return take(command(self.image, real), self.place.folder).seconds
        finally:
            shutil.rmtree(folder)

    def pull(self, real: Real) -> Taken:
        store = self.place.fresh() / "store"
        name = f"{real.host}/{NAME.partition(':')[0]}@{self.digest}"
        try:
            return take([RECAST, "image", "pull", name, "--store", str(store)], self.place.folder)
        finally:
            shutil.rmtree(store)

    def skopeo_pull(self, real: Real) -> float:
        return self._skopeo(f"docker://{real.host}/{NAME}", "oci:{}:x")

    def skopeo_read(self) -> float:
        return self._skopeo(f"oci:{self.image.root}:{NAME}", "dir:{}")

    def verify(self) -> float:
        return take([RECAST, "image", "verify", "--store", str(self.image.root)], self.place.folder).seconds

    def _skopeo(self, source: str, target: str) -> float:
        folder = self.place.fresh() / "copy"
        try:
            return take([*_COPY, source, target.format(folder)], self.place.folder).seconds
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def make_image(folder: Path, size_mb: int) -> ImageStore:
    """An image of four layers in a store of its own: two of noise, two that would compress well."""
    store = ImageStore(folder / "store")
    quarter = size_mb * 1_000_000 // 4
    layers = [store.add_blob(_noise(quarter), LAYER_TYPE) for _ in range(2)]
    layers += [store.add_blob(_text(quarter, number), LAYER_TYPE) for number in range(2)]
    rootfs = {"type": "layers", "diff_ids": [layer.digest for layer in layers]}
    config = {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": rootfs}
    store.tag(NAME, store.add_image(config, layers))
    return store


def _noise(size: int) -> Iterator[bytes]:
    for start in range(0, size, 1 << 20):
        yield os.urandom(min(1 << 20, size - start))


def _text(size: int, seed: int) -> Iterator[bytes]:
    line = hashlib.sha256(bytes([seed])).hexdigest().encode() * 16384
    for start in range(0, size, len(line)):
        yield line[: size - start]


_SPEC = """
stages:
- name: work
  dependencies: [init]
  scheduler:
    scheduler_type: singlestep-stage
    parameters: []
    step:
      process: {process_type: string-interpolated-cmd, cmd: 'true'}
      environment: ENVIRONMENT
      publisher: {publisher_type: frompar-pub, outputmap: {}}
"""
