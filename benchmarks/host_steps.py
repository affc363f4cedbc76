"""1,000 trivial processes on the host, beside xargs, yadage and Snakemake."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from statistics import median

from benchmarks import specs
from benchmarks.measure import paired
from benchmarks.place import ROOT, Place
from benchmarks.table import Bar, Row

__all__ = ["against_snakemake", "against_xargs", "against_yadage"]

MAPREDUCE = ROOT / "tests/data/corpus/yadage+yadage/tests/testspecs/mapreduce"
"""`echo hello > {input}` for each input, and once more at the end; nothing is published."""

SNAKEFILE = """
rule all:
    input: expand("out/{{i}}.txt", i=range({count}))
rule step:
    output: "out/{{i}}.txt"
    shell: "echo hello > {{output}}"
"""


def against_xargs(place: Place) -> Iterator[Row]:
    """The same shell command through `xargs -P2`: with a folder for each command as we make one, and without."""
    count = place.size(1000)
    numbers = list(range(count))
    twice = Bar(2, "times")

    def ours() -> float:
        return place.recast(MAPREDUCE, f"input: {numbers}").seconds

    for name, script in (
        ("xargs -P2, a folder each", "mkdir {} && cd {} && echo hello > {}"),
        ("xargs -P2, all in one folder", "echo hello > {}"),
    ):
        pair = paired(ours, _seconds(place, script, count), place.rounds)
        yield Row(f"{count:,} process steps : {name}", *_shown(pair), bar=twice)
    folder = specs.write(place.fresh(), specs.files(None))
    script = "mkdir {} && cd {} && echo hello {} > out.txt && sha256sum out.txt > sum"
    pair = paired(
        lambda: place.recast(folder, f"points: {numbers}").seconds, _seconds(place, script, count), place.rounds
    )
    yield Row(f"{count:,} steps whose file is kept : the same with sha256sum", *_shown(pair), bar=twice)


def against_yadage(place: Place) -> Iterator[Row]:
    """Time per step on the same spec, with each tool's start (a run of one step) taken off, and with it."""

    def theirs(count: int) -> float:
        return place.yadage(MAPREDUCE, f"input={list(range(count))}").seconds

    few, count = theirs(1), place.size(100)
    many = theirs(count)
    bar = Bar(100, "times faster", is_floor=True)
    yield from _per_step(place, "yadage 0.21.2", (1, few), (count, many), bar)


def against_snakemake(place: Place) -> Iterator[Row]:
    """The same against Snakemake with two cores, one job a file."""

    def theirs(count: int) -> float:
        return place.snakemake(SNAKEFILE.format(count=count)).seconds

    few, count = theirs(1), place.size(400)
    bar = Bar(10, "times faster", is_floor=True)
    yield from _per_step(place, "Snakemake 9", (1, few), (count, theirs(count)), bar)


def _per_step(place: Place, name: str, few: tuple[int, float], many: tuple[int, float], bar: Bar) -> Iterator[Row]:
    count = place.size(1000)
    ours_few = median(_ours(place, 1) for _ in range(place.rounds))
    ours_many = median(_ours(place, count) for _ in range(place.rounds))
    ours = 1000 * (ours_many - ours_few) / (count - 1)
    theirs = 1000 * (many[1] - few[1]) / (many[0] - few[0])
    yield Row(
        f"per step, start taken off ({count:,} steps) : {name} ({many[0]:,} steps)",
        ours,
        "ms",
        theirs,
        theirs / ours,
        bar,
    )
    ours, theirs = 1000 * ours_many / count, 1000 * many[1] / many[0]
    yield Row("  with the start", ours, "ms", theirs, theirs / ours, bar)


def _ours(place: Place, count: int) -> float:
    return place.recast(MAPREDUCE, f"input: {list(range(count))}").seconds


def _seconds(place: Place, script: str, count: int) -> Callable[[], float]:
    return lambda: place.xargs(script, count).seconds


def _shown(pair: tuple[float, float, float]) -> tuple[float, str, float, float]:
    ours, theirs, ratio = pair
    return ours, "s", theirs, ratio
