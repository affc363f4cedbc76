"""A step that leaves 20,000 files, beside `cp -a` of the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks import specs
from benchmarks.measure import paired, take
from benchmarks.place import Place
from benchmarks.table import Bar, Row

__all__ = ["many_files"]

PER_FOLDER = 200


def many_files(place: Place) -> Iterator[Row]:
    """The whole `recast run` of a step that copies the files into a folder which it publishes; each file is kept."""
    count = place.size(20_000)
    source = _written(place.fresh() / "source", count)
    folder = specs.write(place.fresh(), specs.files(None))
    spec = (folder / "workflow.yml").read_text().replace("echo hello {par} > {out}", f"cp -r {source} {{out}}")
    (folder / "workflow.yml").write_text(spec.replace("out.txt", "out"))

    def ours() -> float:
        return place.recast(folder, "points: [1]").seconds

    def theirs() -> float:
        return take(["cp", "-a", str(source), "copy"], place.fresh()).seconds

    pair = paired(ours, theirs, place.rounds)
    yield Row(f"a step that leaves {count:,} files : cp -a", pair.ours, "s", pair.theirs, pair.ratio, Bar(3, "times"))


def _written(folder: Path, count: int) -> Path:
    for number in range(count):
        place = folder / f"{number // PER_FOLDER:03}"
        if number % PER_FOLDER == 0:
            place.mkdir(parents=True)
        (place / f"{number}.txt").write_text(f"event {number}\n" * 20)
    return folder
