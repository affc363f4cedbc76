"""1,000 trivial processes on the host, beside xargs, yadage and Snakemake."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from statistics import median
from typing import NamedTuple

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

    yield from _per_step(place, "yadage 0.21.2", theirs, place.size(100), 100)


def against_snakemake(place: Place) -> Iterator[Row]:
    """The same against Snakemake with two cores, one job a file."""

    def theirs(count: int) -> float:
        return place.snakemake(SNAKEFILE.format(count=count)).seconds

    yield from _per_step(place, "Snakemake 9", theirs, place.size(400), 10)


def _per_step(place: Place, name: str, theirs: Callable[[int], float], their_count: int, times: float) -> Iterator[Row]:
    """Compare in three rounds, all that belongs together measured in turn, and take the medians."""
    count, rounds = place.size(1000), []
    for _ in range(3):
        ours = _Line(_ours(place, 1), _ours(place, count), count)
        rounds.append((ours, _Line(theirs(1), theirs(their_count), their_count)))
    bar = Bar(times, "times faster", is_floor=True)
    for label, cost, judged in (
        (f"per step, start taken off ({count:,} steps) : {name} ({their_count} steps)", _Line.step_ms, bar),
        ("  with the start", _Line.with_start_ms, None),
    ):
        pairs = [(cost(ours), cost(peer)) for ours, peer in rounds]
        ratio = median(peer / ours for ours, peer in pairs)
        yield Row(label, median(a for a, _ in pairs), "ms", median(b for _, b in pairs), ratio, judged)


class _Line(NamedTuple):
    """The seconds of a run of one step and of one of `count` steps, and what a step costs by them."""

    one: float
    many: float
    count: int

    def step_ms(self) -> float:
        """Return the milliseconds that a further step costs."""
        return 1000 * (self.many - self.one) / (self.count - 1)

    def with_start_ms(self) -> float:
        """Return the milliseconds of the whole, divided by the steps."""
        return 1000 * self.many / self.count


def _ours(place: Place, count: int) -> float:
    return place.recast(MAPREDUCE, f"input: {list(range(count))}").seconds


def _seconds(place: Place, script: str, count: int) -> Callable[[], float]:
    return lambda: place.xargs(script, count).seconds


def _shown(pair: tuple[float, float, float]) -> tuple[float, str, float, float]:
    ours, theirs, ratio = pair
    return ours, "s", theirs, ratio
